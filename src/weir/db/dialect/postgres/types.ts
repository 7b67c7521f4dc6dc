import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec, FieldTypeName } from "../field.ts"
import { array } from "./types/array.ts"
import { date, interval, localTimestamp, time, timestamp } from "./types/instants.ts"
import { bigint, decimal, integer, real } from "./types/numbers.ts"
import { opaque, text } from "./types/text.ts"
import { readFromText, typed } from "./types/typed.ts"
import { bytes, json, vector } from "./types/values.ts"

/** How Postgres stores, binds and renders each column type. */
const columnTypes: Record<FieldTypeName, (spec: FieldSpec) => ColumnSql> = {
  id: integer,
  text,
  integer,
  real,
  boolean: () => typed("boolean"),
  timestamp,
  json,
  uuid: () => readFromText("uuid"),
  bigint,
  decimal,
  date,
  time,
  interval,
  local_timestamp: localTimestamp,
  bytes,
  vector,
  array: (spec) => array(spec, columnSql(spec.element ?? { type: "text", inferred: true })),
  opaque,
}

/** How the dialect stores, binds and renders a column. */
export const columnSql = (spec: FieldSpec): ColumnSql => columnTypes[spec.type](spec)
