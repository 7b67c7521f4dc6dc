import { type SQL, sql } from "drizzle-orm"

/**
 * A text of a result that may hold what is no UTF-8. SQLite has it as text by the type's name; drivers of libSQL, which
 * ends its process at such text, read it as bytes: `libsql-sent.ts`.
 */
export const sentText = (text: SQL): SQL => sql`cast(${text} as utf8_text)`

/** The value, of a long text no more than its beginning. */
export const shortText = (value: SQL, characters: number): SQL =>
  sql`iif(typeof(${value}) = 'text' and octet_length(${value}) > ${sql.raw(String(characters))}, substr(${value}, 1, ${sql.raw(String(characters))}), ${value})`
