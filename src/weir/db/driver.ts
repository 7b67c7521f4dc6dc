import type { Deadline } from "./deadline.ts"
import type { DialectName } from "./dialect/choose.ts"

/** A value that every driver can bind. Booleans and instants are encoded by the dialect beforehand. */
export type Value = string | number | boolean | null

/** Rows of a table that have a value in a column: one row by its primary key, or those that refer to another. */
export interface Part {
  table: string
  column: string
  value: string | number
}

/** What a write does to a table, where that is known of it. */
export interface Change {
  verb: "insert" | "update" | "delete"
  table: string
  /** The row by its primary key. An insert has none yet. */
  row?: Part
  /** The columns by which rows refer to others, in the order in which the statement answers them, after two more. */
  references: string[]
  /** Whether it may have put another value into one of them. */
  moves: boolean
}

/** One SQL statement with its bound values, in the dialect's own placeholder style. */
export interface Statement {
  text: string
  params: Value[]
  /** A read that answers one row at the most: a driver may stop there. */
  single?: boolean
  /** What the statement changes; where it does not say so, whatever it names may have been changed. */
  change?: Change
}

/** A row as an array of column values, in the order of the select list. */
export type Row = unknown[]

/**
 * What a request holds of the database. A driver has two verbs: `query` for a read, and `batch` for
 * writes, which is all or nothing and answers only when its commit is durable.
 */
export interface Client {
  query(statement: Statement): Promise<Row[]>
  /** One list of rows per statement. A single statement is a batch of one. */
  batch(statements: Statement[]): Promise<Row[][]>
  /** Whether a write of this client's could not be told to the cache that others read from. */
  untold?: boolean
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
