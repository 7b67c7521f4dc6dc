import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Include, ListQuery, Selection } from "../query/query.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { isBoundedInclude, isBoundedList } from "./bounded.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import { plainEntries, type RowShape, rowObject, visibleMembers } from "./row.ts"
import { Aliases, beyond, filtered, orderBy, related, sortExpressions, tableOf, viewerSql } from "./where.ts"

/** The statement of a list: one row of `body, rows [, values of each sort key] [, count] [, parent exists]`. */
export interface ListPlan extends Plan {
  /** The sort keys' names, where every row of the body holds their values among its own members. */
  keysInRows: string[] | undefined
  /** How many columns hold sort keys: one for each, where the body does not hold them. */
  keyColumns: number
  /** The text between two rows of the body, which occurs nowhere else in it. */
  separator: string
}

/** A checked whole number, as it is. */
const literal = (count: number): SQL => sql.raw(String(count))

/** One row by its primary key (bound as `ownValue.key`): no row where there is none that the viewer may see. */
export function compileOne(resource: Resource, kind: ViewerKind, selection: Selection): Plan {
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const { alias, row } = aliases.next()
  const shape = rowShape(resource, selection, row, viewer, aliases)
  const where = conjunction([
    sql`${row(resource.key)} = ${bound(ownValue.key)}`,
    resource.rules.read(row, viewer),
  ])
  const from = sql`${tableOf(resource)} ${alias} where ${clause(where)}`
  const plan = compile(expressions.jsonOne(plainEntries(shape), rowObject(shape), from))
  return { ...plan, bounded: selection.includes.every((include) => isBoundedInclude(include, kind)) }
}

/** Whether a row exists for the viewer: one row, or none. */
export function compileExists(resource: Resource, kind: ViewerKind): Plan {
  const { alias, row } = new Aliases().next()
  const where = conjunction([
    sql`${row(resource.key)} = ${bound(ownValue.key)}`,
    resource.rules.read(row, viewerSql(kind)),
  ])
  return {
    ...compile(sql`select 1 from ${tableOf(resource)} ${alias} where ${clause(where)}`),
    bounded: true,
  }
}

/**
 * A page of a list, in one statement. One row more than the page is read, to know whether there are more;
 * a page that ends at a cursor is read backwards.
 */
export function compileList(query: ListQuery): ListPlan {
  const { resource, from } = query
  const viewer = viewerSql(query.viewer)
  const aliases = new Aliases()
  const { alias, row } = aliases.next()
  const keys = sortExpressions(query.sort, row, viewer)
  const conditions = [
    ...(query.parent ? within(query.parent, row, viewer) : []),
    resource.rules.read(row, viewer),
    ...filtered(query.filters, row, viewer, aliases),
  ]
  const where = clause(conjunction([...conditions, beyond(keys, from)]))
  const joins: SQL[] = []
  const shape = rowShape(resource, query, row, viewer, aliases, joins)
  const multiline = isMultiline(resource, query)
  const inRows =
    !multiline && keys.every(({ key }) => shape.members.some((m) => m.name === key.field.name && !m.when))
  const page = expressions.page(
    {
      table: tableOf(resource),
      alias,
      key: row(resource.key),
      where,
      order: orderBy(keys, from.cursor === "before"),
      limit: literal(query.limit + 1),
      skip: query.skip ? bound("skip") : undefined,
    },
    plainEntries(shape),
    rowObject(shape),
    multiline,
  )
  const keyColumns = inRows
    ? []
    : keys.map(({ key, value }) => expressions.jsonColumn(key.field.type.sql.json(value)))
  const columnsOut = [page.body, sql`count(*)`, ...keyColumns]
  if (query.count)
    columnsOut.push(
      sql`(select count(*) from ${tableOf(resource)} ${alias} where ${clause(conjunction(conditions))})`,
    )
  if (query.within) {
    const parent = aliases.next()
    const there = conjunction([
      sql`${parent.row(query.within.key)} = ${bound(ownValue.parentKey)}`,
      query.within.rules.read(parent.row, viewer),
    ])
    columnsOut.push(
      sql`(select count(*) from ${tableOf(query.within)} ${parent.alias} where ${clause(there)})`,
    )
  }
  const plan = compile(sql`select ${sql.join(columnsOut, sql`, `)} from ${page.from}${sql.join(joins)}`)
  const keysInRows = inRows ? keys.map(({ key }) => key.field.name) : undefined
  return {
    ...plan,
    bounded: isBoundedList(query),
    keysInRows,
    keyColumns: keyColumns.length,
    separator: page.separator,
  }
}

/** The rows that refer to the parent, where the viewer may see the column that does. */
const within = ({ target, foreign }: Relation, row: RowSql, viewer: ViewerSql): (SQL | boolean)[] => [
  sql`${row(foreign)} = ${bound(ownValue.parentKey)}`,
  target.fields[foreign]?.read(row, viewer) ?? false,
]

/** Whether the JSON of a row may hold line feeds: stored JSON and embedded lists do. */
const isMultiline = (resource: Resource, { fields, includes }: Selection): boolean =>
  Object.values(resource.fields).some((f) => f.type.multiline && (!fields || fields.has(f.name))) ||
  includes.some(
    (include) => include.relation.kind === "many" || isMultiline(include.relation.target, include),
  )

/**
 * The members of a row: its visible fields, then what it embeds. Where there are `joins`, they become part of what
 * the rows are read from, and single rows may be embedded by one.
 */
export function rowShape(
  resource: Resource,
  selection: Selection,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  joins?: SQL[],
): RowShape {
  const selected = selection.fields
  const fields = Object.values(resource.fields).filter((field) => !selected || selected.has(field.name))
  const shape = visibleMembers(fields, row, viewer)
  for (const include of selection.includes)
    shape.members.push({
      name: include.relation.name,
      value: embedded(include, row, viewer, aliases, joins),
      when: undefined,
    })
  return shape
}

/** An embedded row or list, under the target's own rules for rows and fields. */
function embedded(
  include: Include,
  outer: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  joins: SQL[] | undefined,
): SQL {
  const { relation } = include
  const target = relation.target
  const table = tableOf(target)
  const { alias, row } = aliases.next()
  const where = clause(
    conjunction([
      related(relation, outer, row, viewer),
      target.rules.read(row, viewer),
      ...filtered(include.filters, row, viewer, aliases),
    ]),
  )
  if (relation.kind === "many") {
    const inner: SQL[] = []
    const shape = rowShape(target, include, row, viewer, aliases, inner)
    const rows = expressions.firstRows({
      table,
      alias,
      key: row(target.key),
      where,
      order: orderBy(sortExpressions(include.sort, row, viewer)),
      limit: literal(include.limit),
      skip: include.skip === undefined ? undefined : bound(include.skip),
    })
    return expressions.jsonList(plainEntries(shape), rowObject(shape), sql`${rows}${sql.join(inner)}`)
  }
  if (joins && expressions.joinedMember && relation.foreign === target.key) {
    joins.push(sql` left join ${table} ${alias} on ${where}`)
    const object = rowObject(rowShape(target, include, row, viewer, aliases, joins))
    return expressions.joinedMember(row(target.key), object)
  }
  const shape = rowShape(target, include, row, viewer, aliases)
  return expressions.jsonMember(plainEntries(shape), rowObject(shape), sql`${table} ${alias} where ${where}`)
}
