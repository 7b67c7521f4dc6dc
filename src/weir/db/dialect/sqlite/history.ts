import { type SQL, sql } from "drizzle-orm"

/** What the write before a statement has changed. Undefined where a statement can keep account of itself. */
export const lastWrite: { rows: SQL; lastRow: SQL } | undefined = {
  rows: sql`(select changes())`,
  lastRow: sql`(select last_insert_rowid())`,
}

/** The time of a statement. */
export const moment = (): SQL => sql`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

/** A whole number from 0 to below another, by chance. */
export const anyBelow = (limit: SQL): SQL => sql`abs(random() % (${limit}))`

/** Text as JSON. */
export const jsonOf = (text: SQL): SQL => text
