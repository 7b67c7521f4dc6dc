import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { columnList, type RecordValues, valuesInOrder } from "../db/dialect/recording.ts"
import type { Statement } from "../db/dialect/statement.ts"
import { writeRecords } from "../db/dialect/write-records.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import type { Viewer, ViewerKind } from "../resource/viewer.ts"
import { hasKey, keyValues, tableOf } from "./columns.ts"
import { bound, compile, ownValue, ownValues, planOf, withValues } from "./plan.ts"
import type { UpsertedBy, Written } from "./record.ts"
import { returnedKey, sentKey, wholeText, writtenRow } from "./returning.ts"
import { sentText } from "./sent.ts"
import { viewerSql } from "./where.ts"

/** The names of a record's values, which are bound in the order of its columns. */
export const recordValue = (i: number): string => `@record${i}`
export const recordBounds = (): SQL[] => Array.from({ length: 6 }, (_, i) => bound(recordValue(i)))

/** The values of a record by these names. */
export const namedValues = (values: RecordValues): Values =>
  Object.fromEntries(valuesInOrder(values).map((value, i) => [recordValue(i), value]))

/** SQLite: a row's key as its record keeps it. One of several columns is kept as it is returned, as text. */
export function keptKey(resource: Resource, row: RowSql): SQL {
  const key = returnedKey(resource, row)
  return sql`json_quote(${resource.keys.length > 1 ? sql`${key} || ''` : key})`
}

interface Upserting {
  statement: Statement
  values: RecordValues
  viewer: Viewer
}

/**
 * The statements of an upsert that keep a record of its row, be it made, changed or left as it was. On SQLite, the record
 * says what the upsert will be before there is its row.
 */
export function recordedUpsert(
  resource: Resource,
  { target, key, ignores }: UpsertedBy,
  { statement, values: given, viewer }: Upserting,
): Written {
  const { writtenWithin } = expressions
  const values = { ...given, verb: "update" }
  const bounds = {
    ...namedValues(values),
    ...keyValues(byUniqueKey(resource, target), key),
    ...ownValues(viewer),
  }
  const planned = (part: "before" | "after" | "found"): Statement => {
    const shape = `record:upsert:${part}:${viewer.kind}:${target}`
    return withValues(
      planOf(resource, shape, () => compile(texts[part](resource, viewer.kind, target))),
      bounds,
    )
  }
  if (!writtenWithin) return { before: [planned("before")], after: [statement, planned("after")] }
  const own = writtenWithin(statement, { record: values, upserts: true })
  return { before: [], after: ignores ? [own, writtenWithin(planned("found"), { record: values })] : [own] }
}

type Target = readonly string[]

/** The row of the unique key that is bound, as an upsert returns it. */
function rowOf(resource: Resource, kind: ViewerKind, target: Target) {
  const row = writtenRow(resource)
  const body = wholeText(resource, row, viewerSql(kind))
  const key = sentKey(resource, row)
  return { body, key, from: sql`${tableOf(resource)} where ${hasKey(resource, row, ownValue.key, target)}` }
}

const texts = {
  before(resource: Resource, kind: ViewerKind, target: Target): SQL {
    const { from } = rowOf(resource, kind, target)
    const values = recordBounds()
    values[4] = sql`case when exists (select 1 from ${from}) then ${values[4]} else 'insert' end`
    return sql`insert into ${writeRecords} (${sql.raw(columnList)}) select ${sql.join(values, sql`, `)}, null, null`
  },
  after(resource: Resource, kind: ViewerKind, target: Target): SQL {
    const { body, from } = rowOf(resource, kind, target)
    return sql`update ${writeRecords} set ("body", "row_key") = (select ${body}, ${keptKey(resource, writtenRow(resource))} from ${from}) where ${writeRecords.id} = ${bound(recordValue(0))}`
  },
  /** The row, where there is no record of it: it was left as it was. */
  found(resource: Resource, kind: ViewerKind, target: Target): SQL {
    const { body, key, from } = rowOf(resource, kind, target)
    return sql`select ${sentText(resource, body)}, ${key} from ${from} and not exists (select 1 from ${writeRecords} where ${writeRecords.id} = ${bound(recordValue(0))})`
  },
}
