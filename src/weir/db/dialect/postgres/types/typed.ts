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
 * A column whose values are bound as text, which the driver sends as it is and the type's own input reads. The parameter
 * has that type, since a cast of text would be made for each row that a statement looks at.
 */
export const readFromText = (name: string): ColumnSql => ({
  ...typed(name),
  bind: (param) => sql`${param}::${sql.raw(name)}`,
})
