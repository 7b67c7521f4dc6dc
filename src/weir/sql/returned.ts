import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/dialect/statement.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { byUniqueKey } from "../resource/upsert.ts"
import type { Viewer, ViewerKind } from "../resource/viewer.ts"
import { boundValue, hasKey, keyValues, tableOf } from "./columns.ts"
import { bound, compile, ownValue, ownValues, type Plan, planOf, withValues } from "./plan.ts"
import type { RecordedWrite } from "./record.ts"
import { type ManyRows, madeOfMany } from "./record-many.ts"
import { returnedKey, wholeText, writerOf, writtenRow } from "./returning.ts"
import { keyPlaces } from "./rows-of-keys.ts"
import { viewerSql } from "./where.ts"

/** How the row that a write has written is found right after it. */
export type WrittenBy = "key" | "values" | "number"

export function writtenBy({ resource, key, values }: RecordedWrite): WrittenBy {
  if (key !== undefined) return "key"
  const hasOwn = resource.keys.length > 0 && resource.keys.every((name) => values?.[name] !== undefined)
  return hasOwn ? "values" : "number"
}

/** SQLite: whether a row is the one that the statement before has written. */
export function isWritten(resource: Resource, by: WrittenBy): SQL {
  const row = writtenRow(resource)
  if (by === "key") return hasKey(resource, row)
  if (by === "number") return sql`${tableOf(resource)}._rowid_ = last_insert_rowid()`
  return sql.join(
    resource.keys.map((name) => sql`${row(name)} = ${boundValue(resource, name)}`),
    sql` and `,
  )
}

/** A write, and the values of the condition that its rows are found by. */
type ReturningWrite = RecordedWrite & { rows?: { values: Values } | undefined }

/**
 * SQLite: a read of what the statement before has returned of the rows that it wrote, without foreign keys. Undefined for a
 * write whose rows are not known.
 */
export function returnedOf(write: ReturningWrite, viewer: Viewer): (() => Statement) | undefined {
  const { resource, verb, key, upserted, many, rows } = write
  if (many) return () => returnedOfMany(resource, many, viewer)
  if (write.counts && rows)
    return () =>
      withValues(
        planOf(resource, "returned:count", () => compileCount(resource)),
        {
          [ownValue.rows]: rows.values[ownValue.rows] as string,
        },
      )
  if (verb === "delete")
    return () =>
      withValues(
        planOf(resource, "returned:delete", () => compile(sql`select 1 where changes() > 0`)),
        {},
      )
  const plan = (by: string, where: () => SQL): Plan =>
    planOf(resource, `returned:${viewer.kind}:${verb}:${by}`, () =>
      compileReturned(resource, viewer.kind, verb, where()),
    )
  const values = ownValues(viewer)
  if (upserted) {
    const { target } = upserted
    const isThat = () => hasKey(resource, writtenRow(resource), ownValue.key, target)
    const own = keyValues(byUniqueKey(resource, target), upserted.key)
    return () => withValues(plan(String(target), isThat), { ...values, ...own })
  }
  if (key === undefined && verb !== "insert") return undefined
  const by = writtenBy(write)
  const own = key === undefined ? write.values : keyValues(resource, key)
  return () =>
    withValues(
      plan(by, () => isWritten(resource, by)),
      { ...values, ...own },
    )
}

/**
 * As many rows as the statement before has written, of those whose keys are bound as `@rows`. Where the table has an index
 * for searches, SQLite counts what that writes: there, all are taken to be written that were found just before.
 */
const compileCount = ({ search }: Resource): Plan =>
  compile(
    sql`select 1 from ${expressions.elements(bound(ownValue.rows))}${search ? sql`` : sql` limit (select changes())`}`,
  )

function returnedOfMany(resource: Resource, { places, list, columns }: ManyRows, viewer: Viewer): Statement {
  const given = keyPlaces(resource, columns)
  const plan = planOf(resource, `returned:many:${viewer.kind}:${given}`, () => {
    const row = writtenRow(resource)
    return compile(
      sql`select ${wholeText(resource, row, viewerSql(viewer.kind))}, ${returnedKey(resource, row)} from ${madeOfMany(resource, given)}`,
    )
  })
  return withValues(plan, { "@places": JSON.stringify(places), "@list": list, ...ownValues(viewer) })
}

function compileReturned(resource: Resource, kind: ViewerKind, verb: string, where: SQL): Plan {
  const row = writtenRow(resource)
  const viewer = writerOf(resource, kind, verb)
  return compile(
    sql`select ${wholeText(resource, row, viewer)}, ${returnedKey(resource, row)}, 1 from ${tableOf(resource)} where ${where} and changes() > 0`,
  )
}
