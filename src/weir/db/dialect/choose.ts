export type DialectName = "sqlite" | "postgres"

/** The dialect of a `DATABASE_URL`: Postgres for `postgres:` and `postgresql:`, otherwise SQLite. */
export function dialectOf(url: string | undefined): DialectName {
  return /^postgres(ql)?:/.test(url ?? "") ? "postgres" : "sqlite"
}

/**
 * The dialect in use. It is chosen when this module is loaded, because tables are module-level constants, which
 * drizzle-kit loads as well as the app. No other module of the engine reads the environment by itself.
 */
export const dialectName: DialectName = dialectOf(process.env.DATABASE_URL)
