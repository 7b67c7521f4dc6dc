import { Column, is, SQL, StringChunk } from "drizzle-orm"
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

/** Whether an expression is about a column: as such, or by its name in SQL that was written by hand. */
function mentions(part: unknown, column: Column): boolean {
  // Postgres makes others of the columns for checks, with the same names.
  if (is(part, Column)) return part.name === column.name
  if (is(part, SQL)) return part.queryChunks.some((chunk) => mentions(chunk, column))
  if (!is(part, StringChunk)) return false
  const names = part.value.join("").match(/[\p{L}_][\p{L}\p{N}_$]*/gu)
  return names?.some((name) => name === column.name) ?? false
}
