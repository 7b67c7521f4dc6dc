/** The rows of a table with one value in one column: a row by its primary key, or the rows that refer to another row. */
export interface Part {
  table: string
  column: string
  value: string | number
}

/** The effect of a write on one table, as far as the statement tells. */
export interface Change {
  verb: "insert" | "update" | "delete"
  table: string
  /** The written row, by its primary key. Absent for an insert. */
  row?: Part
  /** Foreign-key columns, in RETURNING order, from the third column on. */
  references: string[]
  /** Whether the write may have changed the value of a foreign key. */
  moves: boolean
  /** Whether the write may change rows of other tables, which refer to a value that it changed. */
  cascades?: boolean
}
