import type { Deadline } from "./deadline.ts"
import type { DialectName } from "./dialect/choose.ts"
import type { Row, Statement } from "./dialect/statement.ts"

export type { Change, Part } from "./change.ts"
export type { Row, Statement, Value } from "./dialect/statement.ts"

/**
 * What a request holds of the database. A driver has two verbs: `query` for a read, and `batch` for
 * writes, which is all or nothing and answers only when its commit is durable.
 */
export interface Client {
  query(statement: Statement): Promise<Row[]>
  /** One list of rows per statement. A single statement is a batch of one. */
  batch(statements: Statement[]): Promise<Row[][]>
  /** Whether the shared cache could not be told of a write of this client. */
  pendingInvalidations?: boolean
  /** Gives the client back. Absent where there is nothing to give back. */
  close?(): Promise<void>
}

/** A database: for a process on Node, for a request on Workers. */
export interface Database {
  dialect: DialectName
  /** For people and logs: the kind of database and where it is, without credentials. */
  label: string
  /** A client for a request; with its deadline, after which it carries out nothing more. */
  connect(deadline?: Deadline): Client
  /** A number that changes when another process has written; absent where that cannot be known. */
  foreignWrites?(): number
  /**
   * Runs a migration's statements as one transaction, foreign keys unheeded where the dialect needs that. One
   * process does so at a time, the others wait. An error says at which `statementIndex` it came.
   */
  migrate(statements: string[]): Promise<void>
  close(): Promise<void>
}
