import { hostname } from "node:os"
import { join, resolve } from "node:path"
import type { Cache } from "../cache/cache.ts"
import type { Database } from "../db/driver.ts"
import { openLibsqlFile } from "../db/drivers/libsql-file.ts"
import { openLibsqlHttp } from "../db/drivers/libsql-http.ts"
import { openPostgresPool } from "../db/drivers/postgres.ts"
import type { Settings } from "../env.ts"
import { openCache } from "./cache.ts"

/** The folder of migrations for a dialect, wherever the process was started. */
export const migrationsOf = (dialect: string): string => join(import.meta.dirname, "../../drizzle", dialect)

/** Opens the database of the settings. Throws one line that names what is wrong. */
export function openDatabase(settings: Settings): Database {
  const url = settings.DATABASE_URL
  if (url.startsWith("postgres"))
    return openPostgresPool(url, { max: 10, statementTimeout: settings.REQUEST_TIMEOUT_MS })
  return url.startsWith("file:") ? openLibsqlFile(url) : openLibsqlHttp(url, settings.DATABASE_AUTH_TOKEN)
}

/** The same with the cache of the settings, which it tells of its writes. */
export function openCachedDatabase(settings: Settings): { cache: Cache; database: Database } {
  const database = openDatabase(settings)
  const url = settings.DATABASE_URL
  // A file's name says little: others may have one of that name.
  const identity = url.startsWith("file:") ? `${hostname()}:${resolve(url.slice(5))}` : database.label
  return openCache(settings, database, identity, { later: () => {}, together: true })
}
