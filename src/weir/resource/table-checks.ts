import { Column, is, SQL } from "drizzle-orm"
import { tableConfig } from "../db/dialect/names.ts"
import type { Resource } from "./resource.ts"

/** A CHECK of a table. */
export interface Check {
  name: string
  value: SQL
  /** The fields that it is about. */
  columns: string[]
}

const known = new WeakMap<object, Check[]>()

/** The checks that the schema gives a table. */
export function checksOf({ table, fields }: Pick<Resource, "table" | "fields">): Check[] {
  const found = known.get(fields)
  if (found) return found
  const checks = tableConfig(table).checks.map(({ name, value }) => {
    const columns = Object.values(fields).filter(({ column }) => mentions(value, column))
    return { name, value, columns: columns.map((field) => field.name) }
  })
  known.set(fields, checks)
  return checks
}

/** An expression with other expressions for its columns. */
export function withColumns(part: SQL, instead: (column: Column) => SQL): SQL {
  return new SQL(
    part.queryChunks.map((chunk) =>
      is(chunk, Column) ? instead(chunk) : is(chunk, SQL) ? withColumns(chunk, instead) : chunk,
    ),
  )
}

/** Whether an expression has a column in it. Postgres makes others of the columns for it, with the same names. */
const mentions = (part: unknown, column: Column): boolean =>
  (is(part, Column) && part.name === column.name) ||
  (is(part, SQL) && part.queryChunks.some((chunk) => mentions(chunk, column)))
