import type { DialectName } from "../dialect/choose.ts"
import * as postgres from "../dialect/postgres/inspect.ts"
import * as sqlite from "../dialect/sqlite/inspect.ts"
import type { Client, Database } from "../driver.ts"
import type { Migration } from "./files.ts"
import {
  type Applied,
  type LedgerPlace,
  type MigrationStatus,
  plain,
  readLedger,
  statusAgainst,
} from "./ledger.ts"
import { ownNames } from "./own-names.ts"

const present: Record<DialectName, string> = { sqlite: sqlite.present, postgres: postgres.present }

/** What a database has to do with a folder of migrations. */
export interface Origin {
  /**
   * `ours`: the ledger names a migration of the folder. `others`: tables of the API are there, and the ledger names
   * none: drizzle-kit or others made them, and nothing of ours is applied to them. `new`: neither.
   */
  kind: "ours" | "others" | "new"
  status: MigrationStatus
  /** The tables that are asked for and are not there. Empty for `ours`, whose ledger says it. */
  missing: string[]
}

/**
 * Finds out whether a database is of a folder of migrations. `served` names the tables of the API, with
 * their schemas where they have them; they are asked for where the ledger does not tell.
 */
export async function originOf(
  database: Database,
  migrations: Migration[],
  place: LedgerPlace | undefined,
  served: () => Promise<string[]> | string[],
): Promise<Origin> {
  const client = database.connect()
  const read = async () => {
    const status = statusAgainst(migrations, await readLedger(client, database.dialect, place))
    if (names(status)) return { kind: "ours" as const, status, missing: [] }
    // A schema of its own that was migrated when all schemas had one ledger: the next migration takes that over.
    const shared = statusAgainst(migrations, await readShared(client, database.dialect, place))
    return { kind: names(shared) ? ("ours" as const) : undefined, status, missing: [] }
  }
  const { kind, ...found } = await read()
  if (kind) return { kind, ...found }
  const rows = await client.query(plain(present[database.dialect]))
  const there = new Map(rows.map(([name, isHome]) => [keyOf(database, String(name)), Boolean(isHome)]))
  const isThere = (name: string) => there.has(keyOf(database, name))
  // Tables of another schema of `search_path` may be another program's: ours are made beside them.
  const isMade = (name: string) => there.get(keyOf(database, name)) === true
  // Without tables, nobody has been here.
  const asked = there.size === 0 && migrations.length > 0 ? [] : await served()
  const missing = asked.filter((name) => !isThere(name))
  if (![...asked, ...ownNames(migrations)].some(isMade)) return { kind: "new", ...found, missing }
  // Another process may have made them meanwhile, with a row in the ledger.
  const again = await read()
  return again.kind ? { ...again, kind: again.kind } : { kind: "others", status: again.status, missing }
}

const names = ({ migrations }: MigrationStatus): boolean =>
  migrations.some(({ state }) => state === "applied" || state === "edited")

/** SQLite's names have no case. */
const keyOf = ({ dialect }: Database, name: string): string =>
  dialect === "sqlite" ? name.toLowerCase() : name

/** The rows of drizzle-kit's own ledger on Postgres, whatever `search_path` says. */
const readShared = async (
  client: Client,
  dialect: DialectName,
  place: LedgerPlace = {},
): Promise<Applied[]> =>
  dialect === "postgres" && place.schema === undefined
    ? readLedger(client, dialect, { schema: "drizzle" })
    : []

/** Says, in one line, that a database is others', and what follows. */
export function othersLine({ label }: Database, { status }: Origin, shown: string): string {
  const { unknown, migrations } = status
  const made = unknown.length
    ? `drizzle-kit or another project has migrated it (${unknown.length} in its ledger, none of them in ${shown})`
    : "drizzle-kit push or others have made its tables, and it has no ledger of Weir"
  const ours = migrations.length
    ? `, and the ${migrations.length} migration(s) of ${shown} are not applied`
    : ""
  return `${label} is not ours: ${made}; it is served as it is${ours}`
}
