import { setTimeout as sleep } from "node:timers/promises"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"
import { isLong, writeLong } from "./libsql-long-write.ts"

/** One queued write: statements that take effect together or not at all. */
interface Waiting {
  statements: Statement[]
  deadline: Deadline | undefined
  resolve(rows: Row[][]): void
  reject(error: unknown): void
}

type Outcome = { ok: true; rows: Row[][] } | { ok: false; error: unknown }

/** Most writes that share a commit. It bounds how long a group blocks the event loop. */
const maxGroupSize = 200

/**
 * The queue of writes to a database file. Writes that wait at the same time share a commit and resolve after it; one that
 * takes long has its own, on a connection that `openAnother` opens, if that can be.
 */
export class WriteQueue {
  private readonly connection: FileConnection
  private readonly onCommit: () => void
  private readonly queue: Waiting[] = []
  private readonly openAnother: (() => FileConnection) | undefined
  private another: FileConnection | undefined
  private flushing = false

  constructor(connection: FileConnection, onCommit: () => void, openAnother?: () => FileConnection) {
    this.connection = connection
    this.onCommit = onCommit
    this.openAnother = openAnother
  }

  /** Queues statements as one atomic write. Resolves to one list of rows per statement, after the commit. */
  add(statements: Statement[], deadline: Deadline | undefined): Promise<Row[][]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ statements, deadline, resolve, reject })
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

  /** Closes the connection of long writes. */
  close(): void {
    this.another?.db.close()
    this.another = undefined
  }

  private async flush(): Promise<void> {
    try {
      while (this.queue.length) await (this.isLong(this.queue[0]) ? this.commitLong() : this.commitGroup())
    } finally {
      // Set in the same turn as the last check of the queue: a later write then starts a new flush.
      this.flushing = false
    }
  }

  private isLong(waiting: Waiting | undefined): boolean {
    return waiting !== undefined && this.openAnother !== undefined && isLong(waiting.statements)
  }

  private async commitLong(): Promise<void> {
    const { statements, deadline, resolve, reject } = this.queue.shift() as Waiting
    try {
      this.another ??= this.openAnother?.()
      const rows = await writeLong(this.another as FileConnection, statements, deadline)
      this.onCommit()
      resolve(rows)
    } catch (error) {
      reject(error)
    }
  }

  private async commitGroup(): Promise<void> {
    const { connection, queue } = this
    const { db } = connection
    try {
      await connection.begin()
    } catch (error) {
      for (const waiting of queue.splice(0)) waiting.reject(error)
      return
    }
    const long = queue.findIndex((waiting) => this.isLong(waiting))
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

/** Runs one write inside the group's transaction. A failed write is undone alone: several statements by a savepoint. */
function attempt(connection: FileConnection, { statements, deadline }: Waiting): Outcome {
  const { db } = connection
  const rows: Row[][] = []
  const atomic = statements.length > 1
  try {
    if (deadline?.expired) throw new DeadlineExpired()
    if (!db.inTransaction) throw new Error("The transaction of this group of writes was rolled back")
    if (atomic) db.exec("savepoint one_of_group")
    for (const statement of statements) rows.push(connection.run(statement))
    if (atomic) db.exec("release one_of_group")
    return { ok: true, rows }
  } catch (error) {
    if (atomic && db.inTransaction) db.exec("rollback to one_of_group; release one_of_group")
    if (typeof error === "object" && error !== null) Object.assign(error, { statementIndex: rows.length })
    return { ok: false, error }
  }
}
