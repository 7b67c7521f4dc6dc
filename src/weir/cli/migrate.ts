import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { migrate, migrationStatus, refuseEdited, stepOf } from "../db/migrations/apply.ts"
import type { Migration } from "../db/migrations/files.ts"
import { isPending, type MigrationStatus } from "../db/migrations/ledger.ts"
import { findMigration, migrationsFor, printStatements, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

interface Options {
  to?: string
  dryRun?: true
}

export function migrateCommand(command: Command, project: Project): Command {
  return command
    .description("Apply the migrations that the database of DATABASE_URL lacks, each all or nothing")
    .option("--to <migration>", "the last one to apply: its number or name")
    .option("--dry-run", "print the SQL and change nothing")
    .action((options: Options) => withDatabase(project, (database) => run(project, database, options)))
}

async function run(project: Project, database: Database, { to, dryRun }: Options): Promise<void> {
  const migrations = migrationsFor(project, database)
  const last = to === undefined ? undefined : findMigration(migrations, to)
  const found = await migrationStatus(database, migrations)
  warn(found)
  if (dryRun) return printPending(database, found, last)
  const onStep = ({ tag }: Migration) => console.log(`applying ${tag} …`)
  const applied = await migrate(database, migrations, { onStep, ...(last ? { last } : {}) })
  refuseEdited(found)
  console.log(
    applied.length ? `${database.label}: applied ${applied.join(", ")}` : `${database.label} is up to date`,
  )
}

function printPending(
  database: Database,
  { migrations }: MigrationStatus,
  last: Migration | undefined,
): void {
  const end = last ? migrations.findIndex(({ migration }) => migration === last) + 1 : migrations.length
  const waiting = migrations.slice(0, end).filter(isPending)
  if (waiting.length === 0) console.log(`-- ${database.label} is up to date`)
  for (const { migration } of waiting)
    printStatements(migration.tag, stepOf(database.dialect, migration, "up").statements)
}

function warn({ migrations, unknown }: MigrationStatus): void {
  for (const { migration, state } of migrations)
    if (state === "out of order")
      console.log(`${migration.tag} is older than what is applied already: it is applied now`)
  if (unknown.length)
    console.log(`${unknown.length} applied migration(s) are not in this folder: is this the right branch?`)
}
