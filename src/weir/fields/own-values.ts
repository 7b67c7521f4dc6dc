import type { Column, SQL } from "drizzle-orm"
import type { FieldSpec } from "../db/dialect/field.ts"
import type { Value } from "../db/dialect/statement.ts"

/** A value that the team's code makes, in Drizzle's terms, as the driver binds it. */
export function encodeOwn(column: Column, _spec: FieldSpec, value: unknown): Value | SQL {
  return column.mapToDriverValue(value) as Value | SQL
}
