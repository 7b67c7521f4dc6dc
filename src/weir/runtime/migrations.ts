import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { DialectName } from "../db/dialect/choose.ts"

/** The path of a dialect's migrations within the project's folder of migrations. */
export const migrationsOf = (migrations: URL, dialect: DialectName): string =>
  join(fileURLToPath(migrations), dialect)
