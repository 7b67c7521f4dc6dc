import { sql } from "drizzle-orm"
import { JsonText } from "../../../../lib/json-text.ts"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import type { Value } from "../../statement.ts"
import { readFromText, typed } from "./typed.ts"

const isSet = (value: unknown): boolean => value !== null && value !== undefined

/** JSON, as text that the driver takes as it is. Its null is none of SQL, and the same to a client. */
export const json = ({ sqlType = "json", inferred }: FieldSpec): ColumnSql => ({
  ...typed(sqlType),
  element: (column) => sql`${column}::text`,
  ...(inferred && { isNull: (column) => sql`(coalesce(${column}::text, 'null') = 'null')` }),
  encode: (value): Value => (isSet(value) ? JsonText.of(value) : null),
})

/** Bytes: base64 in JSON, hexadecimal digits as they are bound. `encode` puts a line feed after 76 characters. */
export const bytes = (): ColumnSql => ({
  ...typed("bytea"),
  // The driver would take text for bytes.
  bind: (param) => sql`${param}::text::bytea`,
  json: (column) => sql`replace(encode(${column}, 'base64'), chr(10), '')`,
  size: (column) => sql`octet_length(${column})`,
  encode: (value): Value =>
    isSet(value) ? `\\x${Buffer.from(value as string, "base64").toString("hex")}` : null,
})

/** A vector of pgvector, whose text is JSON. */
export const vector = ({ sqlType = "vector" }: FieldSpec): ColumnSql => ({
  ...readFromText(sqlType),
  json: (column) => sql`${column}::text::json`,
  encode: (value): Value => (isSet(value) ? JSON.stringify(value) : null),
})
