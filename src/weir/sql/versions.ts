import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { rowHistory } from "../db/dialect/row-history.ts"
import { fieldType } from "../fields/types.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, not } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { hasKey, tableOf } from "./columns.ts"
import { historyValue, keyTextOf, versionColumn as of, ofRow, sinceWhen, versionText } from "./history.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import { writtenRow } from "./returning.ts"
import { sentText } from "./sent.ts"
import { viewerSql } from "./where.ts"

/** Names of the values that reads of versions bind. */
export const versionValue = {
  rowKey: historyValue.rowKey,
  number: "@number",
  limit: "@limit",
  at: "@at",
} as const

const alias = "@v"
const time = fieldType({ type: "timestamp" }).sql

/** The text of a bound key, as the row has it that the database finds by it: a key may be written otherwise, `1` for `1.0`. */
function rowKey(resource: Resource): SQL {
  const row = writtenRow(resource)
  const now = sql`select ${keyTextOf(resource, row)} from ${tableOf(resource)} where ${hasKey(resource, row)}`
  return sql`coalesce((${now}), ${bound(versionValue.rowKey)})`
}

/** The versions of the row whose key is bound. Who is no admin sees none from before the row was created last. */
function visible(resource: Resource, kind: ViewerKind): SQL {
  const key = rowKey(resource)
  const own = ofRow(resource, alias, key)
  if (isAdmin(kind)) return own
  const created = sql`select coalesce(max(${of("version", "@c")}), 0) from ${rowHistory} as "@c" where ${ofRow(resource, "@c", key)} and ${of("verb", "@c")} = 'insert'`
  return sql`${own} and ${of("version", alias)} >= (${created})`
}

const from = sql`from ${rowHistory} as ${sql.identifier(alias)}`

/**
 * A page of a row's versions below a number, the newest first: `[version, verb, time, viewer's id, row, bytes of all rows]` of
 * each. The rows are left out where their bytes are more than an answer's limit.
 */
export function compilePage(resource: Resource, kind: ViewerKind): Plan {
  const at = time.json(of("at", alias))
  const page = sql`${from} where ${visible(resource, kind)} and ${of("version", alias)} < ${bound(versionValue.number)} order by ${of("version", alias)} desc limit ${bound(versionValue.limit)}`
  const size = sql`select ${expressions.byteLength(of("was", alias))} as bytes ${page}`
  const bytes = sql`(select coalesce(sum(bytes), 0) from (${size}) as "@sizes")`
  const was = sql`case when ${bytes} <= ${bound(ownValue.answerLimit)} then ${of("was", alias)} end`
  return compile(
    sql`select ${of("version", alias)}, ${of("verb", alias)}, ${at}, ${of("by", alias)}, ${sentText(resource, was)}, ${bytes} ${page}`,
  )
}

/** One version by its number: `[row]`. */
export const compileVersion = (resource: Resource, kind: ViewerKind): Plan =>
  compile(
    sql`select ${sentText(resource, of("was", alias))} ${from} where ${visible(resource, kind)} and ${of("version", alias)} = ${bound(versionValue.number)}`,
  )

/** What a row was at a time: `[row]`, null where it was deleted. */
export function compileAsOf(resource: Resource, kind: ViewerKind): Plan {
  const at = of("at", alias)
  return compile(
    sql`select ${sentText(resource, of("was", alias))} ${from} where ${visible(resource, kind)} and (${at} is null or ${at} <= ${time.bind(bound(versionValue.at))}) order by ${of("version", alias)} desc limit 1`,
  )
}

/** A row that has no versions, where it was as it is at a time: `[row]`. */
export function compileUnchanged(resource: Resource): Plan {
  const row = writtenRow(resource)
  const since = sinceWhen(resource, row)
  const text = versionText(resource, row)
  const known = sql`select 1 ${from} where ${ofRow(resource, alias, rowKey(resource))}`
  const wasSo = since
    ? sql` and (${since} is null or ${since} <= ${time.bind(bound(versionValue.at))})`
    : sql``
  return compile(
    sql`select ${sentText(resource, text)} from ${tableOf(resource)} where ${hasKey(resource, row)} and not exists (${known})${wasSo}`,
  )
}

/** A row that is there and that an admin may not see, deleted or not: one row, or none. */
export function compileHidden(resource: Resource): Plan {
  const { softDelete, rules } = resource
  const row = writtenRow(resource)
  const hidden = not(softDelete?.read ?? rules.read)(row, viewerSql("admin"))
  const where = clause(conjunction([hasKey(resource, row), hidden]))
  return compile(sql`select 1 from ${tableOf(resource)} where ${where}`)
}
