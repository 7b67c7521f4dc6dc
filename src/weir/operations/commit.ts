import type { SQL } from "drizzle-orm"
import type { Change, Row, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { recorded } from "../sql/record.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { historyOf } from "./history.ts"
import { asRecord, type Recording, sweeping } from "./recording.ts"

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
  /** The encoded columns of an insert, by the names of their fields. */
  values?: Values
  statement: Statement
}

/**
 * Carries out writes as one transaction, after `locks`, and resolves when it is durable: to the rows of each write, which
 * are `[body or 1, primary key, …foreign keys]`. An error has the index of the failed write as `statementIndex`, where the
 * driver knows it.
 */
export async function commit(call: Call, writes: Write[], locks: Statement[] = []): Promise<Row[][]> {
  const statements = call.recording ? [...sweeping(call.recording), ...locks] : [...locks]
  /** Where the statements of each write begin; the first has its rows. */
  const places: number[] = []
  for (const [i, write] of writes.entries()) {
    const history = write.resource.history && historyOf(call, write)
    if (history) statements.push(...history.before)
    places.push(statements.length)
    const statement = { ...write.statement, change: effectOf(write) }
    const own = call.recording ? recordedIn(call, call.recording, { ...write, statement }, i) : [statement]
    statements.push(...(history ? history.around(own) : own))
  }
  try {
    const results = await call.client().batch(statements)
    return places.map((place) => results[place] ?? [])
  } catch (error) {
    const { statementIndex: index } = error as { statementIndex?: unknown }
    if (typeof index === "number")
      Object.assign(error as object, { statementIndex: places.findLastIndex((place) => place <= index) })
    throw error
  }
}

function recordedIn(call: Call, recording: Recording, write: Write, position: number): Statement[] {
  const { record, request, expiresAt: expires_at } = recording
  const values = { id: `${record}.${position}`, record, position, request, verb: write.verb, expires_at }
  const [first, ...others] = recorded(write, values, call.viewer)
  return [first as Statement, ...others.map(asRecord)]
}

function effectOf({ resource, verb, key, columns, statement }: Write): Change {
  if (statement.change) return statement.change
  if (verb === "insert") return changeOf(resource, "insert")
  const isDelete = verb === "delete" && !resource.softDelete
  return changeOf(resource, isDelete ? "delete" : "update", key, columns)
}
