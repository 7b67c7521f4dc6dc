import { hostname } from "node:os"
import { resolve } from "node:path"
import type { Cache } from "../cache/cache.ts"
import type { Database } from "../db/driver.ts"
import type { Settings } from "./settings.ts"

/**
 * Opens the database of the settings, and loads only its driver. `readers`: whether slow reads of a file get processes
 * of their own. Throws one line that names the wrong setting.
 */
export async function openDatabase(settings: Settings, readers = true): Promise<Database> {
  const url = settings.DATABASE_URL
  if (url.startsWith("postgres")) {
    const { openPostgresPool } = await import("../db/drivers/postgres.ts")
    return openPostgresPool(url, { max: 10, statementTimeout: settings.REQUEST_TIMEOUT_MS })
  }
  if (url.startsWith("file:"))
    return (await import("../db/drivers/libsql-file.ts")).openLibsqlFile(url, { readers })
  const { openLibsqlHttp } = await import("../db/drivers/libsql-http.ts")
  return openLibsqlHttp(url, settings.DATABASE_AUTH_TOKEN)
}

/** Opens the database and the cache of the settings. `requestTimeoutMs` bounds each wait for Redis. Default: 50. */
export async function openCachedDatabase(
  settings: Settings,
  requestTimeoutMs?: number,
): Promise<{ cache: Cache; database: Database }> {
  const database = await openDatabase(settings)
  const { openCache } = await import("./cache.ts")
  return openCache(settings, database, identityOf(settings, database), {
    waitUntil: () => {},
    pipelined: true,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  })
}

/** Identifies the database in a shared Redis. Paths and local addresses are unique only with the host name. */
function identityOf({ DATABASE_URL: url }: Settings, { label }: Database): string {
  if (url.startsWith("file:")) return `${hostname()}:${resolve(url.slice(5))}`
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname)
  return local ? `${hostname()}:${label.replace(/localhost|\[::1\]/, "127.0.0.1")}` : label
}
