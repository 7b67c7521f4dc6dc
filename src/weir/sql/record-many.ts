import { type SQL, sql } from "drizzle-orm"
import { expressions, historySql } from "../db/dialect/expressions.ts"
import { columnList, type RecordValues } from "../db/dialect/recording.ts"
import type { Statement } from "../db/dialect/statement.ts"
import { writeRecords } from "../db/dialect/write-records.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Viewer, ViewerKind } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { madeRows } from "./history.ts"
import { bound, compile, ownValues, type Plan, planOf, withValues } from "./plan.ts"
import { keptKey, namedValues, recordBounds } from "./record-upsert.ts"
import { wholeText, writtenRow } from "./returning.ts"
import { keyPlaces } from "./rows-of-keys.ts"
import { viewerSql } from "./where.ts"

/** Rows that one statement inserts, as their record must know them. */
export interface ManyRows {
  /** Their places in the request. */
  places: number[]
  /** Their values, as a JSON array of arrays, and the columns of these. */
  list: string
  columns: string[]
}

const into = (values: SQL): SQL => sql`insert into ${writeRecords} (${sql.raw(columnList)}) select ${values}`

/** SQLite: the record of how many rows of a condition the statement after will change. After it, an index has its own changes. */
export const compileCount = (resource: Resource, condition: SQL): Plan =>
  compile(
    sql`${into(sql`${sql.join(recordBounds(), sql`, `)}, cast(count(*) as text), null`)} from ${tableOf(resource)} where ${condition}`,
  )

/** SQLite: the record of the rows that the statement before has inserted, in their order. */
export function recordOfMany(
  resource: Resource,
  { places, list, columns }: ManyRows,
  values: RecordValues,
  viewer: Viewer,
): Statement {
  const given = keyPlaces(resource, columns)
  const plan = planOf(resource, `record:many:${viewer.kind}:${given}`, () =>
    compileRecord(resource, viewer.kind, given),
  )
  const own = { ...namedValues(values), "@places": JSON.stringify(places), "@list": list }
  return withValues(plan, { ...own, ...ownValues(viewer) })
}

function compileRecord(resource: Resource, kind: ViewerKind, given: number[] | undefined): Plan {
  const row = writtenRow(resource)
  const rows = sql`select ${wholeText(resource, row, viewerSql(kind))} as "@body", ${keptKey(resource, row)} as "@key" from ${madeOfMany(resource, given)}`
  const body = sql`'[' || ${bound("@places")} || ',' || json_group_array("@body" || '') || ']'`
  return compile(
    sql`${into(sql`${sql.join(recordBounds(), sql`, `)}, ${body}, json_group_array(json("@key"))`)} from (${rows}) as "@rows"`,
  )
}

/** SQLite: the rows that the statement before has inserted, in their order: those of `@list`, or as many of the last numbers as `@places` has. */
export function madeOfMany(resource: Resource, given: number[] | undefined): SQL {
  const row = writtenRow(resource)
  const { lastWrite } = historySql
  const table = tableOf(resource)
  const same = keyFields(resource).map(
    ({ name, type }, i) => sql`${row(name)} = ${type.sql.fromElement(sql`value`, given?.[i] ?? i)}`,
  )
  return given
    ? sql`${expressions.elements(bound("@list"))} cross join ${table} on ${sql.join(same, sql` and `)}`
    : sql`${table} where ${lastWrite ? madeRows.byCount(resource, lastWrite) : sql`1 = 1`} order by ${expressions.rowNumber(table)}`
}
