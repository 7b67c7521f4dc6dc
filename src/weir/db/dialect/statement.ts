import type { Change } from "../change.ts"

/** A value that every driver can bind. The dialect has encoded booleans, instants and JSON before. */
export type Value = string | number | boolean | null

/** One SQL statement with its bound values. Its placeholders are the dialect's: `?` or `$1`. */
export interface Statement {
  text: string
  params: Value[]
  /** Whether a first row of the result has the columns' names. */
  header?: boolean
  /** Whether it is known to read only, where its text alone does not tell: it may begin with `with`. */
  isRead?: boolean
  /** Set for a read that returns at most one row: a driver may stop after the first. */
  single?: boolean
  /**
   * Whether the rows that it visits are bounded by its own limits, whatever its values and however large its tables:
   * reads by key, and pages in the order of the key.
   */
  bounded?: boolean
  /**
   * The tables that a read visits once at most, one entry for each time: it costs what their rows cost. Absent where
   * nothing is known.
   */
  scans?: string[] | undefined
  /**
   * Set where the first column is JSON in which a member stands for validators of rows: its name, and whose validators
   * they are. A driver may put these in its place.
   */
  versions?: { member: string; viewer: Value | undefined } | undefined
  /**
   * Set where the last column is the bytes that the first one has at the least: where it has more than that, nobody wants it.
   * A driver may leave it out, and say how many it has.
   */
  maxBytes?: number | undefined
  /**
   * A read, right after a write, of the rows that this has returned: for databases that tell nothing of statements that
   * are undone.
   */
  returned?: () => Statement
  /** Whether it writes many rows: a driver whose statements hold up others lets these have their turn before and after it. */
  many?: boolean
  /**
   * Whether it may take long by itself, since rows of other tables go with those that it deletes, or as a read of what is
   * rehearsed: a driver whose statements hold the process runs it in another.
   */
  long?: boolean
  /** Names of what it writes or locks besides the row of its change, by which writes can wait for each other. */
  claims?: readonly (string | number)[]
  /** The effect of a write. Without it, a write counts as changing every table that its text names. */
  change?: Change
}

/** A row as an array of column values, in the order of the select list. */
export type Row = unknown[]
