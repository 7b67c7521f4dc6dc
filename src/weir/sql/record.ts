import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { columnList, type RecordValues, type WrittenWith } from "../db/dialect/recording.ts"
import type { Statement } from "../db/dialect/statement.ts"
import { writeRecords } from "../db/dialect/write-records.ts"
import { LaterValue } from "../lib/later-value.ts"
import type { Values } from "../query/query.ts"
import { keyFields, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Viewer, ViewerKind } from "../resource/viewer.ts"
import { columnName, keyValues, tableOf } from "./columns.ts"
import { bound, compile, ownValues, type Plan, planOf, withValues } from "./plan.ts"
import { type ManyRows, recordOfMany } from "./record-many.ts"
import { keptKey, namedValues, recordBounds, recordedUpsert } from "./record-upsert.ts"
import { isWritten, type WrittenBy, writtenBy } from "./returned.ts"
import { wholeText, writerOf, writtenRow } from "./returning.ts"

/** A write of one row, as far as its record must know it. */
export interface RecordedWrite {
  resource: Resource
  verb: RecordValues["verb"]
  /** The key of the row. Absent for an insert. */
  key?: RowKey | undefined
  /** The encoded columns of an insert. */
  values?: Values | undefined
  upserted?: UpsertedBy
  /** The rows of an insert of many. */
  many?: ManyRows | undefined
  /** The record of how many rows it will change, with these values: SQLite's, where it may be any number. */
  counts?: ((values: Values) => Statement) | undefined
  statement: Statement
}

/** How the row of an upsert is found. */
export interface UpsertedBy {
  /** The columns of its unique key, and their values. */
  target: readonly string[]
  key: RowKey
  /** Whether it may leave a row as it is, and return none. */
  ignores: boolean
  /** The place of its row in the request. */
  position: number
}

/** The statements of a write and of its record, those before it apart: the first that comes after them is its own. */
export interface Written {
  before: Statement[]
  after: Statement[]
}

/**
 * The statements of a write that keeps a record of what it left, in its own transaction: none where it changed nothing; or
 * that fails there, where it is `required`.
 */
export function written(write: RecordedWrite, beside: WrittenWith, viewer: Viewer): Written {
  const { writtenWithin } = expressions
  const { resource, upserted, statement } = write
  const { record, required } = beside
  if (record && upserted) return recordedUpsert(resource, upserted, { statement, values: record, viewer })
  if (!record && required === undefined) return { before: [], after: [statement] }
  const { many, counts } = write
  const kept = many ? { places: JSON.stringify(many.places) } : counts ? "count" : undefined
  if (writtenWithin) return { before: [], after: [writtenWithin(statement, { ...beside, kept })] }
  const counted = record && counts?.(namedValues(record))
  const after = [
    statement,
    ...(required === undefined ? [] : [withValues(compileRequired(required), {})]),
    ...(record && !counted ? [recordOf(write, record, viewer)] : []),
  ]
  return { before: counted ? [counted] : [], after }
}

/** SQLite: fails where the statement before has changed no row. */
function compileRequired(write: number): Plan {
  return compile(sql`select ${missedWhereNone(write)} from (select changes() as n) as changed`)
}

/** A read that fails where it has no row; before its own columns stands one that says so. */
export function requiredRead(statement: Statement, step: number): Statement {
  const { text: check } = expressions.render(missedWhereNone(step))
  return {
    ...statement,
    text: `with "@read" as (${statement.text}) select "@checked".ok, "@read".* from (select ${check} as ok from (select count(*) as n from "@read") as "@counted") as "@checked" left join "@read" on 1 = 1`,
    isRead: true,
  }
}

const missedWhereNone = (step: number): SQL =>
  sql`case when n > 0 then 1 else ${expressions.failure("missed", sql`(n + ${sql.raw(String(step))})`)} end`

/** A statement that fails, and with it its transaction. */
export const undone = (): Statement =>
  withValues(compile(sql`select ${expressions.failure("undone", sql`n`)} from (select 1 as n) as one`), {})

