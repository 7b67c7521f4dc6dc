import type { SQL } from "drizzle-orm"

/** A JSON member: its name and the expression of its value. */
export type NamedSql = [name: string, value: SQL]

/** The first rows of a table in some order, before a dialect has chosen how to read them. */
export interface Rows {
  table: SQL
  alias: SQL
  /** The primary key, as a column of the alias. */
  key: SQL
  where: SQL
  order: SQL
  limit: SQL
  skip: SQL | undefined
}

/** A page as one row of aggregates: what its rows come from, and the text of them all as a JSON array. */
export interface PageSql {
  from: SQL
  body: SQL
  /** What stands between two rows of the body, and nowhere else in it. */
  separator: string
}
