import { type SQL, sql } from "drizzle-orm"

/** Undefined: a statement can keep account of itself, by a table of its own. */
export const lastWrite: { rows: SQL; lastRow: SQL } | undefined = undefined

/** The time of a statement. That of its transaction may be before the one whose lock it waited for. */
export const moment = (): SQL => sql`date_trunc('milliseconds', clock_timestamp())`

/** Now, or since when a row is as it is, which was a moment ago; never before another time. Any of these may be null. */
export const notBefore = (since: SQL, before: SQL): SQL =>
  sql`greatest(least(${moment()}, date_trunc('milliseconds', (${since})::timestamptz)), ${before})`

/** A whole number from 0 to below another, by chance. */
export const anyBelow = (limit: SQL): SQL => sql`floor(random() * (${limit}))::bigint`

/** A value as the text that it is in JSON: a cast would add to an inet the bits of its network. */
export const textInJson = (value: SQL): SQL => sql`(to_json(${value}) #>> '{}')`

/** Text as JSON. */
export const jsonOf = (text: SQL): SQL => sql`${text}::json`
