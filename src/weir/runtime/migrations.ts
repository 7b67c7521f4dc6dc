import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import type { Api } from "../api.ts"
import type { DialectName } from "../db/dialect/choose.ts"
import { fullName } from "../db/dialect/table-name.ts"
import { type Migration, readMigrations } from "../db/migrations/files.ts"
import type { LedgerPlace } from "../db/migrations/ledger.ts"
import { type DrizzleConfig, readDrizzleConfig } from "./drizzle-config.ts"

/** A dialect's folder of migrations, and the ledger of them. */
export interface MigrationFolder {
  path: string
  /** Its path from the project's folder, for messages. */
  shown: string
  ledger: LedgerPlace
  migrations: Migration[]
}

/** The tables that an API serves, by the names that a database has them under. */
export const tablesOf = ({ resources }: Api): string[] => resources.map(({ table }) => fullName(table))

/** The project's folder: that of the folder of migrations which its entries name. */
export const rootOf = (migrations: URL): string => fileURLToPath(new URL("..", migrations))

/** The path of a dialect's migrations within the project's folder of migrations. */
export const migrationsOf = (migrations: URL, dialect: DialectName): string =>
  join(fileURLToPath(migrations), dialect)

/** The folder of a dialect's migrations: that of `drizzle.config.ts` where it is for the dialect. */
export const folderOf = (
  config: DrizzleConfig | undefined,
  migrations: URL,
  dialect: DialectName,
): { path: string; ledger: LedgerPlace } =>
  config?.dialect === dialect
    ? { path: config.out, ledger: config.ledger }
    : { path: migrationsOf(migrations, dialect), ledger: {} }

/** Reads the migrations of a database. `url` is its `DATABASE_URL`. Throws one line where they, or the config, cannot be read. */
export async function findMigrations(
  migrations: URL,
  dialect: DialectName,
  url: string,
): Promise<MigrationFolder> {
  const config = await readDrizzleConfig(rootOf(migrations), url)
  return readFolder(folderOf(config, migrations, dialect), migrations)
}

/** Reads a folder of migrations. */
export function readFolder(
  { path, ledger }: { path: string; ledger: LedgerPlace },
  migrations: URL,
): MigrationFolder {
  return { path, shown: relative(rootOf(migrations), path), ledger, migrations: readMigrations(path) }
}
