import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { migrate, refuseEdited, stepOf } from "../db/migrations/apply.ts"
import type { Migration } from "../db/migrations/files.ts"
import { isPending, type Ledger, ledgerOf, type MigrationStatus } from "../db/migrations/ledger.ts"
import { othersLine } from "../db/migrations/origin.ts"
import { findMigration, migrationsFor, originFor, printStatements, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

interface Options {
  to?: string
  dryRun?: true
  force?: true
}

export function migrateCommand(command: Command, project: Project): Command {
  return command
    .description("Apply the pending migrations to the database of DATABASE_URL, each as one transaction")
    .option("--to <migration>", "the last migration to apply: its number or name")
    .option("--dry-run", "print the SQL and change nothing")
    .option("--force", "apply them beside tables that others made, too")
    .action((options: Options) => withDatabase(project, (database) => run(project, database, options)))
}

async function run(project: Project, database: Database, options: Options): Promise<void> {
  const { to, dryRun, force } = options
  const folder = await migrationsFor(project, database)
  const { migrations, ledger } = folder
  const last = to === undefined ? undefined : findMigration(migrations, to)
  const origin = await originFor(project, database, folder)
  const { status } = origin
  if (origin.kind === "others" && !force) {
    const line = othersLine(database, origin, folder.shown)
    if (migrations.length) throw new Error(`${line}. Nothing was changed; add --force to apply them`)
    return console.log(line)
  }
  if (migrations.length === 0)
    return console.log(`${database.label}: there are no migrations in ${folder.shown}`)
  warn(status)
  if (dryRun)
    return printPending(await ledgerOf(database.connect(), database.dialect, ledger), database, status, last)
  const onStep = ({ tag }: Migration) => console.log(`applying ${tag} …`)
  const applied = await migrate(database, migrations, { onStep, ledger, ...(last ? { last } : {}) })
  refuseEdited(status)
  console.log(
    applied.length ? `${database.label}: applied ${applied.join(", ")}` : `${database.label} is up to date`,
  )
}

function printPending(
  ledger: Ledger,
  database: Database,
  { migrations }: MigrationStatus,
  last: Migration | undefined,
): void {
  const end = last ? migrations.findIndex(({ migration }) => migration === last) + 1 : migrations.length
  const pending = migrations.slice(0, end).filter(isPending)
  if (pending.length === 0) console.log(`-- ${database.label} is up to date`)
  for (const { migration } of pending)
    printStatements(migration.tag, stepOf(ledger, migration, "up").statements)
}

function warn({ migrations, unknown }: MigrationStatus): void {
  for (const { migration, state } of migrations)
    if (state === "out of order")
      console.log(
        `${migration.tag} is older than a migration that is applied already: it is applied out of order`,
      )
  if (unknown.length)
    console.log(`${unknown.length} applied migration(s) are not in this folder: is this the right branch?`)
}
