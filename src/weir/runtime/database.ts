import { hostname } from "node:os"
import { join, resolve } from "node:path"
import type { Cache } from "../cache/cache.ts"
import type { Database } from "../db/driver.ts"
import type { Settings } from "./settings.ts"

/** The folder of migrations for a dialect, wherever the process was started. */
export const migrationsOf = (dialect: string): string =>
  join(import.meta.dirname, "../../../drizzle", dialect)

/** Opens the database of the settings; of the drivers, only its own is loaded. Throws one line that names what is wrong. */
export async function openDatabase(settings: Settings): Promise<Database> {
  const url = settings.DATABASE_URL
  if (url.startsWith("postgres")) {
    const { openPostgresPool } = await import("../db/drivers/postgres.ts")
    return openPostgresPool(url, { max: 10, statementTimeout: settings.REQUEST_TIMEOUT_MS })
  }
  if (url.startsWith("file:")) return (await import("../db/drivers/libsql-file.ts")).openLibsqlFile(url)
  const { openLibsqlHttp } = await import("../db/drivers/libsql-http.ts")
  return openLibsqlHttp(url, settings.DATABASE_AUTH_TOKEN)
}

/** The same with the cache of the settings, which it tells of its writes; `limit` as in the cache's options. */
export async function openCachedDatabase(
  settings: Settings,
  limit?: number,
): Promise<{ cache: Cache; database: Database }> {
  const database = await openDatabase(settings)
  const { openCache } = await import("./cache.ts")
  return openCache(settings, database, identityOf(settings, database), {
    later: () => {},
    together: true,
    ...(limit === undefined ? {} : { limit }),
  })
}

/** What tells the database from others that may share a Redis: a file's name, or a local address, says little. */
function identityOf({ DATABASE_URL: url }: Settings, { label }: Database): string {
  if (url.startsWith("file:")) return `${hostname()}:${resolve(url.slice(5))}`
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname)
  return local ? `${hostname()}:${label.replace(/localhost|\[::1\]/, "127.0.0.1")}` : label
}
