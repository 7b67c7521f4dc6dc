import type { Change } from "../change.ts"

/** A value that every driver can bind. Booleans and instants are encoded by the dialect beforehand. */
export type Value = string | number | boolean | null

/** One SQL statement with its bound values, in the dialect's own placeholder style. */
export interface Statement {
  text: string
  params: Value[]
  /** A read that returns at most one row: a driver may stop there. */
  single?: boolean
  /** What the statement changes. Without it, any table that the text names may have been changed. */
  change?: Change
}

/** A row as an array of column values, in the order of the select list. */
export type Row = unknown[]
