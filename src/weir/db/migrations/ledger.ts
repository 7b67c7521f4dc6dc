import type { DialectName } from "../dialect/choose.ts"
import { classify } from "../dialect/errors.ts"
import * as postgres from "../dialect/postgres/ledger.ts"
import * as sqlite from "../dialect/sqlite/ledger.ts"
import type { Client, Statement } from "../driver.ts"
import type { Migration } from "./files.ts"

/** The SQL of the ledger, by dialect. */
export const ledgers: Record<DialectName, typeof sqlite> = { sqlite, postgres }

/** The ledger of one database: its SQL, and the schema that it is for. */
export interface Ledger extends Pick<typeof sqlite, "lock" | "refuse" | "check" | "needless"> {
  table: string
  /** Another table of Weir's own, in the schema that the ledger is for. */
  beside(name: string): string
  /** The statements that create it, for migrations that make the tables `own`. */
  create(own: string[]): string[]
}

/** Where `drizzle.config.ts` puts the ledger. What it leaves open is as drizzle-kit has it. */
export interface LedgerPlace {
  table?: string
  schema?: string
}

/** Finds the ledger of a database. Throws one line where `search_path` names no schema that exists. */
export async function ledgerOf(
  client: Client,
  dialect: DialectName,
  place: LedgerPlace = {},
): Promise<Ledger> {
  const { home, table, create, within, lock, refuse, check, needless } = ledgers[dialect]
  const schema = home === undefined ? "" : (await client.query(plain(home)))[0]?.[0]
  if (typeof schema !== "string")
    throw new Error("search_path names no schema that exists: create the schema first, or correct the name")
  return {
    table: table(schema, place),
    beside: (name) => within(schema, name),
    create: (own) => create(schema, own, place),
    lock,
    refuse,
    check,
    needless,
  }
}

/** One row of the ledger: an applied migration, with the hash that its file had then. */
export interface Applied {
  hash: string
  stamp: number
}

/** A statement of a command's own, without bound values: it runs where it is asked, however long it takes. */
export const plain = (text: string): Statement => ({ text, params: [], bounded: true })

/**
 * The rows of a database's ledger, oldest first; none where there is no ledger, or where it is another role's. Throws
 * where the database cannot be reached.
 */
export async function readLedger(
  client: Client,
  dialect: DialectName,
  place: LedgerPlace = {},
): Promise<Applied[]> {
  const { table } = await ledgerOf(client, dialect, place)
  try {
    const rows = await client.query(plain(`select hash, created_at from ${table} order by created_at`))
    return rows.map(([hash, stamp]) => ({ hash: String(hash), stamp: Number(stamp) }))
  } catch (error) {
    // 42501: the role may not look into the schema of the ledger.
    const isHidden = (error as { code?: unknown }).code === "42501"
    if (classify(error)?.kind !== "unmigrated" && !isHidden) throw error
    return []
  }
}

/** The state of a migration in a database. `out of order`: pending although a later one is applied. */
export type State = "applied" | "edited" | "pending" | "out of order"

/** The state of a folder's migrations in a database. */
export interface MigrationStatus {
  migrations: { migration: Migration; state: State }[]
  /** Ledger rows without a migration in the folder. */
  unknown: Applied[]
}

/** Compares the folder with the ledger: `stamp` identifies a migration, `hash` tells whether its file was edited. */
export function statusAgainst(migrations: Migration[], ledger: Applied[]): MigrationStatus {
  const byStamp = new Map(ledger.map((row) => [row.stamp, row]))
  const newest = Math.max(...ledger.map((row) => row.stamp))
  const stateOf = ({ stamp, hash }: Migration): State => {
    const row = byStamp.get(stamp)
    if (row) return row.hash === hash ? "applied" : "edited"
    return stamp < newest ? "out of order" : "pending"
  }
  const stamps = new Set(migrations.map(({ stamp }) => stamp))
  return {
    migrations: migrations.map((migration) => ({ migration, state: stateOf(migration) })),
    unknown: ledger.filter((row) => !stamps.has(row.stamp)),
  }
}

/** Whether a migration is not applied, in order or not. */
export const isPending = ({ state }: { state: State }): boolean =>
  state === "pending" || state === "out of order"
