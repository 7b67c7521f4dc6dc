/** Nothing to ask: a file has one schema. */
export const home: string | undefined = undefined

const standard = "__drizzle_migrations"

/** Where a ledger is other than drizzle-kit's own default. */
interface Place {
  table?: string
  schema?: string
}

/** drizzle-kit's own ledger of applied migrations, so that Weir and `drizzle-kit migrate` can be used in turn. */
export const table = (_schema: string, { table: name }: Place = {}): string =>
  name === undefined || name === standard ? standard : `"${name.replaceAll('"', '""')}"`

/** A table of the file. */
export const within = (_schema: string, table: string): string => table

/** The statements that create the ledger. */
export const create = (schema: string, _own: string[], place: Place = {}): string[] => [
  `create table if not exists ${table(schema, place)} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
]

/** Empty: a migration's transaction begins with the write lock. */
export const lock: string[] = []

/** A statement that fails if the condition holds. Outside triggers SQLite has no `raise`, so it parses invalid JSON. */
export const refuse = (condition: string): string => `select json('refused') where ${condition}`

/** Fails on broken references: foreign keys are off during a migration, so that rebuilding a table keeps its children. */
export const check = ["select json('broken') from pragma_foreign_key_check limit 1"]

/** Matches drizzle-kit's pragma for foreign keys, which has no effect inside a transaction. */
export const needless = /^\s*pragma\s+foreign_keys\s*=\s*\w+\s*;?\s*$/i
