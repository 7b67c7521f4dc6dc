import { setTimeout as sleep } from "node:timers/promises"
import { classify } from "../db/dialect/errors.ts"
import type { Database } from "../db/driver.ts"
import { MigrationError } from "../db/migrations/apply.ts"
import { type Migration, readMigrations } from "../db/migrations/files.ts"
import { openCachedDatabase, openDatabase } from "../runtime/database.ts"
import { migrationsOf } from "../runtime/migrations.ts"
import { cacheOf, parseEnv, type Settings } from "../runtime/settings.ts"
import type { Project } from "./project.ts"

/** How long a command waits for Redis to take its invalidations, in ms. */
const redisTimeoutMs = 5000

/** A command's database, closed after it whatever happens. Throws one line where it cannot be reached. */
export async function withDatabase<T>(
  project: Project,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  // What a server needs in production, a command does not.
  const settings = parseEnv({ ...process.env, NODE_ENV: "development", REQUEST_TIMEOUT_MS: "600000" })
  // A command needs no cache of its own; one that others share must be invalidated by its writes.
  const { database, invalidated } =
    cacheOf(settings, "off") === "upstash"
      ? await openInvalidating(project, settings)
      : { database: await openDatabase(settings), invalidated: undefined }
  try {
    const result = await work(database)
    await invalidated?.()
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

/** A database whose writes invalidate what Redis keeps, and what waits until Redis has taken that. */
async function openInvalidating(
  project: Project,
  settings: Settings,
): Promise<{ database: Database; invalidated(): Promise<void> }> {
  // A migration invalidates every table: they must be loaded.
  await project.api()
  if (!settings.AUTH_SECRET && !settings.CACHE_PREFIX)
    console.warn(
      "AUTH_SECRET is not set: servers that have one keep their answers apart, and hear nothing of this",
    )
  const { cache, database } = await openCachedDatabase(settings, redisTimeoutMs)
  const invalidated = async () => {
    const until = performance.now() + redisTimeoutMs
    while (cache.store?.trouble() && performance.now() < until) await sleep(50)
    if (cache.store?.trouble())
      console.warn(
        `Redis could not be told: servers may answer with what was before for up to ${settings.CACHE_TTL + settings.CACHE_STALE} s`,
      )
  }
  return { database, invalidated }
}

export const migrationsFor = (project: Project, database: Database): Migration[] =>
  readMigrations(migrationsOf(project.migrations, database.dialect))

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
