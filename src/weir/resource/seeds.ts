/** How many rows of a table there are by default, and how each is made. Row `n`, from 1 on, is the same each time. */
export interface Seed {
  rows: number
  /** `rows` are how many each table is given, by its name. */
  row(n: number, rows: Record<string, number>): Record<string, unknown>
}

/** What `npm run db:seed` fills an empty database with: tables in the order of their references. */
export interface Seeds {
  tables: Record<string, Seed>
  /** What people should know of the rows, such as the password of all users. */
  note?: string
}
