import { setTimeout as sleep } from "node:timers/promises"
import { classify } from "../db/dialect/errors.ts"
import type { Database } from "../db/driver.ts"
import { MigrationError } from "../db/migrations/apply.ts"
import type { Migration } from "../db/migrations/files.ts"
import { type Origin, originOf } from "../db/migrations/origin.ts"
import { openCachedDatabase, openDatabase } from "../runtime/database.ts"
import { findMigrations, type MigrationFolder, tablesOf } from "../runtime/migrations.ts"
import { cacheOf, parseEnv, type Settings } from "../runtime/settings.ts"
import { requireSound } from "../runtime/soundness.ts"
import type { Project } from "./project.ts"

/** How long a command waits for Redis to confirm its invalidations, in ms. */
const redisTimeoutMs = 5000

/**
 * Opens the database of the settings, runs `work` on it, and closes it in any case. Throws one line where the database
 * cannot be reached, refuses the login, lacks a table, or would give wrong answers (`checks`).
 */
export async function withDatabase<T>(
  project: Project,
  work: (database: Database, settings: Settings) => Promise<T>,
  { checks = true } = {},
): Promise<T> {
  // As in development: a command does not need the settings that a server requires in production.
  const settings = parseEnv({ ...process.env, NODE_ENV: "development", REQUEST_TIMEOUT_MS: "600000" })
  // A command uses no cache itself, but its writes must invalidate a cache that servers share.
  const { database, invalidated } =
    cacheOf(settings, "off") === "upstash"
      ? await openInvalidating(project, settings)
      : { database: await openDatabase(settings, false), invalidated: undefined }
  try {
    if (checks) await requireSound(settings, database, false)
    const result = await work(database, settings)
    await invalidated?.()
    return result
  } catch (error) {
    if (error instanceof MigrationError) throw error
    const kind = classify(error)?.kind
    if (kind === "refused")
      throw new Error(`DATABASE_URL: ${database.label} refuses the login`, { cause: error })
    // 25006: a standby, or a role whose transactions are read only.
    if ((error as { code?: unknown }).code === "25006")
      throw new Error(`${database.label} takes no writes`, { cause: error })
    if (kind === "unavailable") throw new Error(`${database.label} cannot be reached`, { cause: error })
    if (kind === "read_only")
      throw new Error(`${database.label} is open for reading only: take mode=ro out of DATABASE_URL`)
    if (kind === "unmigrated")
      throw new Error(`${database.label} lacks a table or column: run npm run db:migrate`, { cause: error })
    throw error
  } finally {
    await database.close()
  }
}

/** A database whose writes invalidate Redis, and a function that waits until Redis has confirmed the invalidations. */
async function openInvalidating(
  project: Project,
  settings: Settings,
): Promise<{ database: Database; invalidated(): Promise<void> }> {
  // A migration invalidates every loaded table, so all must be loaded.
  await project.api()
  if (!settings.AUTH_SECRET && !settings.CACHE_PREFIX)
    console.warn(
      "AUTH_SECRET is not set: the caches of servers that have one are not invalidated by this command",
    )
  const { cache, database } = await openCachedDatabase(settings, redisTimeoutMs)
  const invalidated = async () => {
    const until = performance.now() + redisTimeoutMs
    while (cache.store?.trouble() && performance.now() < until) await sleep(50)
    if (cache.store?.trouble())
      console.warn(
        `Redis could not be told of these writes: servers may serve old answers for up to ${settings.CACHE_TTL + settings.CACHE_STALE} s`,
      )
  }
  return { database, invalidated }
}

/** The project's migrations for the dialect of a database. */
export const migrationsFor = (project: Project, { dialect }: Database): Promise<MigrationFolder> =>
  findMigrations(
    project.migrations,
    dialect,
    parseEnv({ ...process.env, NODE_ENV: "development" }).DATABASE_URL,
  )

/** What a database has to do with the project's migrations. The API is loaded only where the ledger does not tell. */
export const originFor = (
  project: Project,
  database: Database,
  { migrations, ledger }: MigrationFolder,
): Promise<Origin> => originOf(database, migrations, ledger, async () => tablesOf((await project.api()).api))

/**
 * The migration with a number (`3`, `0003`), a name or a whole tag, for the option `--to`. Throws one line where there
 * is none, or more than one.
 */
export function findMigration(migrations: Migration[], text: string): Migration {
  const matches = migrations.filter(({ tag }) => {
    const [number = "", ...name] = tag.split("_")
    return tag === text || name.join("_") === text || (/^\d+$/.test(text) && Number(number) === Number(text))
  })
  const [migration] = matches
  if (!migration || matches.length > 1) {
    const tags = migrations.map(({ tag }) => tag).join(", ")
    throw new Error(
      `--to ${text}: ${migration ? "matches several migrations" : "there is no such migration"}; there are ${tags}`,
    )
  }
  return migration
}

/** Prints the statements of a dry run. */
export function printStatements(tag: string, statements: string[]): void {
  console.log(`-- ${tag}`)
  for (const statement of statements) console.log(`${statement.replace(/;?\s*$/, "")};`)
}
