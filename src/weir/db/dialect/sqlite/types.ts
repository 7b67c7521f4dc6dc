import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldTypeName } from "../field.ts"

const plain: ColumnSql = {
  json: (column) => column,
  encode: (value) => (value ?? null) as string | number | null,
  typed: (value) => value,
  oneOf: (expression, list) => sql`${expression} in (select value from json_each(${list}))`,
  toElement: (value) => value,
  fromElement: (array, index) => sql`${array} ->> ${sql.raw(String(index))}`,
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined

/** Four decimals or fewer print exactly with 15 digits; the rest take 17 and one more parse. */
const realJson = (column: SQL): SQL =>
  sql`iif(${column} is null or (abs(${column}) < 1e11 and cast(${column} * 1e4 + 0.5 as integer) / 1e4 = ${column}), ${column}, json(printf('%!.17g', ${column})))`

/** One row per column type. Numbers keep every digit, although SQLite's own JSON stops at 15. */
export const columnTypes: Record<FieldTypeName, ColumnSql> = {
  id: plain,
  text: plain,
  integer: plain,
  real: { ...plain, json: realJson },
  boolean: {
    ...plain,
    json: (column) => sql`json(case ${column} when 1 then 'true' when 0 then 'false' else 'null' end)`,
    encode: (value) => (isSet(value) ? Number(value) : null),
  },
  timestamp: plain,
  json: {
    ...plain,
    json: (column) => sql`json(${column})`,
    encode: (value) => (isSet(value) ? JSON.stringify(value) : null),
  },
}
