import { sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"

/** A column of that affinity. */
export const typed = (affinity: "integer" | "real" | "text" | "numeric"): ColumnSql => ({
  json: (column) => column,
  encode: (value) => (value ?? null) as string | number | null,
  bind: (param) => param,
  // A parameter has no affinity: without it, 1000 <= '50' holds, as it does not for a column.
  typed: (value) => sql`cast(${value} as ${sql.raw(affinity)})`,
  oneOf: (expression, list) => sql`${expression} in (select value from json_each(${list}))`,
  toElement: (value) => value,
  fromElement: (array, index) => sql`${array} ->> ${sql.raw(String(index))}`,
})

/** A column of values that are bound as text, of which the expression `from` makes them. */
export const madeFromText = (from: ColumnSql["bind"]): ColumnSql => ({
  ...typed("text"),
  bind: from,
  typed: (value) => value,
  oneOf: (expression, list) => sql`${expression} in (select ${from(sql`value`)} from json_each(${list}))`,
  fromElement: (array, index) => from(sql`(${array} ->> ${sql.raw(String(index))})`),
})
