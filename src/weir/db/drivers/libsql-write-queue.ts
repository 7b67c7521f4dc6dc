import { setTimeout as sleep } from "node:timers/promises"
import { type Deadline, DeadlineExpired, hasTime } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"
import { placeOf, writeLong } from "./libsql-long-write.ts"
import { busyTimeoutMs } from "./libsql-open.ts"
import type { WriterProcess } from "./libsql-writer-process.ts"

/** One queued write: statements that take effect together or not at all. */
interface Waiting {
  statements: Statement[]
  deadline: Deadline | undefined
  /** Whether its effects are undone once it has run. */
  isUndone: boolean
  resolve(rows: Row[][]): void
  reject(error: unknown): void
}

type Outcome = { ok: true; rows: Row[][] } | { ok: false; error: unknown }

/** Most writes that share a commit. It bounds how long a group blocks the event loop. */
const maxGroupSize = 200

/** What carries out writes that take long: not there where it cannot be. */
export interface LongWrites {
  /** Another connection in this process. */
  openAnother?: (() => FileConnection) | undefined
  writer?: WriterProcess | undefined
}

/**
 * The queue of writes to a database file. Writes that wait at the same time share a commit and resolve after it; one that
 * takes long has its own, on another connection or in another process.
 */
export class WriteQueue {
  private readonly connection: FileConnection
  private readonly onCommit: () => void
  private readonly queue: Waiting[] = []
  private readonly long: LongWrites
  private another: FileConnection | undefined
  private flushing = false

  constructor(connection: FileConnection, onCommit: () => void, long: LongWrites = {}) {
    this.connection = connection
    this.onCommit = onCommit
    this.long = long
  }

  /**
   * Queues statements as one atomic write, which may be undone at its end. Resolves to one list of rows per statement,
   * after the commit.
   */
  add(statements: Statement[], deadline: Deadline | undefined, isUndone = false): Promise<Row[][]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ statements, deadline, isUndone, resolve, reject })
      if (this.flushing) return
      this.flushing = true
      // Writes that arrive in this turn of the event loop share the commit.
      setImmediate(() => this.flush())
    })
  }

  /** Resolves when all queued writes have been committed or have failed. */
  async drained(): Promise<void> {
    while (this.flushing) await sleep(1)
  }

  /** Closes what carries out long writes; a later one opens it anew. */
  async close(): Promise<void> {
    this.another?.db.close()
    this.another = undefined
    await this.long.writer?.close()
  }

  private async flush(): Promise<void> {
    try {
      for (let next = this.queue[0]; next; next = this.queue[0]) {
        const place = this.placeOf(next)
        await (place === "together" ? this.commitGroup() : this.commitLong(place === "apart"))
      }
    } finally {
      // Set in the same turn as the last check of the queue: a later write then starts a new flush.
      this.flushing = false
    }
  }

  private placeOf({ statements }: Waiting): ReturnType<typeof placeOf> {
    const { openAnother, writer } = this.long
    const place = placeOf(statements)
    if (place === "apart" && writer) return place
    return place !== "together" && openAnother ? "parts" : "together"
  }

  private async commitLong(isApart: boolean): Promise<void> {
    const { statements, deadline, isUndone, resolve, reject } = this.queue.shift() as Waiting
    const { openAnother, writer } = this.long
    try {
      if (!isApart) this.another ??= openAnother?.()
      const rows = await (isApart && writer
        ? writer.run(statements, deadline, isUndone)
        : writeLong(this.another as FileConnection, statements, deadline, isUndone))
      if (!isUndone && !isApart) this.onCommit()
      resolve(rows)
    } catch (error) {
      reject(error)
    }
    // Its pages are moved from the WAL: a commit meanwhile would do that here.
    if (isApart) await writer?.rested()
  }

  private async commitGroup(): Promise<void> {
    const { connection, queue } = this
    const { db } = connection
    try {
      await connection.begin(busyTimeoutMs, () => queue.some(({ deadline }) => hasTime(deadline)))
    } catch (error) {
      for (const waiting of queue.splice(0)) waiting.reject(error)
      return
    }
    const long = queue.findIndex((waiting) => this.placeOf(waiting) !== "together")
    const group = queue.splice(0, Math.min(maxGroupSize, long < 0 ? queue.length : long))
    const outcomes = group.map((waiting) => attempt(connection, waiting))
    try {
      db.exec("commit")
      this.onCommit()
      for (const [i, outcome] of outcomes.entries())
        if (outcome.ok) group[i]?.resolve(outcome.rows)
        else group[i]?.reject(outcome.error)
    } catch (error) {
      // Nothing of the group was committed. A write that had failed before the commit keeps its own error.
      if (db.inTransaction) db.exec("rollback")
      for (const [i, outcome] of outcomes.entries()) group[i]?.reject(outcome.ok ? error : outcome.error)
    }
  }
}

const undo = "rollback to one_of_group; release one_of_group"

/** Runs one write inside the group's transaction. A failed write is undone alone: several statements by a savepoint. */
function attempt(connection: FileConnection, { statements, deadline, isUndone }: Waiting): Outcome {
  const { db } = connection
  const rows: Row[][] = []
  const atomic = statements.length > 1 || isUndone
  try {
    if (deadline?.expired) throw new DeadlineExpired()
    if (!db.inTransaction) throw new Error("The transaction of this group of writes was rolled back")
    if (atomic) db.exec("savepoint one_of_group")
    for (const statement of statements) rows.push(connection.run(statement))
    if (atomic) db.exec(isUndone ? undo : "release one_of_group")
    return { ok: true, rows }
  } catch (error) {
    if (atomic && db.inTransaction) db.exec(undo)
    if (typeof error === "object" && error !== null) Object.assign(error, { statementIndex: rows.length })
    return { ok: false, error }
  }
}
