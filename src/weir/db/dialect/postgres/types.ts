import { sql } from "drizzle-orm"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldTypeName } from "../field.ts"
import type { Value } from "../statement.ts"

/** A column of that SQL type. */
function typed(name: string): ColumnSql {
  const type = sql.raw(name)
  return {
    json: (column) => column,
    encode: (value) => (value ?? null) as Value,
    typed: (value) => sql`${value}::${type}`,
    oneOf: (expression, list) =>
      sql`${expression} in (select value::${type} from json_array_elements_text(${list}::text::json))`,
    toElement: (value) => value,
    fromElement: (array, index) => sql`(${array} ->> ${sql.raw(String(index))})::${type}`,
  }
}

/** One row per column type. */
export const columnTypes: Record<FieldTypeName, ColumnSql> = {
  id: typed("bigint"),
  text: typed("text"),
  integer: typed("bigint"),
  real: typed("double precision"),
  boolean: typed("boolean"),
  timestamp: {
    ...typed("timestamptz"),
    // Postgres itself would write `+00:00` and drop trailing zeros.
    json: (column) => sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  },
  json: {
    ...typed("json"),
    // postgres.js does not take a boolean, or a list that begins with one, for JSON; an object it always does.
    encode: (value) => (value === null || value === undefined ? null : ({ toJSON: () => value } as never)),
    // Text, so that the JSON value null is not the column's null.
    toElement: (value) => (value === null ? null : JSON.stringify(value)),
  },
}
