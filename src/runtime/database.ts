import { join } from "node:path"
import type { Database } from "../db/driver.ts"
import { openLibsqlFile } from "../db/drivers/libsql-file.ts"
import { openLibsqlHttp } from "../db/drivers/libsql-http.ts"
import { openPostgresPool } from "../db/drivers/postgres.ts"
import type { Settings } from "../env.ts"

/** The folder of migrations for a dialect, wherever the process was started. */
export const migrationsOf = (dialect: string): string => join(import.meta.dirname, "../../drizzle", dialect)

/** Opens the database of the settings. Throws one line that names what is wrong. */
export function openDatabase(settings: Settings): Database {
  const url = settings.DATABASE_URL
  if (url.startsWith("postgres"))
    return openPostgresPool(url, { max: 10, statementTimeout: settings.REQUEST_TIMEOUT_MS })
  return url.startsWith("file:") ? openLibsqlFile(url) : openLibsqlHttp(url, settings.DATABASE_AUTH_TOKEN)
}
