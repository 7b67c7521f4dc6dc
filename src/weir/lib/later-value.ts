/** A value that another statement of the same transaction makes: bound by `sql`, which reads it. */
export class LaterValue<S = unknown> {
  readonly sql: S

  constructor(sql: S) {
    this.sql = sql
  }

  /** What names a value, for caches and locks, does not name this one. */
  toJSON(): null {
    return null
  }
}
