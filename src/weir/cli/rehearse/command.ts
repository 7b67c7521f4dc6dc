import type { Command } from "commander"
import type { Database } from "../../db/driver.ts"
import { MigrationError, prepareLedger, step } from "../../db/migrations/apply.ts"
import type { Migration } from "../../db/migrations/files.ts"
import { countsOf, schemaOf } from "../../db/migrations/inspect.ts"
import { isPending, type LedgerPlace } from "../../db/migrations/ledger.ts"
import { othersLine } from "../../db/migrations/origin.ts"
import { parseEnv } from "../../runtime/settings.ts"
import { migrationsFor, originFor, withDatabase } from "../database.ts"
import type { Project } from "../project.ts"
import { copyOf } from "./copy.ts"

export function rehearseCommand(command: Command, project: Project): Command {
  return command
    .description("Try each pending migration on a copy of the database: up, down, and up again")
    .addHelpText(
      "after",
      "\nExits with 1 when a migration fails, changes the number of rows, or is not undone by its way back.",
    )
    .action(() => withDatabase(project, (database) => run(project, database)))
}

async function run(project: Project, database: Database): Promise<void> {
  const folder = await migrationsFor(project, database)
  const { migrations, ledger } = folder
  const origin = await originFor(project, database, folder)
  if (origin.kind === "others") return console.log(othersLine(database, origin, folder.shown))
  const pending = origin.status.migrations.filter(isPending)
  if (pending.length === 0)
    return console.log(`${database.label}: nothing is pending, so there is nothing to rehearse`)
  const copy = await copyOf(database, parseEnv({ ...process.env, NODE_ENV: "development" }).DATABASE_URL)
  // Ctrl-C comes twice below npm, which passes it on.
  let ending = false
  const interrupted = () => {
    if (!ending) void copy.dispose().finally(() => process.exit(130))
    ending = true
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupted)
  try {
    await prepareLedger(copy.database, migrations, ledger)
    for (const { migration } of pending) if (!(await rehearse(copy.database, migration, ledger))) break
  } finally {
    await copy.dispose()
  }
}

/** The state of a database: its schema as lines, and the number of rows by table. */
interface State {
  schema: string[]
  counts: Map<string, number>
}

async function stateOf(database: Database): Promise<State> {
  const client = database.connect()
  return {
    schema: await schemaOf(client, database.dialect),
    counts: await countsOf(client, database.dialect),
  }
}

/** Rehearses one migration and prints a line for each part. False if a part failed. */
async function rehearse(database: Database, migration: Migration, place: LedgerPlace): Promise<boolean> {
  const { tag } = migration
  const report = (part: string, problem: string | undefined, started: number) => {
    const ms = Math.round(performance.now() - started)
    console.log(`${tag}  ${part.padEnd(9)}${problem ? `FAILED: ${problem}` : "ok"}  ${ms} ms`)
    if (problem) process.exitCode = 1
    return problem === undefined
  }
  const before = await stateOf(database)
  let after: State | undefined
  const parts: [string, "up" | "down", (now: State) => string | undefined][] = [
    ["up", "up", (now) => changedCounts(before, now)],
    ["down", "down", (now) => difference(before, now)],
    ["up again", "up", (now) => difference(after ?? now, now)],
  ]
  for (const [part, direction, check] of parts) {
    const started = performance.now()
    try {
      await step(database, migration, direction, place)
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error
      return report(part, error.message, started)
    }
    const now = await stateOf(database)
    if (part === "up") after = now
    if (!report(part, check(now), started)) return false
  }
  return true
}

/** A message for a table that exists in both states and has another number of rows; undefined if there is none. */
function changedCounts({ counts }: State, now: State): string | undefined {
  for (const [table, rows] of counts) {
    const rowsNow = now.counts.get(table)
    if (rowsNow !== undefined && rowsNow !== rows) return `${table} had ${rows} rows, and has ${rowsNow}`
  }
  return undefined
}

/** A message for a difference in the schema or the row counts; undefined if there is none. */
function difference(before: State, now: State): string | undefined {
  const removed = before.schema.filter((line) => !now.schema.includes(line))
  const added = now.schema.filter((line) => !before.schema.includes(line))
  if (removed.length || added.length)
    return `the schema differs: ${[...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].slice(0, 6).join("; ")}`
  return changedCounts(before, now)
}
