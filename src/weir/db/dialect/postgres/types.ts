import { sql } from "drizzle-orm"
import { JsonText } from "../../../lib/json-text.ts"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec, FieldTypeName } from "../field.ts"
import type { Value } from "../statement.ts"

/** A column of the SQL type `name`. */
function typed(name: string): ColumnSql {
  const type = sql.raw(name)
  return {
    json: (column) => column,
    encode: (value) => (value ?? null) as Value,
    bind: (param) => param,
    typed: (value) => sql`${value}::${type}`,
    oneOf: (expression, list) =>
      sql`${expression} in (select value::${type} from json_array_elements_text(${list}::text::json))`,
    toElement: (value) => value,
    fromElement: (array, index) => sql`(${array} ->> ${sql.raw(String(index))})::${type}`,
  }
}

/** How Postgres stores, binds and renders each column type. */
const columnTypes: Record<FieldTypeName, ColumnSql> = {
  id: typed("bigint"),
  text: typed("text"),
  integer: typed("bigint"),
  real: typed("double precision"),
  boolean: typed("boolean"),
  timestamp: {
    ...typed("timestamptz"),
    // By default, Postgres renders `+00:00` and drops trailing zeros. It would look up a zone by its name each time.
    json: (column) => sql`to_char(${column} at time zone interval '0', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  },
  json: {
    ...typed("json"),
    encode: (value) => (value === null || value === undefined ? null : JsonText.of(value)),
  },
}

/** How the dialect stores, binds and renders a column. */
export const columnSql = ({ type }: FieldSpec): ColumnSql => columnTypes[type]
