import type { Waiter } from "../lib/fair-queue.ts"
import type { Deadline } from "./deadline.ts"
import type { DialectName } from "./dialect/choose.ts"
import type { Row, Statement } from "./dialect/statement.ts"

export type { Change, Part } from "./change.ts"
export type { Row, Statement, Value } from "./dialect/statement.ts"

/**
 * A request's access to the database. It has two methods: `query` for one read, and `batch` for writes, which are
 * one transaction and resolve only when the commit is durable.
 */
export interface Client {
  query(statement: Statement): Promise<Row[]>
  /** Resolves to one list of rows per statement. */
  batch(statements: Statement[]): Promise<Row[][]>
  /**
   * A client whose writes are undone: what it reads is as its batches have left it, until it is closed. Absent where it is
   * one already.
   */
  rehearse?(): Client
  /**
   * Whether a read may take so long that it must not be part of a transaction, which holds others up until it ends. Absent
   * where none holds anybody.
   */
  isLong?(statement: Statement): boolean
  /** Whether its first read alone sees the rows as they are at its place among writes: others come after all of these. */
  isForOneRead?: boolean
  /** Whether the shared cache has not yet confirmed the invalidations of a write of this client. */
  pendingInvalidations?: boolean
  /** Releases the client. Absent where there is nothing to release. */
  close?(): Promise<void>
}

/** How busy a pool of connections is. */
export interface PoolLoad {
  /** Connections, and those of them with statements in flight. */
  open: number
  busy: number
  /** Statements that wait for a connection. */
  waiting: number
}

/** How busy the processes are that read a file. */
export interface ReaderLoad {
  /** Statements that they run, and those that wait for one of them. */
  running: number
  waiting: number
}

/** A database, as one driver opens it. */
export interface Database {
  dialect: DialectName
  /** Kind and location for logs and messages, without credentials. */
  label: string
  /** A client for one request. It begins no statement after `deadline`. `waiter` is whose turn it takes where it waits. */
  connect(deadline?: Deadline, waiter?: Pick<Waiter, "address">): Client
  /** A number that changes when another process has written to the database. Absent where the driver cannot tell. */
  foreignWrites?(): number
  /** The load of its pool. Absent where there is none. */
  load?: () => PoolLoad
  /** The load of its readers. Absent where there are none. */
  readers?: () => ReaderLoad
  /**
   * Runs a migration's statements as one transaction, with foreign keys off where the dialect needs that. One process
   * migrates at a time, the others wait. An error has the index of the failed statement as `statementIndex`.
   */
  migrate(statements: string[]): Promise<void>
  close(): Promise<void>
}
