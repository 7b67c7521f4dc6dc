import { sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { readFromText, typed } from "./typed.ts"

/** Text of any length. A cast to `varchar(3)` would cut it. Blanks that pad a `char(3)` are no part of the value. */
export function text({ sqlType, isEnum }: FieldSpec): ColumnSql {
  if (isEnum && sqlType) return readFromText(sqlType)
  if (sqlType === "bpchar") return { ...readFromText("bpchar"), json: (column) => sql`${column}::text` }
  // Such as citext, which compares in its own way.
  return sqlType && sqlType !== "text" ? readFromText(sqlType) : typed("text")
}

/** A value that the database alone understands. Its JSON is the text that the database prints. */
export const opaque = ({ sqlType = "text" }: FieldSpec): ColumnSql => readFromText(sqlType)
