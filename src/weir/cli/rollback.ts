import { type Command, InvalidArgumentError } from "commander"
import { fullName } from "../db/dialect/table-name.ts"
import type { Database } from "../db/driver.ts"
import { migrationStatus, step, stepOf } from "../db/migrations/apply.ts"
import type { Migration } from "../db/migrations/files.ts"
import { type LedgerPlace, ledgerOf } from "../db/migrations/ledger.ts"
import { findMigration, migrationsFor, printStatements, withDatabase } from "./database.ts"
import { forgetImports } from "./import/ledger.ts"
import type { Project } from "./project.ts"

interface Options {
  steps?: number
  to?: string
  dryRun?: true
  force?: true
}

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 on.")
  return Number(text)
}

export function rollbackCommand(command: Command, project: Project): Command {
  return command
    .description("Undo the latest applied migrations, each as one transaction")
    .option("--steps <n>", "how many migrations to undo (default: 1)", wholeNumber)
    .option("--to <migration>", "the migration to go back to, which stays applied; base undoes all")
    .option("--force", "also undo migrations that lose data or were edited")
    .option("--dry-run", "print the SQL and change nothing")
    .action((options: Options) => withDatabase(project, (database) => run(project, database, options)))
}

async function run(project: Project, database: Database, options: Options): Promise<void> {
  const { dryRun, force } = options
  const { migrations, ledger: place } = await migrationsFor(project, database)
  const chosen = choose((await appliedTo(database, migrations, place)).reverse(), migrations, options)
  if (chosen.length === 0) return console.log(`${database.label}: there is nothing to undo`)
  // Collected for all before the first is undone: this throws for a migration that has no way back.
  const ledger = await ledgerOf(database.connect(), database.dialect, place)
  const steps = chosen.map(({ migration }) => stepOf(ledger, migration, "down"))
  if (dryRun) {
    for (const [i, { statements }] of steps.entries())
      printStatements(`the way back of ${chosen[i]?.migration.tag}`, statements)
    return
  }
  const losses = chosen.flatMap(({ migration }) =>
    (migration.down?.losses ?? []).map((loss) => `${migration.tag} ${loss}`),
  )
  const edited = chosen.filter(({ state }) => state === "edited").map(({ migration }) => migration.tag)
  if (losses.length && !force)
    throw new Error(`data would be lost: the way back of ${losses.join("; ")}. Add --force to lose it`)
  if (edited.length && !force)
    throw new Error(
      `${edited.join(", ")} was edited after it had been applied here, so its way back may not fit: add --force if it does`,
    )
  const undone: string[] = []
  for (const { migration } of chosen) {
    console.log(`undoing ${migration.tag} …`)
    if (!(await step(database, migration, "down", place))) continue
    undone.push(migration.tag)
    // Imported rows are lost with their table: the next import of the same file starts from its beginning.
    for (const loss of migration.down?.losses ?? []) {
      const table = /^drops the table (.+)$/.exec(loss)?.[1]
      if (table === undefined) continue
      const served = (await project.api()).api.resources.filter((one) => fullName(one.table) === table)
      for (const name of new Set([table, ...served.map((one) => one.name)]))
        await forgetImports(database, name)
    }
  }
  console.log(`${database.label}: undid ${undone.join(", ") || "nothing: another process did so first"}`)
}

type AppliedMigration = { migration: Migration; state: string }

async function appliedTo(
  database: Database,
  migrations: Migration[],
  place: LedgerPlace,
): Promise<AppliedMigration[]> {
  const status = await migrationStatus(database, migrations, place)
  if (status.unknown.length)
    throw new Error(
      `${status.unknown.length} applied migration(s) are not in this folder: roll back from a checkout that has them`,
    )
  return status.migrations.filter(({ state }) => state === "applied" || state === "edited")
}

/** The applied migrations to undo, newest first. */
function choose(
  applied: AppliedMigration[],
  migrations: Migration[],
  { steps, to }: Options,
): AppliedMigration[] {
  if (steps !== undefined && to !== undefined) throw new Error("--steps and --to: give one of them, not both")
  if (to === undefined) return applied.slice(0, steps ?? 1)
  if (to === "base") return applied
  const end = migrations.indexOf(findMigration(migrations, to))
  return applied.filter(({ migration }) => migrations.indexOf(migration) > end)
}
