import { type SQL, sql } from "drizzle-orm"

/** What the write before a statement has changed. Undefined where a statement can keep account of itself. */
export const lastWrite: { rows: SQL; lastRow: SQL } | undefined = {
  rows: sql`(select changes())`,
  lastRow: sql`(select last_insert_rowid())`,
}

/** The time of a statement. */
export const moment = (): SQL => sql`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

/** Now, or since when a row is as it is, which was a moment ago; never before another time. Any of these may be null. */
export const notBefore = (since: SQL, before: SQL): SQL =>
  sql`max(min(${moment()}, coalesce(${since}, ${moment()})), coalesce(${before}, ''))`

/** A whole number from 0 to below another, by chance. */
export const anyBelow = (limit: SQL): SQL => sql`abs(random() % (${limit}))`

/** A value as the text that it is in JSON. */
export const textInJson = (value: SQL): SQL => sql`cast(${value} as text)`

/** Text as JSON. */
export const jsonOf = (text: SQL): SQL => text
