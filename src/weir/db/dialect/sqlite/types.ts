import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec, FieldTypeName } from "../field.ts"
import { timestamp } from "./types/instants.ts"
import { bigint, decimal, real } from "./types/numbers.ts"
import { greaterBelow, heldAsStored, isBetweenSafe, isKind, isSafe, noBytes, numberOf } from "./types/odd.ts"
import { typed } from "./types/typed.ts"
import { boolean, bytes, json, list } from "./types/values.ts"

/** Text. Bytes, which somebody else stored in its place, are null. */
const text = ({ inferred }: FieldSpec): ColumnSql => ({
  ...typed("text"),
  ...(inferred && {
    json: noBytes,
    element: noBytes,
    quick: (column: SQL) => column,
    shows: (value: unknown) => typeof value === "string",
    compared: greaterBelow(sql`x''`),
    ...heldAsStored(isKind("text")),
  }),
})

/** A whole number. What somebody else stored in its place is null, but for a number that is none. */
const integer = ({ inferred, isStrict }: FieldSpec): ColumnSql => ({
  ...typed("integer"),
  returned: (column) => sql`iif(${isBetweenSafe(column)}, ${column}, cast(${numberOf(column)} as text))`,
  // Where it is null in JSON only where it has no value, null is told as well.
  shows: (value) => Number.isSafeInteger(value) || (value === null && (isStrict || !inferred)),
  ...(inferred && !isStrict
    ? { json: numberOf, compared: greaterBelow(sql`''`), ...heldAsStored(isSafe) }
    : heldAsStored((column) => sql`(${isBetweenSafe(column)} or ${column} is null)`)),
  mayLack: inferred === true && !isStrict,
})

/** How SQLite stores, binds and renders each column type. Numbers keep all digits, although SQLite's JSON prints 15. */
const columnTypes: Record<FieldTypeName, (spec: FieldSpec) => ColumnSql> = {
  id: integer,
  text,
  integer,
  real,
  boolean,
  timestamp,
  json,
  uuid: text,
  bigint,
  decimal,
  date: text,
  time: text,
  interval: text,
  local_timestamp: text,
  bytes,
  vector: list,
  array: list,
  opaque: text,
}

/** How the dialect stores, binds and renders a column. */
export const columnSql = (spec: FieldSpec): ColumnSql => columnTypes[spec.type](spec)
