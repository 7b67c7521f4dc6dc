import { type SQL, sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import { conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerGuard, ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { withinQuota } from "./quota.ts"
import { returnedRow, writtenRow } from "./returning.ts"
import { tableOf, viewerSql } from "./where.ts"

/**
 * One row's insert: `[body, primary key, …foreign keys]`, as far as the viewer may see it. Values are bound by
 * column name. Who signs up sees its own row as that new viewer. No row where the guard does not hold. Fails where the
 * quota is used up.
 */
export function compileCreate(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  guard?: ViewerGuard,
): Plan {
  const row = writtenRow(resource)
  const signsUp = resource.holdsViewers && kind === "anonymous"
  const viewer: ViewerSql = signsUp ? { kind: "user", id: row(resource.key) } : viewerSql(kind)
  const names = columns.map((column) => sql`${sql.identifier(column)}`)
  const conditions = [guard?.where, withinQuota(resource, columns)].filter((part) => part !== undefined)
  const isSelect = conditions.length > 0
  const values = sql.join(
    columns.map((column) => (isSelect ? typedValue(resource, column) : bound(column))),
    sql`, `,
  )
  const rows = isSelect
    ? sql`select ${values} where ${sql.join(conditions, sql` and `)}`
    : sql`values (${values})`
  const source = columns.length ? sql`(${sql.join(names, sql`, `)}) ${rows}` : sql`default values`
  return compile(
    sql`insert into ${tableOf(resource)} ${source} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** A bound value with its type, which a select list does not give it. */
function typedValue(resource: Resource, column: string): SQL {
  const field = resource.fields[column]
  return field ? field.type.sql.typed(bound(column)) : bound(column)
}

/**
 * Whether a row of these values (bound by column name) may be created, for rules that look at the row: one
 * row if so, none if not. Undefined where no rule does. `chosen` are the fields that the client set.
 */
export function compileCreateCheck(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  chosen: string[],
): Plan | undefined {
  const viewer = viewerSql(kind)
  const row: RowSql = (column) => (columns.includes(column) ? typedValue(resource, column) : sql`null`)
  const fieldRules = chosen.map((column) => resource.fields[column]?.write?.(row, viewer) ?? false)
  const outcome = conjunction([resource.rules.create(row, viewer), ...fieldRules])
  return typeof outcome === "boolean"
    ? undefined
    : { ...compile(sql`select 1 where ${outcome}`), bounded: true }
}
