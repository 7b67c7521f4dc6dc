import type { SQL } from "drizzle-orm"

/** A JSON member: its name and the expression of its value. */
export type NamedSql = [name: string, value: SQL]

/** The rows of a page, before a dialect has chosen how to read them. */
export interface ListPage {
  table: SQL
  alias: SQL
  /** The sort keys in order; the last is the primary key. */
  keys: SQL[]
  /** Every column that the keys and the rows' JSON need. */
  columns: SQL[]
  where: SQL
  order: SQL
  /** Rows to read: one more than the page, to know whether there are more. */
  limit: SQL
  /** Rows to serve. */
  pageSize: SQL
  skip: SQL | undefined
  /** For a page read backwards, over `_k0, _k1, …`: the order it is read in, and the one it is served in. */
  reverse: { read: SQL; serve: SQL } | undefined
  /** The primary key as the outer query sees it. */
  rowKey: SQL
}
