import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { migrate, migrationStatus, refuseEdited, stepOf } from "../db/migrations/apply.ts"
import type { Migration } from "../db/migrations/files.ts"
import { isPending, ledgerOf, type MigrationStatus } from "../db/migrations/ledger.ts"
import { findMigration, migrationsFor, printStatements, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

interface Options {
  to?: string
  dryRun?: true
}

export function migrateCommand(command: Command, project: Project): Command {
  return command
    .description("Apply the pending migrations to the database of DATABASE_URL, each as one transaction")
    .option("--to <migration>", "the last migration to apply: its number or name")
    .option("--dry-run", "print the SQL and change nothing")
    .action((options: Options) => withDatabase(project, (database) => run(project, database, options)))
}

async function run(project: Project, database: Database, { to, dryRun }: Options): Promise<void> {
  const migrations = migrationsFor(project, database)
  const last = to === undefined ? undefined : findMigration(migrations, to)
  const status = await migrationStatus(database, migrations)
  warn(status)
  if (dryRun) return printPending(database, status, last)
  const onStep = ({ tag }: Migration) => console.log(`applying ${tag} …`)
  const applied = await migrate(database, migrations, { onStep, ...(last ? { last } : {}) })
  refuseEdited(status)
  console.log(
    applied.length ? `${database.label}: applied ${applied.join(", ")}` : `${database.label} is up to date`,
  )
}

async function printPending(
  database: Database,
  { migrations }: MigrationStatus,
  last: Migration | undefined,
): Promise<void> {
  const end = last ? migrations.findIndex(({ migration }) => migration === last) + 1 : migrations.length
  const pending = migrations.slice(0, end).filter(isPending)
  if (pending.length === 0) console.log(`-- ${database.label} is up to date`)
  const ledger = await ledgerOf(database.connect(), database.dialect)
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
