/** drizzle-kit's own ledger of applied migrations: Weir and `drizzle-kit migrate` can take turns. */
export const table: string = "__drizzle_migrations"

export const create = [
  `create table if not exists ${table} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
]

/** Who migrates holds the write lock already. */
export const lock: string[] = []

/** A statement that fails where the condition holds. Outside triggers, SQLite has no `raise`. */
export const refuse = (condition: string): string => `select json('refused') where ${condition}`

/** Foreign keys are off while a table is rebuilt, or its rows would take their children along: checked at the end. */
export const check = ["select json('broken') from pragma_foreign_key_check limit 1"]

/** What drizzle-kit writes to turn foreign keys off and on: inside a transaction it does nothing. */
export const needless = /^\s*pragma\s+foreign_keys\s*=\s*\w+\s*;?\s*$/i
