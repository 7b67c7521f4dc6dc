import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { type JsonPlace, jsonPlace } from "../db/dialect/json-path.ts"
import { condition } from "../fields/condition.ts"
import { placeCondition, placeIs } from "../fields/json-places.ts"
import type { Step } from "../query/place.ts"
import type { Filter, FromCursor, ListQuery, PlaceFilter, SortKey } from "../query/query.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "./columns.ts"
import { bound, ownValue } from "./plan.ts"

/** Hands out table aliases, `t0`, `t1`, …, within one statement. */
export class Aliases {
  private count = 0

  /** A new alias, and the row of a resource that goes by it. */
  next(resource: Resource): { alias: SQL; row: RowSql } {
    const alias = sql.identifier(`t${this.count++}`)
    const row = rowOf(resource, (column) => sql`${alias}.${columnName(resource, column)}`)
    return { alias: sql`${alias}`, row }
  }

  /** A name for a table of the statement's own, which no table of the database has. */
  nextTable(): string {
    return `@${this.count++}`
  }
}

/** A viewer of that kind, whose id is bound as `viewer`. */
export const viewerSql = (kind: ViewerKind): ViewerSql => ({ kind, id: bound(ownValue.viewer) })

/** The condition of a filter on the column itself, or on a place in its JSON. */
export const comparison = (filter: Filter, column: SQL): SQL => {
  const { field, operator, param, isNull, also, place } = filter
  if (place) return comparisonAt(placeOf(field, column, place.steps), filter, place)
  const one = condition(field.type, operator, column, bound(param), isNull)
  return also ? sql`${one} and ${condition(field.type, also.operator, column, bound(also.param))}` : one
}

/** The comparison of a place in JSON. */
function comparisonAt(at: JsonPlace, { operator, isNull }: Filter, place: PlaceFilter): SQL {
  if (operator === "is_null" || operator === "exists") return placeIs(at, operator, isNull === true)
  const { terms, isAny, isNegated } = place
  const parts = terms.map(({ operator, kind, param }) => placeCondition(at, operator, kind, bound(param)))
  const whole = parts.length
    ? sql.join(isAny ? parts.map((part) => sql`(${part})`) : parts, isAny ? sql` or ` : sql` and `)
    : clause(!isAny)
  if (isNegated) return sql`(${whole}) is not true`
  return isAny && parts.length > 1 ? sql`(${whole})` : whole
}

/** A place in the JSON of a column. */
export const placeOf = ({ spec }: Field, column: SQL, steps: readonly Step[]): JsonPlace =>
  jsonPlace(
    column,
    spec,
    steps.map((step) => (typeof step === "object" ? bound(step.param) : step)),
  )

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
    const { place } = key
    const visible = (place?.of ?? key.field).read(row, viewer)
    const column = place
      ? placeOf(place.of, row(place.of.name), place.steps)[place.part]
      : row(key.field.name)
    const value = typeof visible === "boolean" ? column : sql`case when ${visible} then ${column} end`
    const ordered = key.field.type.ordered(value)
    return { key, value, ordered, nullable: key.field.nullable || typeof visible !== "boolean" }
  })
}

export const orderBy = (keys: SortExpression[], backwards = false): SQL =>
  sql.join(
    keys.map((k) =>
      expressions.ordered(k.ordered, k.key.descending !== backwards, k.nullable && !isBehindKind(k)),
    ),
    sql`, `,
  )

/** Whether values of one kind are all null or none is: an index of SQLite has no order of nulls behind its first column. */
const isBehindKind = ({ key: { place } }: SortExpression): boolean =>
  place !== undefined && place.part !== "rank"

/** The rows beyond a cursor, in the order of the keys. Nulls count as the largest values. */
export function beyond(keys: SortExpression[], from: ListQuery["from"]): SQL | boolean {
  if (from.cursor === "start") return true
  const steps = keys.map((k, i) => {
    const { bind, comparable } = k.key.field.type.sql
    const given = from.parts[i] === "cut" ? lookedUp(keys, i, from) : bind(bound(`c${i}`))
    const at = comparable?.(given) ?? given
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
      equal: isNull ? sql`${k.value} is null` : sql`${comparable ? k.ordered : k.value} = ${at}`,
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
  const row = rowOf(resource, (column) => sql`${alias}.${columnName(resource, column)}`)
  const [there] = sortExpressions([(keys[i] as SortExpression).key], row, viewer)
  const { value } = there as SortExpression
  const where = conjunction([
    ...resource.keys.map(
      (key, n) =>
        sql`${row(key)} = ${boundValue(resource, key, `c${keys.length - resource.keys.length + n}`)}`,
    ),
    resource.rules.read(row, viewer),
    expressions.startsWith(value, bound(`c${i}`)),
  ])
  return sql`coalesce((select ${value} from ${tableOf(resource)} ${alias} where ${clause(where)}), ${bound(`c${i}`)})`
}
