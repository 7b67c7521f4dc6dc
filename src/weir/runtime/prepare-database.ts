import type { Api } from "../api.ts"
import { classify } from "../db/dialect/errors.ts"
import type { Database } from "../db/driver.ts"
import { parseFileUrl } from "../db/drivers/libsql-url.ts"
import { migrate } from "../db/migrations/apply.ts"
import { isPending } from "../db/migrations/ledger.ts"
import { originOf, othersLine } from "../db/migrations/origin.ts"
import type { Log } from "../http/request.ts"
import { isFirst } from "./cluster.ts"
import { findMigrations, folderOf, type MigrationFolder, readFolder, tablesOf } from "./migrations.ts"
import { missingColumns, noteRowNumbers } from "./missing-columns.ts"
import { missingSearch } from "./missing-search.ts"
import type { Settings } from "./settings.ts"
import { lineOf, requireSound } from "./soundness.ts"

interface Preparation {
  api: Api
  settings: Settings
  database: Database
  /** The project's folder of migrations. */
  migrations: URL
  /** Makes the first admin. */
  admin(): Promise<void>
  log: Log
}

/**
 * Migrates a database file. Throws where another database lacks migrations, where one that is not ours lacks a table, or
 * where the login is refused; one that is unreachable is only logged, since it may come back.
 */
export async function prepareDatabase(preparation: Preparation): Promise<void> {
  const { settings, database, admin, log } = preparation
  const folder = await folderFor(preparation)
  try {
    const isOwnFile = /^file:/.test(settings.DATABASE_URL) && !parseFileUrl(settings.DATABASE_URL).isReadOnly
    const findings = isOwnFile ? [] : await requireSound(settings, database, true)
    if (isFirst()) for (const finding of findings) log({ level: "warn", msg: lineOf(finding) })
    await requireTables(preparation, folder, isOwnFile)
    await requireColumns(preparation)
    if (isFirst())
      for (const msg of await missingSearch(database.connect(), preparation.api)) log({ level: "warn", msg })
    await admin()
  } catch (error) {
    const kind = classify(error)?.kind
    if (kind === "refused")
      throw new Error(`DATABASE_URL: ${database.label} refuses the login`, { cause: error })
    if (kind !== "unavailable" && kind !== "timeout" && kind !== "contended") throw error
    log({
      level: "error",
      msg: `${database.label} cannot be reached: requests that need it get a 503 until it can`,
    })
  }
}

/** The migrations of the database. A config that cannot be loaded, such as one that needs a development's package, is passed over. */
async function folderFor({ migrations, database, settings, log }: Preparation): Promise<MigrationFolder> {
  try {
    return await findMigrations(migrations, database.dialect, settings.DATABASE_URL)
  } catch (error) {
    const { message } = error as Error
    if (!message.startsWith("drizzle.config.")) throw error
    const folder = readFolder(folderOf(undefined, migrations, database.dialect), migrations)
    if (isFirst()) log({ level: "warn", msg: `${message}; the migrations are taken from ${folder.shown}` })
    return folder
  }
}

/** Throws where columns of the API are missing: the first request would meet them. */
async function requireColumns({ api, database }: Preparation): Promise<void> {
  if (database.dialect === "sqlite") await noteRowNumbers(database.connect(), api)
  const missing = await missingColumns(database.connect(), api)
  if (missing.length === 0) return
  const named = `${missing.slice(0, 5).join(", ")}${missing.length > 5 ? " …" : ""}`
  throw new Error(
    `${database.label} lacks the columns ${named}: run npm run db:generate and db:migrate, or give defineApi the casing that the columns are named by`,
  )
}

/** Throws where tables of the API are missing, after the migrations that the start applies. */
async function requireTables(
  { api, database, log }: Preparation,
  folder: MigrationFolder,
  mayMigrate: boolean,
): Promise<void> {
  const { migrations, ledger, shown } = folder
  const origin = await originOf(database, migrations, ledger, () => tablesOf(api))
  const { kind, missing, status } = origin
  const lacks = `${database.label} lacks ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? " …" : ""}`
  if (kind === "others") {
    if (missing.length) throw new Error(`${lacks}, which the API serves, and it is not ours to migrate`)
    if (isFirst()) log({ level: "info", msg: othersLine(database, origin, shown) })
    return
  }
  if (migrations.length === 0) {
    if (missing.length)
      throw new Error(`${lacks}, and there are no migrations in ${shown}: run npm run db:generate`)
    return
  }
  if (mayMigrate) {
    const applied = await migrate(database, migrations, { ledger })
    if (applied.length) log({ level: "info", msg: "migrated", migrations: applied })
    return
  }
  // What drizzle-kit pull writes has no statements: the tables are there.
  const pending = status.migrations.filter((each) => isPending(each) && each.migration.statements.length > 0)
  if (pending.length)
    throw new Error(
      `${database.label} lacks ${pending.length} migration(s), the first is ${pending[0]?.migration.tag}: run npm run db:migrate`,
    )
}
