import { sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"
import type { Value } from "../../statement.ts"

/** A column of the SQL type `name`. */
export function typed(name: string): ColumnSql {
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

/**
 * A column whose values are bound as text, which the type's own input reads: the driver would write some in its own
 * way, by the type that the server tells it.
 */
export const readFromText = (name: string): ColumnSql => ({
  ...typed(name),
  bind: (param) => sql`${param}::text::${sql.raw(name)}`,
})
