import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../column-sql.ts"

/**
 * A text of a result that may hold what is no UTF-8. SQLite has it as text by the type's name; drivers of libSQL, which
 * ends its process at such text, read it as bytes: `libsql-sent.ts`.
 */
export const sentText = (text: SQL): SQL => sql`cast(${text} as utf8_text)`

/** The bytes of a text, of which drivers read what is no UTF-8 as U+FFFD. */
export const exactText = (text: SQL): SQL => sql`hex(${text})`

/** The value, of a long text no more than its beginning. */
export const shortText = (value: SQL, characters: number): SQL =>
  sql`iif(typeof(${value}) = 'text' and octet_length(${value}) > ${sql.raw(String(characters))}, substr(${value}, 1, ${sql.raw(String(characters))}), ${value})`

/**
 * The values of a cursor with texts cut before what is no text in the database, which is looked up by the row's key: the
 * last `keys` of them.
 */
export const cutAtOdd = <T>(
  position: T[],
  sort: { field: { type: { sql: ColumnSql } } }[],
  keys: number,
): (T | [string])[] =>
  position.map((value, i) =>
    typeof value === "string" &&
    value.includes("\ufffd") &&
    i < position.length - keys &&
    sort[i]?.field.type.sql.stored
      ? [value.slice(0, value.indexOf("\ufffd"))]
      : value,
  )
