/** drizzle-kit's own ledger of applied migrations: Weir and `drizzle-kit migrate` can take turns. */
export const table: string = "drizzle.__drizzle_migrations"

export const create = [
  "create schema if not exists drizzle",
  `create table if not exists ${table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
]

/**
 * One process migrates, the others wait until its transaction has ended, which it soon does when its process has
 * died: by itself, Postgres would first finish the statement.
 */
export const lock = [
  "set local client_connection_check_interval = '1s'",
  "set local statement_timeout = 0",
  "select pg_advisory_xact_lock(hashtext('weir.migrations'))",
]

/** A statement that fails where the condition holds. */
export const refuse = (condition: string): string =>
  `do $$ begin if ${condition} then raise exception 'refused'; end if; end $$`

export const check: string[] = []

/** Matches nothing: drizzle-kit writes nothing here that must be left out. */
export const needless = /(?!)/