function recordOf(write: RecordedWrite, values: RecordValues, viewer: Viewer): Statement {
  const { resource, verb, key, many } = write
  if (many) return recordOfMany(resource, many, values, viewer)
  const by = writtenBy(write)
  const shape = `record:${viewer.kind}:${verb}:${by}`
  const plan = planOf(resource, shape, () => compileRecord(resource, viewer.kind, verb, by))
  return withValues(plan, {
    ...(by === "values" ? write.values : {}),
    ...(key === undefined ? {} : keyValues(resource, key)),
    ...ownValues(viewer),
    ...namedValues(values),
  })
}

/** SQLite: the record of the row that the statement before has written, found by its key or as the last insert. */
function compileRecord(resource: Resource, kind: ViewerKind, verb: string, by: WrittenBy): Plan {
  const row = writtenRow(resource)
  const values = sql.join(recordBounds(), sql`, `)
  const into = sql`insert into ${writeRecords} (${sql.raw(columnList)})`
  if (verb === "delete") return compile(sql`${into} select ${values}, null, null where changes() > 0`)
  const viewer = writerOf(resource, kind, verb)
  return compile(
    sql`${into} select ${values}, ${wholeText(resource, row, viewer)}, ${keptKey(resource, row)} from ${tableOf(resource)} where ${isWritten(resource, by)} and changes() > 0`,
  )
}

/** The records of one request, in the order of its writes: `[request, verb, body, row_key, whether it still counts, position]`. */
export const compileRecords = (): Plan => ({
  ...compile(
    sql`select ${writeRecords.request}, ${writeRecords.verb}, ${expressions.sentText(sql`${writeRecords.body}`)}, ${expressions.sentText(sql`${writeRecords.row_key}`)}, case when ${writeRecords.expires_at} > ${expressions.now()} then 1 else 0 end, ${writeRecords.position} from ${writeRecords} where ${writeRecords.record} = ${bound("record")} order by ${writeRecords.position}`,
  ),
  bounded: true,
})

/** Keeps text as the body of a record. */
export function compileAnswer(): Plan {
  const names = ["id", "record", "position", "request", "verb", "body", "expires_at"] as const
  const columns = names.map((name) => sql`${sql.identifier(name)}`)
  return compile(
    sql`insert into ${writeRecords} (${sql.join(columns, sql`, `)}) values (${sql.join(names.map(bound), sql`, `)})`,
  )
}

/** Deletes the records of one request. */
export const compileForget = (): Plan =>
  compile(sql`delete from ${writeRecords} where ${writeRecords.record} = ${bound("record")}`)

/** Deletes a few records that have expired, but none that another transaction deletes. */
export const compileSweep = (): Plan =>
  compile(
    sql`delete from ${writeRecords} where ${writeRecords.id} in (select ${writeRecords.id} from ${writeRecords} where ${writeRecords.expires_at} <= ${expressions.now()} order by ${writeRecords.expires_at} limit 20${sql.raw(expressions.skippingLocked)})`,
  )

/**
 * The value of a column of a row that an earlier statement has written, which kept a record of it. `isMade`: whether that
 * statement has made the row.
 */
export function laterValue(
  resource: Resource,
  column: string,
  record: string,
  isMade = true,
): LaterValue<SQL> {
  const row = writtenRow(resource)
  const { fields } = resource
  const key = keyFields(resource)
  const same = key.map((field, i) => {
    const part = expressions.keyPart(sql`${writeRecords.row_key}`, key.length > 1 ? i : undefined)
    const value = sql`(select ${part} from ${writeRecords} where ${writeRecords.id} = ${record})`
    return sql`${row(field.name)} = ${field.type.sql.typed(value)}`
  })
  const own = columnName(resource, fields[column]?.name ?? column)
  const value = fields[column]?.type.sql.bindable?.(own) ?? own
  return new LaterValue(
    sql`(select ${value} from ${tableOf(resource)} where ${sql.join(same, sql` and `)})`,
    isMade ? { resource, column } : undefined,
  )
}
