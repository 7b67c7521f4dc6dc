import { type SQL, sql } from "drizzle-orm"
import { arrayLiteral } from "../../array-literal.ts"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import type { Value } from "../../statement.ts"
import { typed } from "./typed.ts"

/** How deep arrays may nest whose elements are rendered one by one. Deeper ones are as Postgres prints them. */
const deepest = 3

/** An array of any type. Its literal, which an operand of `contains` is already, has elements as their types read them. */
export function array({ sqlType = "text[]", dimensions = 1 }: FieldSpec, element: ColumnSql): ColumnSql {
  return {
    ...typed(sqlType),
    // The driver would write a text for an array of some types anew.
    bind: (param) => sql`${param}::text::${sql.raw(sqlType)}`,
    json: (column) => rendered(column, element),
    element: (column) => sql`${column}::text`,
    // An array of varchar is compared as one of text: it has no operator of its own.
    contains: (column, elements) =>
      sqlType.startsWith("text[")
        ? sql`${column}::${sql.raw(sqlType)} @> ${elements}`
        : sql`${column} @> ${elements}`,
    encode: (value): Value =>
      Array.isArray(value) ? arrayLiteral(value, dimensions, element.encode) : ((value ?? null) as Value),
  }
}

/** An array as JSON, each element as its own type has it. What an array nests like is its own, not the column's. */
function rendered(column: SQL, element: ColumnSql): SQL {
  const probe = sql`x`
  if (element.json(probe) === probe) return column
  const nested = Array.from(
    { length: deepest },
    (_, i) => sql`when ${sql.raw(String(i + 1))} then ${level(column, element, i + 1)}`,
  )
  return sql`case array_ndims(${column}) ${sql.join(nested, sql` `)} else to_json(${column}) end`
}

/** The JSON of an array that nests `depth` deep. */
function level(column: SQL, element: ColumnSql, depth: number, above: string[] = []): SQL {
  const index = `@${above.length + 1}`
  const indexes = [...above, index]
  const at = (name: string) => sql`${sql.identifier(name)}`
  const place = sql`(${column})${sql.join(indexes.map((name) => sql`[${at(name)}]`))}`
  const value = depth === 1 ? element.json(place) : level(column, element, depth - 1, indexes)
  const dimension = sql.raw(String(indexes.length))
  return sql`(select json_agg(${value} order by ${at(index)}) from generate_subscripts(${column}, ${dimension}) as ${at(index)})`
}
