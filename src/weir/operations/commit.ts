import type { SQL } from "drizzle-orm"
import type { Change, Row, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { withHistory } from "./history.ts"

/**
 * A statement that writes rows, told once: the invalidations of the cache, and whatever else keeps account of changes, are
 * made of this description.
 */
export interface Write {
  resource: Resource
  /** What becomes of the rows. A soft delete is a `delete`, whose statement is an update. */
  verb: "insert" | "update" | "delete" | "restore"
  /** The key of the one row. Absent for an insert, and for a statement that may write several rows. */
  key?: RowKey | undefined
  /** The columns that an update sets. */
  columns?: string[]
  /** The rows that a statement without a key may write, as a condition on its table before it, for their history. */
  rows?: { where: SQL; values: Values } | undefined
  statement: Statement
}

/**
 * Carries out writes as one transaction, after `locks`, and resolves when it is durable: to the rows of each write, which
 * are `[body or 1, primary key, …foreign keys]`. An error has the index of the failed write as `statementIndex`, where the
 * driver knows it.
 */
export async function commit(call: Call, writes: Write[], locks: Statement[] = []): Promise<Row[][]> {
  const own = writes.map((write) => ({ ...write.statement, change: effectOf(write) }))
  const kept = writes.some(({ resource }) => resource.history) ? withHistory(call, writes, own) : undefined
  try {
    const results = await call.client().batch([...locks, ...(kept?.statements ?? own)])
    const rows = results.slice(locks.length)
    return kept ? kept.places.map((place) => rows[place] as Row[]) : rows
  } catch (error) {
    const { statementIndex } = error as { statementIndex?: unknown }
    if (typeof statementIndex === "number") {
      const index = statementIndex - locks.length
      Object.assign(error as object, { statementIndex: kept ? kept.places.indexOf(index) : index })
    }
    throw error
  }
}

function effectOf({ resource, verb, key, columns, statement }: Write): Change {
  if (statement.change) return statement.change
  if (verb === "insert") return changeOf(resource, "insert")
  const isDelete = verb === "delete" && !resource.softDelete
  return changeOf(resource, isDelete ? "delete" : "update", key, columns)
}
