import { setTimeout as sleep } from "node:timers/promises"
import { classify } from "../db/dialect/errors.ts"
import type { Database } from "../db/driver.ts"
import { MigrationError } from "../db/migrations/apply.ts"
import { type Migration, readMigrations } from "../db/migrations/files.ts"
import { migrationsOf, openCachedDatabase, openDatabase } from "../runtime/database.ts"
import { cacheOf, parseEnv, type Settings } from "../runtime/settings.ts"

/** How long a command waits for Redis to hear of its writes, in milliseconds. */
const patience = 5000

/** A command's database, closed after it whatever happens. Throws one line where it cannot be reached. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  // What a server needs in production, a command does not.
  const settings = parseEnv({ ...process.env, NODE_ENV: "development", REQUEST_TIMEOUT_MS: "600000" })
  // A cache of its own would be of no use to a command; one that others share must hear of what it writes.
  const { database, told } =
    cacheOf(settings, "off") === "upstash"
      ? await openTelling(settings)
      : { database: await openDatabase(settings), told: undefined }
  try {
    const result = await work(database)
    await told?.()
    return result
  } catch (error) {
    if (error instanceof MigrationError) throw error
    const kind = classify(error)?.kind
    if (kind === "refused")
      throw new Error(`DATABASE_URL: ${database.label} does not let us in`, { cause: error })
    if (kind === "unavailable") throw new Error(`${database.label} cannot be reached`, { cause: error })
    if (kind === "unmigrated")
      throw new Error(`${database.label} lacks a table or column: run npm run db:migrate`, { cause: error })
    throw error
  } finally {
    await database.close()
  }
}

/** A database whose writes Redis is told of, and what waits until it has heard of them. */
async function openTelling(settings: Settings): Promise<{ database: Database; told(): Promise<void> }> {
  // What is told of a migration is that every table has changed: they must be known.
  await import("../../resources.ts")
  if (!settings.AUTH_SECRET && !settings.CACHE_PREFIX)
    console.warn(
      "AUTH_SECRET is not set: servers that have one keep their answers apart, and hear nothing of this",
    )
  const { cache, database } = await openCachedDatabase(settings, patience)
  const told = async () => {
    const until = performance.now() + patience
    while (cache.store?.trouble() && performance.now() < until) await sleep(50)
    if (cache.store?.trouble())
      console.warn(
        `Redis could not be told: servers may answer with what was before for up to ${settings.CACHE_TTL + settings.CACHE_STALE} s`,
      )
  }
  return { database, told }
}

export const migrationsFor = (database: Database): Migration[] =>
  readMigrations(migrationsOf(database.dialect))

/**
 * The migration that a person means: its number (`3`, `0003`), its name or its whole tag. Throws one line where
 * there is none, or several.
 */
export function findMigration(migrations: Migration[], text: string): Migration {
  const found = migrations.filter(({ tag }) => {
    const [number = "", ...name] = tag.split("_")
    return tag === text || name.join("_") === text || (/^\d+$/.test(text) && Number(number) === Number(text))
  })
  const [migration] = found
  if (!migration || found.length > 1) {
    const known = migrations.map(({ tag }) => tag).join(", ")
    throw new Error(
      `--to ${text}: ${migration ? "means several migrations" : "there is no such migration"}; there are ${known}`,
    )
  }
  return migration
}

/** Prints the statements of a dry run, as they would be run. */
export function printStatements(tag: string, statements: string[]): void {
  console.log(`-- ${tag}`)
  for (const statement of statements) console.log(`${statement.replace(/;?\s*$/, "")};`)
}
