/** The door to the columns of tables: all that drizzle-kit loads of the engine. */

import { dialectName } from "./db/dialect/choose.ts"
import * as postgres from "./db/dialect/postgres/columns.ts"
import * as sqlite from "./db/dialect/sqlite/columns.ts"

export { type DialectName, dialectOf } from "./db/dialect/choose.ts"
export { itself } from "./db/dialect/field.ts"

// Both vocabularies hold the same JavaScript types, so the schema is typed once, as SQLite's.
const columns = dialectName === "postgres" ? (postgres as unknown as typeof sqlite) : sqlite

export const {
  bigint,
  boolean,
  bytes,
  date,
  decimal,
  id,
  index,
  integer,
  json,
  oneOf,
  real,
  references,
  table,
  text,
  time,
  timestamp,
  timestamps,
  unique,
  uuid,
  uuidKey,
} = columns
