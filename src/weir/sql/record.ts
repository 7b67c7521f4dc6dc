import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { columnList, type RecordValues, valuesInOrder } from "../db/dialect/recording.ts"
import type { Statement } from "../db/dialect/statement.ts"
import { writeRecords } from "../db/dialect/write-records.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Viewer, ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { boundValue, hasKey, keyValues, tableOf } from "./columns.ts"
import { bound, compile, ownValue, type Plan, planOf, withValues } from "./plan.ts"
import { returnedKeys, wholeText, writtenRow } from "./returning.ts"
import { viewerSql } from "./where.ts"

/** A write of one row, as far as its record must know it. */
export interface RecordedWrite {
  resource: Resource
  verb: RecordValues["verb"]
  /** The key of the row. Absent for an insert. */
  key?: RowKey | undefined
  /** The encoded columns of an insert. */
  values?: Values | undefined
  statement: Statement
}

/** Who an insert shows its row to: who signs up sees it as that new viewer. */
export const writerOf = (resource: Resource, kind: ViewerKind, verb: string): ViewerSql =>
  verb === "insert" && resource.holdsViewers && kind === "anonymous"
    ? { kind: "user", id: writtenRow(resource)(resource.keys[0] as string) }
    : viewerSql(kind)

/**
 * The statements of a write that keep a record of what it left, in its own transaction: none where it changed nothing. The
 * first has the rows of the write.
 */
export function recorded(write: RecordedWrite, values: RecordValues, viewer: Viewer): Statement[] {
  const { recordedWithin } = expressions
  const { resource, verb, key, statement } = write
  if (recordedWithin) return [recordedWithin(statement, values)]
  const own = key === undefined && resource.keys.every((name) => write.values?.[name] !== undefined)
  const by = key !== undefined ? "key" : own && resource.keys.length ? "values" : "number"
  const shape = `record:${viewer.kind}:${verb}:${by}`
  const plan = planOf(resource, shape, () => compileRecord(resource, viewer.kind, verb, by))
  const record = valuesInOrder(values).map((value, i) => [recordValue(i), value])
  return [
    statement,
    withValues(plan, {
      ...(by === "values" ? write.values : {}),
      ...(key === undefined ? {} : keyValues(resource, key)),
      [ownValue.viewer]: viewer.id,
      ...Object.fromEntries(record),
    }),
  ]
}

const recordValue = (i: number): string => `@record${i}`

/** SQLite: the record of the row that the statement before has written, found by its key or as the last insert. */
function compileRecord(
  resource: Resource,
  kind: ViewerKind,
  verb: string,
  by: "key" | "values" | "number",
): Plan {
  const row = writtenRow(resource)
  const values = sql.join(
    Array.from({ length: 6 }, (_, i) => bound(recordValue(i))),
    sql`, `,
  )
  const into = sql`insert into ${writeRecords} (${sql.raw(columnList)})`
  if (verb === "delete") return compile(sql`${into} select ${values}, null, null where changes() > 0`)
  const same = {
    key: () => hasKey(resource, row),
    values: () =>
      sql.join(
        resource.keys.map((name) => sql`${row(name)} = ${boundValue(resource, name)}`),
        sql` and `,
      ),
    number: () => sql`${tableOf(resource)}._rowid_ = last_insert_rowid()`,
  }[by]()
  const viewer = writerOf(resource, kind, verb)
  const [key] = [returnedKeys({ ...resource, references: new Set() }, row)]
  return compile(
    sql`${into} select ${values}, ${wholeText(resource, row, viewer)}, json_quote(${key}) from ${tableOf(resource)} where ${same} and changes() > 0`,
  )
}

/** The records of one request, in the order of its writes: `[request, verb, body, row_key, whether it still counts]`. */
export const compileRecords = (): Plan => ({
  ...compile(
    sql`select ${writeRecords.request}, ${writeRecords.verb}, ${writeRecords.body}, ${writeRecords.row_key}, case when ${writeRecords.expires_at} > ${expressions.now()} then 1 else 0 end from ${writeRecords} where ${writeRecords.record} = ${bound("record")} order by ${writeRecords.position}`,
  ),
  bounded: true,
})

/** Deletes the records of one request. */
export const compileForget = (): Plan =>
  compile(sql`delete from ${writeRecords} where ${writeRecords.record} = ${bound("record")}`)

/** Deletes a few records that have expired, but none that another transaction deletes. */
export const compileSweep = (): Plan =>
  compile(
    sql`delete from ${writeRecords} where ${writeRecords.id} in (select ${writeRecords.id} from ${writeRecords} where ${writeRecords.expires_at} <= ${expressions.now()} order by ${writeRecords.expires_at} limit 20${sql.raw(expressions.skippingLocked)})`,
  )
