/** Rows of a table that have a value in a column: one row by its primary key, or those that refer to another. */
export interface Part {
  table: string
  column: string
  value: string | number
}

/** What a write does to a table, as far as that is known. */
export interface Change {
  verb: "insert" | "update" | "delete"
  table: string
  /** The row by its primary key. An insert has none yet. */
  row?: Part
  /** Foreign-key columns, in RETURNING order, from the third column on. */
  references: string[]
  /** Whether it may have put another value into a foreign key. */
  moves: boolean
}
