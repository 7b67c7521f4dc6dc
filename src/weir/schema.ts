/** The door to the columns of tables: all that drizzle-kit loads of the engine. */

import { vocabulary } from "./db/dialect/vocabulary.ts"

export { accountTables } from "./db/dialect/account-tables.ts"
export { type DialectName, dialectOf } from "./db/dialect/choose.ts"
export type { CollectionOptions, JsonSchema } from "./db/dialect/collections.ts"
export { itself } from "./db/dialect/field.ts"
export { rowHistory } from "./db/dialect/row-history.ts"
export { writeRecords } from "./db/dialect/write-records.ts"
export { collection } from "./documents/collection.ts"

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
  version,
} = vocabulary
