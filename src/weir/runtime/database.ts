import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { resolve } from "node:path"
import type { Cache } from "../cache/cache.ts"
import type { Database } from "../db/driver.ts"
import { parseFileUrl } from "../db/drivers/libsql-url.ts"
import { parsePostgresUrl } from "../db/drivers/postgres-url.ts"
import { namingUrl, type Settings } from "./settings.ts"

/**
 * Opens the database of the settings, and loads only its driver. `readers`: whether slow reads of a file get processes
 * of their own. Throws one line that names the wrong setting.
 */
export async function openDatabase(settings: Settings, readers = true): Promise<Database> {
  const url = settings.DATABASE_URL
  if (url.startsWith("postgres")) {
    const { openPostgresPool } = await import("../db/drivers/postgres.ts")
    const options = { max: 10, statementTimeout: settings.REQUEST_TIMEOUT_MS, readFile }
    return namingUrl(() => openPostgresPool(url, options))
  }
  if (url.startsWith("file:"))
    return (await import("../db/drivers/libsql-file.ts")).openLibsqlFile(url, { readers })
  const { openLibsqlHttp } = await import("../db/drivers/libsql-http.ts")
  return openLibsqlHttp(url, settings.DATABASE_AUTH_TOKEN)
}

/** Reads a file of certificates. */
export const readFile = (path: string): string => readFileSync(path, "utf8")

/** Opens the database and the cache of the settings. `requestTimeoutMs` bounds each wait for Redis. Default: 50. */
export async function openCachedDatabase(
  settings: Settings,
  requestTimeoutMs?: number,
): Promise<{ cache: Cache; database: Database }> {
  const database = await openDatabase(settings)
  const { openCache, withSchema } = await import("./cache.ts")
  const address = identityOf(settings, database)
  const identity = database.dialect === "postgres" ? withSchema(address, database) : address
  return openCache(settings, database, identity, {
    waitUntil: () => {},
    pipelined: true,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  })
}

/** Identifies the database in a shared Redis. Paths and local addresses are unique only with the host name. */
function identityOf({ DATABASE_URL: url }: Settings, database: Database): string {
  if (url.startsWith("file:")) return `${hostname()}:${resolve(parseFileUrl(url).path)}`
  const { label, dialect } = database
  const isLocal = /^(localhost|127\.0\.0\.1|::1)$|^\//
  if (dialect === "sqlite")
    return isLocal.test(new URL(url).hostname.replace(/[[\]]/g, "")) ? localName(label) : label
  const { hosts = ["localhost"] } = parsePostgresUrl(url)
  return hosts.some((host) => isLocal.test(host)) ? localName(label) : label
}

const localName = (label: string): string =>
  `${hostname()}:${label.replace(/localhost|\[::1\]/, "127.0.0.1")}`
