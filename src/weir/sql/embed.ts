import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { JoinedTable, Rows } from "../db/dialect/page.ts"
import { type Include, type Selection, wholeRow } from "../query/query.ts"
import { isKey, keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { gated } from "./answer-bytes.ts"
import { rowKey, tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import { filtered, related } from "./filters.ts"
import { membersOf } from "./json-members.ts"
import { bound } from "./plan.ts"
import { asJson, type Rendering } from "./rendering.ts"
import { type RowShape, visibleMembers } from "./row.ts"
import { countMember } from "./row-counts.ts"
import { orderBy, sortExpressions } from "./sort.ts"
import { versionMember } from "./version.ts"
import type { Aliases } from "./where.ts"

/** What all parts of one statement share. */
export interface Context {
  viewer: ViewerSql
  aliases: Aliases
  rendering: Rendering
  /** A condition on the whole statement: whatever costs much is read only where it holds. */
  gate?: SQL | undefined
}

/** A source of rows, whose embeds may be joined to it. */
export interface Source {
  /** The values of a column in all of its rows, as a subselect. */
  valuesOf(column: string): SQL
  /** Joins that embed single rows. Absent where nothing can be joined. */
  joins: SQL[] | undefined
  /** A condition on rows that are shared: what else costs much is read for the rows of the source only. */
  gate: SQL | undefined
  /** Tables of the statement, and the rows that they hold once for all rows that embed them. */
  ctes: SQL[]
  shared: Shared[]
}

/** A row that is rendered once for all rows that embed it. */
interface Shared {
  table: string
  /** The column that refers to it, and whether a row may show it. */
  local: string
  visible: SQL | boolean
}

/** A source of rows that share nothing. */
export const joinable = (joins: SQL[]): Source => ({
  joins,
  gate: undefined,
  ctes: [],
  shared: [],
  valuesOf: () => sql``,
})

/** A checked whole number, as it is. */
export const literal = (count: number): SQL => sql.raw(String(count))

/** Whether rows that embed it may share one that costs much: a single row that embeds lists. */
export const isShared = ({ relation, includes }: Include): boolean =>
  relation.kind === "one" &&
  isKey(relation.target.keys, relation.foreign) &&
  relation.local.length === 1 &&
  includes.some(holdsLists)

const holdsLists = ({ relation, includes }: Include): boolean =>
  relation.kind === "many" || includes.some(holdsLists)

/** The members of a row: its visible fields, then what it embeds. */
export function rowShape(
  resource: Resource,
  { fields: selected, members, includes, counts = [], version }: Selection,
  row: RowSql,
  context: Context,
  source?: Source,
): RowShape {
  const { rendering, viewer, gate } = context
  const fields = Object.values(resource.fields).filter(({ name, type }) =>
    selected ? selected.has(name) : !type.heavy,
  )
  const shape = visibleMembers(fields, row, viewer, (field, column) => {
    const places = members.get(field.name)
    const value = rendering.field(field, column, places && membersOf(field, column, places))
    // Not the row as a whole, which would nest all that it embeds one step deeper.
    return field.type.measured ? gated(gate, value) : value
  })
  for (const include of includes) {
    const value =
      source && isShared(include)
        ? sharedRow(include, row, context, source)
        : embedded(include, row, context, source)
    shape.members.push({ name: include.relation.name, value, when: undefined, hides: true })
  }
  for (const count of counts) shape.members.push(countMember(count, row, context))
  if (version) {
    const whole = (rendering: Rendering) =>
      wholeShape(resource, row, { ...context, rendering, gate: undefined })
    shape.members.push(versionMember(resource, row, context, whole))
  }
  return shape
}

/** The members of a row as its validator has them. */
export const wholeShape = (
  resource: Resource,
  row: RowSql,
  { rendering = asJson, ...context }: Pick<Context, "viewer" | "aliases"> & Partial<Context>,
): RowShape => rowShape(resource, wholeRow, row, { ...context, rendering })

/** An embedded row or list, under the target's own rules for rows and fields. */
function embedded(include: Include, outer: RowSql, context: Context, source: Source | undefined): SQL {
  const { relation } = include
  const { target } = relation
  const { viewer, aliases, rendering, gate } = context
  const { alias, row } = aliases.next(target)
  // Filters nest the deepest: they stand first, since SQLite's parser keeps what stands before on its small stack.
  const conditions = [
    ...filtered(include.filters, row, viewer, aliases),
    ...conditionsOf(include.conditions, row, viewer, aliases),
    related(relation, outer, row, viewer, aliases),
    target.rules.read(row, viewer),
  ]
  if (relation.kind === "many") {
    const where = clause(conjunction(gate ? [gate, ...conditions] : conditions))
    return embeddedList(include, { alias, row, where }, context)
  }
  const where = clause(conjunction(conditions))
  const joins = source?.joins
  if (joins && rendering.joined && isKey(relation.target.keys, relation.foreign)) {
    joins.push(sql` left join ${tableOf(target)} ${alias} on ${where}`)
    const shape = rowShape(target, include, row, context, { ...source, joins })
    return rendering.joined(row(target.keys[0] as string), shape)
  }
  return rendering.one(
    rowShape(target, include, row, context),
    relation.isUnique
      ? sql`${tableOf(target)} ${alias} where ${where}`
      : sql`${tableOf(target)} ${alias} where ${where}${first(target, row, viewer)}`,
  )
}

/** The first of several rows that a relation to one may find. */
const first = (target: Resource, row: RowSql, viewer: ViewerSql): SQL => {
  const keys = sortExpressions(
    keyFields(target).map((field) => ({ field, descending: false })),
    row,
    viewer,
  )
  return keys.length ? sql` order by ${orderBy(keys)} limit 1` : sql` limit 1`
}

function embeddedList(
  include: Include,
  { alias, row, where }: { alias: SQL; row: RowSql; where: SQL },
  context: Context,
): SQL {
  const { target } = include.relation
  const { viewer, rendering } = context
  const rows: Rows = {
    table: tableOf(target),
    alias,
    key: rowKey(target, alias, row),
    where,
    order: orderBy(sortExpressions(include.sort, row, viewer)),
    limit: literal(include.limit),
    skip: include.skip === undefined ? undefined : { rows: bound(include.skip) },
  }
  // The outer rows of a gated statement are gated themselves.
  const inner = { ...context, gate: undefined }
  if (include.includes.some(isShared)) {
    const table = inner.aliases.nextTable()
    const { shape, from, ctes } = keptRows(target, include, row, rows, table, inner)
    return rendering.list(shape, from, withClause([expressions.keptTable(rows, table), ...ctes]))
  }
  const joins: SQL[] = []
  const shape = rowShape(target, include, row, inner, joinable(joins))
  return rendering.list(shape, sql`${expressions.firstRows(rows)}${sql.join(joins)}`, sql``)
}

/** Rows that a table of the statement keeps, so that what they embed is read once for all of them. */
export function keptRows(
  resource: Resource,
  selection: Selection,
  row: RowSql,
  rows: Rows,
  table: string,
  context: Context,
): { shape: RowShape; from: SQL; ctes: SQL[] } {
  const source: Source = {
    valuesOf: (column) => sql`select ${row(column)} from ${expressions.keptFrom(rows, table, [], undefined)}`,
    joins: [],
    gate: context.gate,
    ctes: [],
    shared: [],
  }
  const shape = rowShape(resource, selection, row, { ...context, gate: undefined }, source)
  const from = expressions.keptFrom(rows, table, joinedRows(source, row), context.gate)
  return {
    shape,
    from: sql`${from}${sql.join(source.joins ?? [])}`,
    ctes: source.ctes,
  }
}

const joinedRows = ({ shared }: Source, row: RowSql): JoinedTable[] =>
  shared.map(({ table, local, visible }) => ({
    table,
    on: clause(conjunction([sql`${sql.identifier(table)}._k = ${row(local)}`, visible])),
  }))

/** A row that is rendered once for all rows of the source that refer to it. */
function sharedRow(include: Include, outer: RowSql, context: Context, source: Source): SQL {
  const { relation } = include
  const { target } = relation
  const [local = "", foreign = ""] = [relation.local[0], relation.foreign[0]]
  const { viewer, aliases, rendering } = context
  const { alias, row } = aliases.next(target)
  const table = aliases.nextTable()
  const where = clause(
    conjunction([
      source.gate ?? true,
      sql`${row(foreign)} in (${source.valuesOf(local)})`,
      target.rules.read(row, viewer),
      target.fields[foreign]?.read(row, viewer) ?? false,
    ]),
  )
  const inner: Source = {
    valuesOf: (column) => sql`select ${row(column)} from ${tableOf(target)} ${alias} where ${where}`,
    joins: undefined,
    gate: undefined,
    ctes: source.ctes,
    shared: [],
  }
  const shape = rowShape(target, include, row, context, inner)
  const from = expressions.sharedFrom(tableOf(target), alias, where, joinedRows(inner, row))
  source.ctes.push(
    sql`${sql.identifier(table)} as materialized (select ${row(foreign)} as _k, ${rendering.object(shape)} as _v from ${from})`,
  )
  const visible = relation.source.fields[local]?.read(outer, viewer) ?? false
  source.shared.push({ table, local, visible })
  return rendering.kept(expressions.sharedValue(table, outer))
}

/** A WITH clause, or nothing. */
export const withClause = (ctes: SQL[]): SQL => (ctes.length ? sql`with ${sql.join(ctes, sql`, `)} ` : sql``)
