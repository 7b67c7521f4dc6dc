import { dialectOf } from "./choose.ts"
import * as postgres from "./postgres/columns.ts"
import * as sqlite from "./sqlite/columns.ts"

/**
 * The dialect in use, chosen once at load: the schema is made of module-level tables, and drizzle-kit
 * loads it as well as the app. This is the one place that reads the environment by itself.
 */
export const dialectName = dialectOf(process.env.DATABASE_URL)

// Both vocabularies hold the same JavaScript types, so the schema is typed once, as SQLite's.
const columns = dialectName === "postgres" ? (postgres as unknown as typeof sqlite) : sqlite

export const {
  boolean,
  id,
  index,
  integer,
  json,
  oneOf,
  real,
  references,
  table,
  text,
  timestamp,
  timestamps,
  unique,
} = columns
