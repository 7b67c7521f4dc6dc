export type DialectName = "sqlite" | "postgres"

/** Which dialect a `DATABASE_URL` speaks: Postgres for `postgres:` and `postgresql:`, SQLite for all else. */
export function dialectOf(url: string | undefined): DialectName {
  return /^postgres(ql)?:/.test(url ?? "") ? "postgres" : "sqlite"
}
