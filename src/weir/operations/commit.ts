import type { Change, Row, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { type Recorded, recorded, type UpsertedBy } from "../sql/record.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
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
  /** The encoded columns of an insert, by the names of their fields. */
  values?: Values
  statement: Statement
  upserted?: Upserted
}

/** What there is to know of an upsert. */
export interface Upserted extends UpsertedBy {
  /** Whether it has inserted a row that it returned, and not updated it. */
  hasInserted(row: Row): boolean
}

/**
 * Carries out writes as one transaction, after `locks`, and resolves when it is durable: to the rows of each write, which
 * are `[body or 1, primary key, …foreign keys]`. An error has the index of the failed write as `statementIndex`, where the
 * driver knows it. `onLocked` gets what the locks return.
 */
export async function commit(
  call: Call,
  writes: Write[],
  locks: Statement[] = [],
  onLocked?: (rows: Row[][]) => void,
): Promise<Row[][]> {
  const sweeps = call.recording ? sweeping(call.recording) : []
  const statements = [...sweeps, ...locks]
  /** Where the statement of each write stands, which has its rows. */
  const places: number[] = []
  for (const [i, write] of writes.entries()) {
    const statement = { ...write.statement, change: effectOf(write) }
    const { before, after } = call.recording
      ? recordedIn(call, call.recording, { ...write, statement }, i)
      : { before: [], after: [statement] }
    places.push(statements.length + before.length)
    statements.push(...before, ...after)
  }
  try {
    const results = await call.client().batch(statements)
    onLocked?.(results.slice(sweeps.length, sweeps.length + locks.length))
    return places.map((place) => results[place] ?? [])
  } catch (error) {
    const { statementIndex: index } = error as { statementIndex?: unknown }
    if (typeof index === "number")
      Object.assign(error as object, { statementIndex: places.findLastIndex((place) => place <= index) })
    throw error
  }
}

/** A write's statements with those of its record: the first that comes `after` those before is its own. */
function recordedIn(call: Call, recording: Recording, write: Write, i: number): Recorded {
  const { record, request, expiresAt: expires_at } = recording
  const position = write.upserted?.position ?? i
  const values = { id: `${record}.${position}`, record, position, request, verb: write.verb, expires_at }
  const { before, after } = recorded(write, values, call.viewer)
  const [first, ...others] = after
  return { before: before.map(asRecord), after: [first as Statement, ...others.map(asRecord)] }
}

function effectOf({ resource, verb, key, columns, statement }: Write): Change {
  if (statement.change) return statement.change
  if (verb === "insert" || verb === "upsert") return changeOf(resource, "insert")
  const isDelete = verb === "delete" && !resource.softDelete
  return changeOf(resource, isDelete ? "delete" : "update", key, columns)
}
