/** A row that a statement of the same transaction makes, and one of its columns. */
export interface MadeColumn {
  /** What the row is one of. */
  resource: object
  column: string
}

/** A value that another statement of the same transaction makes: bound by `sql`, which reads it. */
export class LaterValue<S = unknown> {
  readonly sql: S
  /** Whose value it is, where the row is made by who names it: nobody else can have hidden it. */
  readonly made: MadeColumn | undefined

  constructor(sql: S, made?: MadeColumn) {
    this.sql = sql
    this.made = made
  }

  /** What names a value, for caches and locks, does not name this one. */
  toJSON(): null {
    return null
  }
}
