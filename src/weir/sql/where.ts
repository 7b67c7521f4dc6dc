import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Filter, FromCursor, ListQuery, SortKey } from "../query/query.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { bound, ownValue } from "./plan.ts"

/** Hands out table aliases, `t0`, `t1`, …, within one statement. */
export class Aliases {
  private count = 0

  /** A new alias, and the row that goes by it. */
  next(): { alias: SQL; row: RowSql } {
    const alias = sql.identifier(`t${this.count++}`)
    const row: RowSql = (column) => sql`${alias}.${sql.identifier(column)}`
    return { alias: sql`${alias}`, row }
  }

  /** A name for a table of the statement's own, which no table of the database has. */
  nextTable(): string {
    return `@${this.count++}`
  }
}

/** A viewer of that kind, whose id is bound as `viewer`. */
export const viewerSql = (kind: ViewerKind): ViewerSql => ({ kind, id: bound(ownValue.viewer) })

/** The table of a resource, unaliased. */
export const tableOf = (resource: Resource): SQL => sql`${sql.identifier(resource.name)}`

/**
 * The conditions of filters, each only where the viewer may see the compared field. `few` selects the values of a
 * column in few rows, among which are all that the statement can return.
 */
export function filtered(
  filters: Filter[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  few?: (column: string) => SQL,
): (SQL | boolean)[] {
  return filters.map((filter) => {
    const [first, ...rest] = filter.through
    return first && sharesRows(first, rest)
      ? throughShared(filter, first, rest, row, viewer, aliases, few)
      : throughRelations(filter, filter.through, row, viewer, aliases)
  })
}

/** The filters that few rows pass: those on a key or a reference, which an index finds. */
export const selective = (resource: Resource, filters: Filter[]): Filter[] =>
  filters.filter(
    ({ through, field, operator }) =>
      through.length === 0 &&
      (operator === "eq" || operator === "in") &&
      (field.name === resource.key || resource.references.has(field.name) || field.unique),
  )

/** Whether many rows refer to one, whose many related rows decide: they are looked through once for all of them. */
const sharesRows = (relation: Relation, rest: Relation[]): boolean =>
  relation.kind === "one" && rest.some(({ kind }) => kind === "many")

/**
 * A filter through a row that many share, as a set that is made once. From the `few` rows at hand, where there are
 * such, else from the rows that pass the filter: both cost what the rows cost that are looked through.
 */
function throughShared(
  filter: Filter,
  relation: Relation,
  rest: Relation[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
  few?: (column: string) => SQL,
): SQL | boolean {
  const { source, target, local, foreign } = relation
  const there = aliases.next()
  const where = conjunction([
    few ? sql`${there.row(foreign)} in (${few(local)})` : true,
    target.fields[foreign]?.read(there.row, viewer) ?? false,
    target.rules.read(there.row, viewer),
    rest.length === 0 || few
      ? throughRelations(filter, rest, there.row, viewer, aliases)
      : throughShared(filter, rest[0] as Relation, rest.slice(1), there.row, viewer, aliases),
  ])
  const set = sql`${sql.identifier(aliases.nextTable())}`
  return conjunction([
    source.fields[local]?.read(row, viewer) ?? false,
    // Postgres would else look each row up, in the hope that the first ones pass.
    sql`${row(local)} in (with ${set} as materialized (select ${there.row(foreign)} as _k from ${tableOf(target)} ${there.alias} where ${clause(where)}) select _k from ${set})`,
  ])
}

/** Whether two rows are related, only where the viewer may see both columns of the relation. */
export function related(
  { source, target, local, foreign }: Relation,
  here: RowSql,
  there: RowSql,
  viewer: ViewerSql,
): SQL | boolean {
  return conjunction([
    sql`${there(foreign)} = ${here(local)}`,
    source.fields[local]?.read(here, viewer) ?? false,
    target.fields[foreign]?.read(there, viewer) ?? false,
  ])
}

function throughRelations(
  filter: Filter,
  path: Relation[],
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases,
): SQL | boolean {
  const [relation, ...rest] = path
  if (!relation) {
    const visible = filter.field.read(row, viewer)
    return conjunction([visible, comparison(filter, row(filter.field.name))])
  }
  if (sharesRows(relation, rest)) return throughShared(filter, relation, rest, row, viewer, aliases)
  const there = aliases.next()
  const where = conjunction([
    related(relation, row, there.row, viewer),
    relation.target.rules.read(there.row, viewer),
    throughRelations(filter, rest, there.row, viewer, aliases),
  ])
  return sql`exists (select 1 from ${tableOf(relation.target)} ${there.alias} where ${clause(where)})`
}

function comparison({ field, operator, param, isNull }: Filter, column: SQL): SQL {
  const value = bound(param)
  const comparable = field.type.ordered(column)
  switch (operator) {
    case "eq":
      return sql`${column} = ${value}`
    case "ne":
      // A null counts as different from any value.
      return expressions.distinct(column, value)
    case "gt":
      return sql`${comparable} > ${value}`
    case "gte":
      return sql`${comparable} >= ${value}`
    case "lt":
      return sql`${comparable} < ${value}`
    case "lte":
      return sql`${comparable} <= ${value}`
    case "in":
      return field.type.sql.oneOf(column, value)
    case "nin":
      return sql`(${column} is null or not ${field.type.sql.oneOf(column, value)})`
    case "contains":
      return expressions.contains(column, value)
    case "starts_with":
      return expressions.startsWith(column, value)
    case "is_null":
      return isNull ? sql`${column} is null` : sql`${column} is not null`
  }
}

/** A sort key as SQL. A field that is hidden in some rows counts as null there. */
export interface SortExpression {
  key: SortKey
  /** What is compared and ordered, and what a cursor holds. */
  value: SQL
  ordered: SQL
  nullable: boolean
}

export function sortExpressions(sort: SortKey[], row: RowSql, viewer: ViewerSql): SortExpression[] {
  return sort.map((key) => {
    const visible = key.field.read(row, viewer)
    const column = row(key.field.name)
    const value = typeof visible === "boolean" ? column : sql`case when ${visible} then ${column} end`
    const ordered = key.field.type.ordered(value)
    return { key, value, ordered, nullable: key.field.nullable || typeof visible !== "boolean" }
  })
}

export const orderBy = (keys: SortExpression[], backwards = false): SQL =>
  sql.join(
    keys.map((k) => expressions.ordered(k.ordered, k.key.descending !== backwards, k.nullable)),
    sql`, `,
  )

/** The rows beyond a cursor, in the order of the keys. Nulls count as the largest values. */
export function beyond(keys: SortExpression[], from: ListQuery["from"]): SQL | boolean {
  if (from.cursor === "start") return true
  const steps = keys.map((k, i) => {
    const at = from.parts[i] === "cut" ? lookedUp(keys, i, from) : bound(`c${i}`)
    const falling = k.key.descending !== (from.cursor === "before")
    const isNull = from.parts[i] === "null"
    const further = isNull
      ? falling
        ? sql`${k.value} is not null`
        : sql`1 = 0`
      : falling
        ? sql`${k.ordered} < ${at}`
        : k.nullable
          ? sql`(${k.ordered} > ${at} or ${k.value} is null)`
          : sql`${k.ordered} > ${at}`
    return {
      further,
      equal: isNull ? sql`${k.value} is null` : sql`${k.value} = ${at}`,
      falling,
      at,
      isNull,
      k,
    }
  })
  const first = steps[0] as (typeof steps)[number]
  if (steps.length === 1) return first.further
  if (steps.every((s) => !s.k.nullable && s.falling === first.falling)) {
    const left = sql.join(
      steps.map((s) => s.k.ordered),
      sql`, `,
    )
    const right = sql.join(
      steps.map((s) => s.at),
      sql`, `,
    )
    return sql`(${left}) ${sql.raw(first.falling ? "<" : ">")} (${right})`
  }
  const alternatives = steps.map(
    (s, i) => sql`(${sql.join([...steps.slice(0, i).map((e) => e.equal), s.further], sql` and `)})`,
  )
  return sql`(${sql.join(alternatives, sql` or `)})`
}

/**
 * The text that a cursor holds only the beginning of: that of the row with the cursor's key, where the viewer may see
 * it and it still begins so, else the beginning itself. A cursor of somebody's own making learns nothing by it.
 */
function lookedUp(keys: SortExpression[], i: number, { resource, viewer: kind }: FromCursor): SQL {
  const viewer = viewerSql(kind)
  const alias = sql.identifier("@at")
  const row: RowSql = (column) => sql`${alias}.${sql.identifier(column)}`
  const [there] = sortExpressions([(keys[i] as SortExpression).key], row, viewer)
  const { value } = there as SortExpression
  const where = conjunction([
    sql`${row(resource.key)} = ${bound(`c${keys.length - 1}`)}`,
    resource.rules.read(row, viewer),
    expressions.startsWith(value, bound(`c${i}`)),
  ])
  return sql`coalesce((select ${value} from ${tableOf(resource)} ${alias} where ${clause(where)}), ${bound(`c${i}`)})`
}
