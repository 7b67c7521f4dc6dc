import type { SQL } from "drizzle-orm"

/** A JSON member: its name and the SQL expression of its value. */
export type NamedSql = [name: string, value: SQL]

/** A value that is made of columns. */
export type ValueOf = (columns: SQL[]) => SQL

/** How many rows a page leaves out, and a bound on those that it leaves out and holds, where it is known. */
export interface Skip {
  rows: SQL
  within?: SQL
}

/** The first rows of a table in a given order, independent of how a dialect reads them. */
export interface Rows {
  table: SQL
  alias: SQL
  /** The primary key, as a column of the alias. */
  key: SQL[]
  where: SQL
  order: SQL
  limit: SQL
  skip: Skip | undefined
  /** A query for the rows to read among, in whose order they are looked at: SQLite's number of each is `_k`. */
  through?: SQL | undefined
  /** Columns that the first rows have beside those of their table. */
  kept?: NamedSql[]
  /** How relevant a row is: Postgres keeps it beside the row's columns, as `@rank`. */
  rank?: SQL | undefined
}

/** A table of the statement that holds rendered rows as `_k` and `_v`, and which row is joined to which of them. */
export interface JoinedTable {
  table: string
  on: SQL
}

/** A page as one aggregated row: the source of its rows, and an expression for their JSON array as text. */
export interface PageSql {
  from: SQL
  body: SQL
  /** Separates two rows in the body, and occurs nowhere else in it. */
  separator: string
}

/** Begins what stands for a row's validator in a text that is not complete yet. */
export const versionMarkText = "@weir:version:"
