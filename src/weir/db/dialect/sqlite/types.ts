import { type SQL, sql } from "drizzle-orm"
import { JsonText } from "../../../lib/json-text.ts"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec, FieldTypeName } from "../field.ts"

const typed =
  (affinity: "integer" | "real" | "text"): ColumnSql["typed"] =>
  (value) =>
    sql`cast(${value} as ${sql.raw(affinity)})`

const plain: ColumnSql = {
  json: (column) => column,
  encode: (value) => (value ?? null) as string | number | null,
  bind: (param) => param,
  // A parameter has no affinity: without it, 1000 <= '50' holds, as it does not for a column.
  typed: typed("text"),
  oneOf: (expression, list) => sql`${expression} in (select value from json_each(${list}))`,
  toElement: (value) => value,
  fromElement: (array, index) => sql`${array} ->> ${sql.raw(String(index))}`,
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined

/** Numbers with at most four decimals print exactly in 15 digits; others take 17, at the cost of another parse. */
const realJson = (column: SQL): SQL =>
  sql`iif(${column} is null or (abs(${column}) < 1e11 and cast(${column} * 1e4 + 0.5 as integer) / 1e4 = ${column}), ${column}, json(printf('%!.17g', ${column})))`

/** How SQLite stores, binds and renders each column type. Numbers keep all digits, although SQLite's JSON prints 15. */
const columnTypes: Record<FieldTypeName, ColumnSql> = {
  id: { ...plain, typed: typed("integer") },
  text: plain,
  integer: { ...plain, typed: typed("integer") },
  real: { ...plain, typed: typed("real"), json: realJson },
  boolean: {
    ...plain,
    typed: typed("integer"),
    json: (column) => sql`json(case ${column} when 1 then 'true' when 0 then 'false' else 'null' end)`,
    encode: (value) => (isSet(value) ? Number(value) : null),
  },
  timestamp: plain,
  json: {
    ...plain,
    json: (column) => sql`json(${column})`,
    encode: (value) => (isSet(value) ? JsonText.of(value) : null),
  },
}

/** How the dialect stores, binds and renders a column. */
export const columnSql = ({ type }: FieldSpec): ColumnSql => columnTypes[type]
