export type DialectName = "sqlite" | "postgres"

/** Which dialect a `DATABASE_URL` speaks: Postgres for `postgres:` and `postgresql:`, SQLite for all else. */
export function dialectOf(url: string | undefined): DialectName {
  return /^postgres(ql)?:/.test(url ?? "") ? "postgres" : "sqlite"
}

/**
 * The dialect in use, chosen once at load: the schema is made of module-level tables, and drizzle-kit
 * loads it as well as the app. This is the one place that reads the environment by itself.
 */
export const dialectName: DialectName = dialectOf(process.env.DATABASE_URL)
