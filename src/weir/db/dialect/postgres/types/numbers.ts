import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { readFromText, typed } from "./typed.ts"

/** A whole number of any size: compared as a bigint, since an operand may be beyond the column's own range. */
export const integer = ({ inferred, sqlType = "bigint" }: FieldSpec): ColumnSql => ({
  ...typed("bigint"),
  ...(inferred && { bind: (param) => sql`${param}::bigint` }),
  ...(sqlType === "bigint" && {
    position: (column) => sql`${column}::text`,
    shows: (value) => value === null || Number.isSafeInteger(value),
  }),
})

/** A bigint as text, which keeps all its digits. */
export const bigint = (): ColumnSql => ({
  ...readFromText("bigint"),
  json: (column) => sql`${column}::text`,
})

/** The value, or null where it is NaN, which counts as the greatest, or infinite. */
const finite = (column: SQL, type: string, value: SQL): SQL => {
  const bound = (text: string) => sql.raw(`'${text}'::${type}`)
  return sql`case when ${column} > ${bound("-infinity")} and ${column} < ${bound("infinity")} then ${value} end`
}

/** The text of a numeric, or null where it is none or infinite. One with a precision is never infinite. */
function digits(column: SQL, precision: number | undefined): SQL {
  const number = sql`nullif(${column}::text, 'NaN')`
  return precision === undefined ? sql`nullif(nullif(${number}, 'Infinity'), '-Infinity')` : number
}

/** A numeric. Casts have no precision: they would round. */
export const decimal = ({ storage, precision }: FieldSpec): ColumnSql => ({
  ...readFromText("numeric"),
  json: (column) => (storage === "number" ? finite(column, "numeric", column) : digits(column, precision)),
  position: (column) => sql`${column}::text`,
  finite: (value) => finite(value, "numeric", value),
})

/** A floating point number. One of four bytes is compared with others of four bytes. */
export function real({ inferred, sqlType = "double precision" }: FieldSpec): ColumnSql {
  if (!inferred) return typed("double precision")
  return {
    ...readFromText(sqlType),
    json: (column) => finite(column, sqlType, column),
    position: (column) => sql`${column}::text`,
    finite: (value) => finite(value, sqlType, value),
  }
}
