import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { ListPage } from "../db/dialect/page.ts"
import { clause, conjunction, type RowSql, type ViewerKind, type ViewerSql } from "./policy.ts"
import type { Include, ListQuery, Selection } from "./query.ts"
import type { Resource } from "./resource.ts"
import { bound, compile, type Plan } from "./statement.ts"
import { plainEntries, type RowShape, rowObject, visibleMembers } from "./visibility.ts"
import { Aliases, beyond, filtered, orderBy, sortExpressions, tableOf, viewerSql } from "./where.ts"

/** The statement of a list answers one row: body, rows read, the first and last places, and the count. */
export interface ListPlan extends Plan {
  /** How many sort keys a place has. */
  keys: number
}

/** A checked whole number, as it is. */
const literal = (count: number): SQL => sql.raw(String(count))

/** One row by its primary key (bound as `id`): no row where there is none that the viewer may see. */
export function compileOne(resource: Resource, kind: ViewerKind, selection: Selection): Plan {
  const viewer = viewerSql(kind)
  const aliases = new Aliases()
  const { alias, row } = aliases.next()
  const shape = rowShape(resource, selection, row, viewer, aliases)
  const where = conjunction([sql`${row(resource.key)} = ${bound("id")}`, resource.rules.read(row, viewer)])
  const from = sql`${tableOf(resource)} ${alias} where ${clause(where)}`
  return compile(expressions.jsonOne(plainEntries(shape), rowObject(shape), from))
}

/** Whether a row exists for the viewer: one row, or none. */
export function compileExists(resource: Resource, kind: ViewerKind): Plan {
  const { alias, row } = new Aliases().next()
  const where = conjunction([
    sql`${row(resource.key)} = ${bound("id")}`,
    resource.rules.read(row, viewerSql(kind)),
  ])
  return compile(sql`select 1 from ${tableOf(resource)} ${alias} where ${clause(where)}`)
}

/**
 * A page of a list, in one statement: `body, rows, first place, last place [, count] [, parent is there]`.
 * One row more than the page is read, to know whether there are more.
 */
export function compileList(query: ListQuery): ListPlan {
  const { resource, from } = query
  const viewer = viewerSql(query.viewer)
  const aliases = new Aliases()
  const used = new Set<string>()
  const { alias, row } = aliases.next((column) => used.add(column))
  const keys = sortExpressions(query.sort, row, viewer)
  const keyColumns = [...used]
  const conditions = [
    ...(query.parent ? [sql`${row(query.parent.foreign)} = ${bound("parent")}`] : []),
    resource.rules.read(row, viewer),
    ...filtered(query.filters, row, viewer, aliases),
  ]
  const where = clause(conjunction([...conditions, beyond(keys, from)]))
  used.clear()
  const shape = rowShape(resource, query, row, viewer, aliases)
  const columns = [...new Set([...keyColumns, ...used])].map((column) => row(column))
  const backwards = from.cursor === "before"
  // Outside the page, a key is its value under the name _k0, _k1, …
  const kept = keys.map((k, i) => {
    const value = sql`${sql.identifier(`_k${i}`)}`
    return { ...k, value, ordered: k.key.field.spec.type === "text" ? expressions.collated(value) : value }
  })
  const page = expressions.page({
    table: tableOf(resource),
    alias,
    keys: keys.map((k) => k.value),
    columns,
    where,
    order: orderBy(keys, backwards),
    limit: literal(query.limit + 1),
    pageSize: literal(query.limit),
    skip: query.skip ? bound("skip") : undefined,
    reverse: backwards ? { read: orderBy(kept, true), serve: orderBy(kept) } : undefined,
    rowKey: row(resource.key),
  })
  const body = expressions.jsonList(plainEntries(shape), rowObject(shape), page.rows)
  const place = (offset: SQL) =>
    keys.map((_, i) => sql`(select ${sql.identifier(`_k${i}`)} from page limit 1 offset ${offset})`)
  const columnsOut = [
    expressions.jsonText(body),
    sql`(select count(*) from page)`,
    ...place(literal(0)),
    ...place(literal(query.limit - 1)),
  ]
  if (query.count)
    columnsOut.push(
      sql`(select count(*) from ${tableOf(resource)} ${alias} where ${clause(conjunction(conditions))})`,
    )
  if (query.within) {
    const parent = aliases.next()
    const there = conjunction([
      sql`${parent.row(query.within.key)} = ${bound("parent_id")}`,
      query.within.rules.read(parent.row, viewer),
    ])
    columnsOut.push(
      sql`(select count(*) from ${tableOf(query.within)} ${parent.alias} where ${clause(there)})`,
    )
  }
  return { ...compile(sql`with ${page.cte} select ${sql.join(columnsOut, sql`, `)}`), keys: keys.length }
}

/** The members of a row: its visible fields, then what it embeds. */
export function rowShape(
  resource: Resource,
  selection: Selection,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): RowShape {
  const asked = selection.fields
  const fields = Object.values(resource.fields).filter((field) => !asked || asked.has(field.name))
  const shape = visibleMembers(fields, row, viewer)
  for (const include of selection.includes)
    shape.members.push({
      name: include.relation.name,
      value: embedded(include, row, viewer, aliases),
      when: undefined,
    })
  return shape
}

/** An embedded row or list, under the target's own rules for rows and fields. */
function embedded(include: Include, outer: RowSql, viewer: ViewerSql, aliases: Aliases): SQL {
  const { relation } = include
  const target = relation.target
  const { alias, row } = aliases.next()
  const shape = rowShape(target, include, row, viewer, aliases)
  const where = clause(
    conjunction([
      sql`${row(relation.foreign)} = ${outer(relation.local)}`,
      target.rules.read(row, viewer),
      ...filtered(include.filters, row, viewer, aliases),
    ]),
  )
  if (relation.kind === "one")
    return expressions.jsonMember(
      plainEntries(shape),
      rowObject(shape),
      sql`${tableOf(target)} ${alias} where ${where}`,
    )
  const keys = sortExpressions(include.sort, row, viewer)
  const page: ListPage = {
    table: tableOf(target),
    alias,
    keys: keys.map((k) => k.value),
    columns: [],
    where,
    order: orderBy(keys),
    limit: literal(include.limit),
    pageSize: literal(include.limit),
    skip: include.skip === undefined ? undefined : bound(include.skip),
    reverse: undefined,
    rowKey: row(target.key),
  }
  return expressions.jsonList(plainEntries(shape), rowObject(shape), expressions.embeddedRows(page))
}
