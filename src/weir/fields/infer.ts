import type { Column } from "drizzle-orm"
import type { FieldSpec, FieldTypeName, ForeignTypeName } from "../db/dialect/field.ts"

/** The description of a column of any table; undefined where its type is not known. */
export function inferSpec(column: Column, named?: FieldTypeName | ForeignTypeName): FieldSpec | undefined {
  if (named) return { type: named as FieldTypeName }
  if (/Text|Varchar|UUID/.test(column.columnType)) return { type: "text", inferred: true }
  if (/Integer|Serial/.test(column.columnType)) return { type: "integer", inferred: true }
  return undefined
}
