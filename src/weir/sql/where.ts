import { type SQL, sql } from "drizzle-orm"
import { type JsonPlace, jsonPlace } from "../db/dialect/json-path.ts"
import { condition } from "../fields/condition.ts"
import { placeCondition, placeIs } from "../fields/json-places.ts"
import type { Step } from "../query/place.ts"
import type { Filter, PlaceFilter } from "../query/query.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { partsOf } from "../resource/viewer-kind.ts"
import { columnName } from "./columns.ts"
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

/** A viewer of that kind, whose id and claims are bound. */
export function viewerSql(kind: ViewerKind): ViewerSql {
  const { base, role } = partsOf(kind)
  const claim = (path: string) => bound(`${ownValue.claim}${path}`)
  return { kind: base, role, whole: kind, id: bound(ownValue.viewer), claim }
}

/** Who has just signed up, by the key of its row. */
export const signedUp = (id: SQL): ViewerSql => ({ ...viewerSql("user"), id })

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
