import type { SQL } from "drizzle-orm"
import type { RecordValues } from "../db/dialect/recording.ts"
import type { Change, Row, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import { isLater, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { written } from "../sql/record.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { historyOf } from "./history.ts"
import { toldToHooks } from "./hooks.ts"
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
  const { collector } = call
  const { statements, places } = assembled(call, writes, locks)
  try {
    const results = await (collector ? collector.add(statements) : call.client().batch(statements))
    const rows = places.map((place) => results[place] ?? [])
    return toldToHooks(call, writes, rows)
  } catch (error) {
    const { statementIndex: index } = error as { statementIndex?: unknown }
    if (typeof index === "number")
      Object.assign(error as object, { statementIndex: places.findLastIndex((place) => place <= index) })
    throw error
  }
}

/** The statements of writes with all that belongs to them, and where those of each begin: the first has its rows. */
function assembled(
  call: Call,
  writes: Write[],
  locks: Statement[],
): { statements: Statement[]; places: number[] } {
  const { recording, collector, viewer } = call
  const statements = recording && !collector ? [...sweeping(recording), ...locks] : [...locks]
  const places: number[] = []
  for (const [i, write] of writes.entries()) {
    const history = write.resource.history && historyOf(call, write)
    if (history) statements.push(...history.before)
    places.push(statements.length)
    const record = recording && valuesOf(recording, write, i)
    const required = write.verb === "insert" ? undefined : collector?.step
    const statement = { ...write.statement, change: effectOf(write) }
    const [first, ...others] = written({ ...write, statement }, { record, required }, viewer)
    const own = [first as Statement, ...others.map(asRecord)]
    statements.push(...(history ? history.around(own) : own))
  }
  return { statements, places }
}

function valuesOf(recording: Recording, { verb }: Write, index: number): RecordValues {
  const { record, request, expiresAt: expires_at, from = 0 } = recording
  const position = from + index
  return { id: `${record}.${position}`, record, position, request, verb, expires_at }
}

function effectOf({ resource, verb, key, columns, statement }: Write): Change {
  if (statement.change) return statement.change
  if (verb === "insert") return changeOf(resource, "insert")
  const isDelete = verb === "delete" && !resource.softDelete
  // Which row it is may be known to the database alone.
  const isKnown = key !== undefined && !isLater(key)
  const change = changeOf(resource, isDelete ? "delete" : "update", isKnown ? key : undefined, columns)
  return isKnown ? change : { ...change, moves: true }
}
