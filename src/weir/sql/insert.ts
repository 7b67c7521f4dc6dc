import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import {
  clause,
  conjunction,
  type Guard,
  type RowSql,
  type ViewerKind,
  type ViewerSql,
} from "../resource/rules.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { rowObject } from "./row.ts"
import { rowShape } from "./select.ts"
import { Aliases, tableOf, viewerSql } from "./where.ts"

const whole = { fields: undefined, filters: [], includes: [] }
const rowOf =
  (resource: Resource): RowSql =>
  (column) =>
    sql`${tableOf(resource)}.${sql.identifier(column)}`

/**
 * One row's insert: `[body, primary key, …references]`, as far as the viewer may see it. Values are bound by column name.
 * Who makes itself a viewer (signs up) sees its own row as such. No row where a guard does not hold.
 */
export function compileCreate(resource: Resource, kind: ViewerKind, columns: string[], guard?: Guard): Plan {
  const row = rowOf(resource)
  const signsUp = resource.options.viewers === true && kind === "anonymous"
  const viewer: ViewerSql = signsUp ? { kind: "user", id: row(resource.key) } : viewerSql(kind)
  const names = columns.map((column) => sql`${sql.identifier(column)}`)
  const values = sql.join(
    columns.map((column) => (guard ? typedValue(resource, column) : bound(column))),
    sql`, `,
  )
  const rows = guard ? sql`select ${values} where ${guard.where}` : sql`values (${values})`
  const given = columns.length ? sql`(${sql.join(names, sql`, `)}) ${rows}` : sql`default values`
  return compile(sql`insert into ${tableOf(resource)} ${given} returning ${returned(resource, row, viewer)}`)
}

/** A bound value with its type, which a select list does not give it. */
function typedValue(resource: Resource, column: string): SQL {
  const field = resource.fields[column]
  return field ? expressions.typed(field.spec, bound(column)) : bound(column)
}

/**
 * Whether a row of these values (bound by column name) may be created, for rules that look at the row: one
 * row if so, none if not. Undefined where no rule does. `given` are the fields that the client has set.
 */
export function compileCreateCheck(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  given: string[],
): Plan | undefined {
  const viewer = viewerSql(kind)
  const row: RowSql = (column) => (columns.includes(column) ? typedValue(resource, column) : sql`null`)
  const fieldRules = given.map((column) => resource.fields[column]?.write?.(row, viewer) ?? false)
  const outcome = conjunction([resource.rules.create(row, viewer), ...fieldRules])
  return typeof outcome === "boolean" ? undefined : compile(sql`select 1 where ${outcome}`)
}

/**
 * One row's update: `[body, primary key, …references]`, or no row where none of that id (bound as `id`) is the viewer's to change.
 * A field's own rule joins the row's.
 */
export function compileUpdate(resource: Resource, kind: ViewerKind, columns: string[]): Plan {
  const row = rowOf(resource)
  const viewer = viewerSql(kind)
  const sets = columns.map((column) => sql`${sql.identifier(column)} = ${bound(column)}`)
  for (const field of Object.values(resource.fields))
    if (field.spec.auto === "updated") sets.push(sql`${sql.identifier(field.name)} = ${expressions.now()}`)
  const fieldRules = columns.map((column) => resource.fields[column]?.write?.(row, viewer) ?? false)
  const where = conjunction([
    reachable(resource, row, viewer),
    resource.rules.update(row, viewer),
    ...fieldRules,
  ])
  return compile(
    sql`update ${tableOf(resource)} set ${sql.join(sets, sql`, `)} where ${clause(where)} returning ${returned(resource, row, viewer)}`,
  )
}

/** One row's delete: `[1, primary key, …references]` where it was deleted, none where none of that id is the viewer's to delete. */
export function compileDelete(resource: Resource, kind: ViewerKind): Plan {
  const row = rowOf(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([reachable(resource, row, viewer), resource.rules.delete(row, viewer)])
  return compile(
    sql`delete from ${tableOf(resource)} where ${clause(where)} returning 1, ${keys(resource, row)}`,
  )
}

// The primary key is always part of the predicate, so that no rule can make a write touch a whole table.
const reachable = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  clause(conjunction([sql`${row(resource.key)} = ${bound("id")}`, resource.rules.read(row, viewer)]))

function returned(resource: Resource, row: RowSql, viewer: ViewerSql): SQL {
  const shape = rowShape(resource, whole, row, viewer, new Aliases())
  return sql`${expressions.jsonText(rowObject(shape))}, ${keys(resource, row)}`
}

/** The primary key of a row, and what it refers to: what the write is told by. */
const keys = (resource: Resource, row: RowSql): SQL =>
  sql.join([resource.key, ...resource.references].map(row), sql`, `)
