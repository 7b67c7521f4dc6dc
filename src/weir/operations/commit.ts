import type { SQL } from "drizzle-orm"
import type { RecordValues } from "../db/dialect/recording.ts"
import type { Change, Row, Statement } from "../db/driver.ts"
import { Pace } from "../lib/pace.ts"
import type { Values } from "../query/query.ts"
import { isLater, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { type UpsertedBy, written } from "../sql/record.ts"
import type { ManyRows } from "../sql/record-many.ts"
import { returnedOf } from "../sql/returned.ts"
import type { Call, Collector } from "./call.ts"
import { changeOf } from "./change.ts"
import { claimsOf } from "./claims.ts"
import { historyOf } from "./history.ts"
import { toldToHooks } from "./hooks.ts"
import { longOf } from "./reach.ts"
import { asRecord, type Recording, sweeping } from "./recording.ts"

/**
 * A statement that writes rows, told once: the invalidations of the cache, and whatever else keeps account of changes, are
 * made of this description.
 */
export interface Write {
  resource: Resource
  /**
   * What becomes of the rows. A soft delete is a `delete`, whose statement is an update. What an `upsert` has done to a
   * row is known once it has returned it.
   */
  verb: "insert" | "update" | "delete" | "restore" | "upsert"
  /** The key of the one row. Absent for an insert, and for a statement that may write several rows. */
  key?: RowKey | undefined
  /** The columns that an update sets. */
  columns?: string[]
  /** The rows that a statement without a key may write, as a condition on its table before it, for their history. */
  rows?: { where: SQL; values: Values } | undefined
  /** What an update sets, encoded, by the names of their fields. */
  set?: Values | undefined
  /** The encoded columns of an insert, and of an upsert that inserts, by the names of their fields. */
  values?: Values
  /** The rows of an insert of many. */
  many?: ManyRows
  /** Where it writes any number of rows, and nobody asks which: the statement that records how many, before it. */
  counts?: (record: Values) => Statement
  statement: Statement
  upserted?: Upserted
}

/** What there is to know of an upsert. */
export interface Upserted extends UpsertedBy {
  /** Whether it has inserted a row that it returned, and not updated it. */
  hasInserted(row: Row): boolean
}

/**
 * Carries out writes as one transaction, after `locks` and before the checks that come `last`, and resolves when it is durable: to the rows of each write, which
 * are `[body or 1, primary key, …foreign keys]`. An error has the index of the failed write as `statementIndex`, where the
 * driver knows it. `onLocked` gets what the locks return.
 */
export async function commit(
  call: Call,
  writes: Write[],
  locks: Statement[] = [],
  onLocked?: (rows: Row[][]) => void,
  last: Statement[] = [],
): Promise<Row[][]> {
  const { collector } = call
  if (collector) noteIn(collector, writes)
  const looking = longOf(call, writes)
  const long = looking && (await looking)
  const { statements, places, from } = await assembled(call, writes, locks, long)
  statements.push(...last)
  try {
    const results = await (collector ? collector.add(statements) : call.client().batch(statements))
    onLocked?.(results.slice(from, from + locks.length))
    const rows = places.map((place) => results[place] ?? [])
    return toldToHooks(call, writes, rows)
  } catch (error) {
    const { statementIndex: index } = error as { statementIndex?: unknown }
    if (typeof index === "number")
      Object.assign(error as object, { statementIndex: places.findLastIndex((place) => place <= index) })
    throw error
  }
}

function noteIn(collector: Collector, writes: Write[]): void {
  for (const write of writes) {
    const { resource, verb, key } = write
    if ((verb === "update" || verb === "delete") && key !== undefined)
      collector.isOfGone ||= collector.rows.isThere(resource, key) === false
    collector.rows.note(write)
  }
}

/**
 * The statements of writes with all that belongs to them, where the locks begin, and where the statement of each write
 * stands, which has its rows.
 */
async function assembled(
  call: Call,
  writes: Write[],
  locks: Statement[],
  long: Write | undefined,
): Promise<{ statements: Statement[]; places: number[]; from: number }> {
  const { recording, collector, viewer } = call
  const sweeps = recording && !collector ? sweeping(recording) : []
  const statements = [...sweeps, ...locks]
  const places: number[] = []
  const pace = new Pace(8)
  for (const [i, write] of writes.entries()) {
    const record = recording && valuesOf(recording, write, write.upserted?.position ?? i)
    // An upsert fails by itself where it must, and may leave its row as it is.
    const required = write.verb === "insert" || write.upserted ? undefined : collector?.step
    const claims = writes.length > 1 || collector || write.many ? claimsOf(write) : write.statement.claims
    const { history: keeps, search } = write.resource
    // Each row of many then writes others.
    const isLong = long === write || (write.statement.many && (keeps || search))
    const own = {
      ...write.statement,
      change: effectOf(write),
      ...(claims?.length && { claims }),
      ...(isLong && { long: true }),
    }
    const returned = call.isRehearsal ? returnedOf(write, viewer) : undefined
    const statement = returned ? { ...own, returned } : own
    const { before, after } = written({ ...write, statement }, { record, required }, viewer)
    const [first, ...others] = [after[0] as Statement, ...after.slice(1).map(asRecord)]
    const history = write.resource.history && historyOf(call, write)
    const entailed = call.entailed?.(write)
    statements.push(...before.map(asRecord), ...(entailed?.before ?? []), ...(history?.before ?? []))
    places.push(statements.length)
    if (!history) statements.push(first, ...others)
    // What changes the record of an upsert, whatever became of its row, comes after its versions.
    else if (write.upserted) statements.push(...history.around([first]), ...others)
    else statements.push(...history.around([first, ...others]))
    statements.push(...(entailed?.after ?? []))
    if (pace.isOver()) await pace.rest()
  }
  return { statements, places, from: sweeps.length }
}

function valuesOf(recording: Recording, write: Write, index: number): RecordValues {
  const { record, request, expiresAt: expires_at, from = 0 } = recording
  const position = from + index
  const verb = write.many ? "rows" : write.counts ? "count" : write.verb
  return { id: `${record}.${position}`, record, position, request, verb, expires_at }
}

function effectOf({ resource, verb, key, columns, statement }: Write): Change {
  if (statement.change) return statement.change
  if (verb === "insert" || verb === "upsert") return changeOf(resource, "insert")
  const isDelete = verb === "delete" && !resource.softDelete
  // Which row it is may be known to the database alone.
  const isKnown = key !== undefined && !isLater(key)
  const change = changeOf(resource, isDelete ? "delete" : "update", isKnown ? key : undefined, columns)
  return isKnown ? change : { ...change, moves: true }
}
