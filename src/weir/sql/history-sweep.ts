import { sql } from "drizzle-orm"
import { expressions, historySql } from "../db/dialect/expressions.ts"
import { rowHistory } from "../db/dialect/row-history.ts"
import type { Resource } from "../resource/resource.ts"
import { aliased, historyValue, ofRow, own, pendingName, tableName } from "./history.ts"
import { bound, compile, type Plan } from "./plan.ts"

const { anyBelow } = historySql

/** Versions that a sweep looks at, and those of them that it deletes at the most. */
const looked = 50
const swept = 20

/**
 * Deletes what was noted of rows that were not written. `sweeps`: and of some versions, taken by chance, those that
 * others replaced before the cutoff.
 */
export function compileSweep(resource: Resource, sweeps: boolean): Plan {
  const pending = sql`${own("table_name")} = ${pendingName(resource)}`
  if (!sweeps) return compile(sql`delete from ${rowHistory} where ${pending}`)
  const start = sql`(select ${anyBelow(sql`coalesce(max(${own("id")}), 0) + 1`)} - ${sql.raw(`${looked}`)} from ${rowHistory})`
  const some = sql`select ${own("id")} from ${rowHistory} where ${own("id")} > ${start} order by ${own("id")} limit ${sql.raw(`${looked}`)}`
  const next = sql`select 1 from ${aliased("@o")} where ${ofRow(resource, "@o", own("row_key", "@s"))} and ${own("version", "@o")} > ${own("version", "@s")} and ${own("at", "@o")} < ${bound(historyValue.cutoff)}`
  // Those that another transaction deletes are left to it.
  const old = sql`select ${own("id", "@s")} from ${aliased("@s")} where ${own("id", "@s")} in (${some}) and ${own("table_name", "@s")} = ${tableName(resource)} and exists (${next}) limit ${sql.raw(`${swept}${expressions.skippingLocked}`)}`
  return compile(sql`delete from ${rowHistory} where ${pending} or ${own("id")} in (${old})`)
}
