/** drizzle-kit's own ledger of applied migrations, so that Weir and `drizzle-kit migrate` can be used in turn. */
export const table: string = "drizzle.__drizzle_migrations"

export const create = [
  "create schema if not exists drizzle",
  `create table if not exists ${table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
]

/**
 * Lets one process migrate at a time; the others wait for the end of its transaction. The connection check ends the
 * transaction soon after its process dies: by default, Postgres would first finish the running statement.
 */
export const lock = [
  "set local client_connection_check_interval = '1s'",
  "set local statement_timeout = 0",
  "select pg_advisory_xact_lock(hashtext('weir.migrations'))",
]

/** A statement that fails if the condition holds. */
export const refuse = (condition: string): string =>
  `do $$ begin if ${condition} then raise exception 'refused'; end if; end $$`

export const check: string[] = []

/** Matches nothing: every statement that drizzle-kit generates for Postgres is run. */
export const needless = /(?!)/
