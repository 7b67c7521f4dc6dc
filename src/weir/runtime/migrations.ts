import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { DialectName } from "../db/dialect/choose.ts"

/** The folder of a dialect's migrations, in the project's folder of all. */
export const migrationsOf = (migrations: URL, dialect: DialectName): string =>
  join(fileURLToPath(migrations), dialect)
