export type DialectName = "sqlite" | "postgres"

/** The dialect of a `DATABASE_URL`: Postgres for `postgres:` and `postgresql:`, otherwise SQLite. */
export function dialectOf(url: string | undefined): DialectName {
  return /^postgres(ql)?:/.test(url ?? "") ? "postgres" : "sqlite"
}

/**
 * The dialect in use. It is chosen when this module is loaded, because tables are module-level constants, which
 * drizzle-kit loads as well as the app. A Worker's bundle may hold one dialect alone: its `define` replaces
 * `process.env.WEIR_DIALECT` where the two are told apart, so that the bundler leaves the other out.
 */
export const dialectName: DialectName =
  (process.env.WEIR_DIALECT as DialectName | undefined) ?? dialectOf(process.env.DATABASE_URL)
