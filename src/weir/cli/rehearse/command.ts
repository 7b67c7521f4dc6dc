import type { Command } from "commander"
import type { Database } from "../../db/driver.ts"
import { MigrationError, migrationStatus, prepareLedger, step } from "../../db/migrations/apply.ts"
import type { Migration } from "../../db/migrations/files.ts"
import { countsOf, schemaOf } from "../../db/migrations/inspect.ts"
import { isPending } from "../../db/migrations/ledger.ts"
import { parseEnv } from "../../runtime/settings.ts"
import { migrationsFor, withDatabase } from "../database.ts"
import type { Project } from "../project.ts"
import { copyOf } from "./copy.ts"

export function rehearseCommand(command: Command, project: Project): Command {
  return command
    .description("Try each pending migration on a copy of the database: up, down, and up again")
    .addHelpText("after", "\nEnds with 1 when a migration fails, or its way back does not lead back.")
    .action(() => withDatabase(project, (database) => run(project, database)))
}

async function run(project: Project, database: Database): Promise<void> {
  const migrations = migrationsFor(project, database)
  const waiting = (await migrationStatus(database, migrations)).migrations.filter(isPending)
  if (waiting.length === 0)
    return console.log(`${database.label}: nothing is pending, so there is nothing to rehearse`)
  const copy = await copyOf(database, parseEnv({ ...process.env, NODE_ENV: "development" }).DATABASE_URL)
  const interrupted = () => void copy.dispose().finally(() => process.exit(130))
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted)
  try {
    await prepareLedger(copy.database)
    for (const { migration } of waiting) if (!(await rehearsed(copy.database, migration))) break
  } finally {
    await copy.dispose()
  }
}

interface Look {
  schema: string[]
  counts: Map<string, number>
}

async function look(database: Database): Promise<Look> {
  const client = database.connect()
  return {
    schema: await schemaOf(client, database.dialect),
    counts: await countsOf(client, database.dialect),
  }
}

/** Whether a migration stood the test; prints one line for each part of it. */
async function rehearsed(database: Database, migration: Migration): Promise<boolean> {
  const { tag } = migration
  const say = (part: string, problem: string | undefined, started: number) => {
    const ms = Math.round(performance.now() - started)
    console.log(`${tag}  ${part.padEnd(9)}${problem ? `FAILED: ${problem}` : "ok"}  ${ms} ms`)
    if (problem) process.exitCode = 1
    return problem === undefined
  }
  const before = await look(database)
  let after: Look | undefined
  const parts: [string, "up" | "down", (now: Look) => string | undefined][] = [
    ["up", "up", (now) => lostRows(before, now)],
    ["down", "down", (now) => difference(before, now)],
    ["up again", "up", (now) => difference(after ?? now, now)],
  ]
  for (const [part, direction, check] of parts) {
    const started = performance.now()
    try {
      await step(database, migration, direction)
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error
      return say(part, error.message, started)
    }
    const now = await look(database)
    if (part === "up") after = now
    if (!say(part, check(now), started)) return false
  }
  return true
}

/** Tables that are there before and after, and have fewer or more rows. */
function lostRows({ counts }: Look, now: Look): string | undefined {
  for (const [table, rows] of counts) {
    const left = now.counts.get(table)
    if (left !== undefined && left !== rows) return `${table} had ${rows} rows, and has ${left}`
  }
  return undefined
}

function difference(before: Look, now: Look): string | undefined {
  const gone = before.schema.filter((line) => !now.schema.includes(line))
  const come = now.schema.filter((line) => !before.schema.includes(line))
  if (gone.length || come.length)
    return `the schema differs: ${[...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)].slice(0, 6).join("; ")}`
  return lostRows(before, now)
}
