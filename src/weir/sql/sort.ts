import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { orderOf, type PlaceParts, partsOf } from "../db/dialect/json-path.ts"
import type { NamedSql, ValueOf } from "../db/dialect/page.ts"
import type { FromCursor, ListQuery, SortField, SortKey } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "./columns.ts"
import { bound } from "./plan.ts"
import { placeOf, viewerSql } from "./where.ts"

/** A sort key as SQL. A field that is hidden in some rows counts as null there. */
export interface SortExpression {
  key: SortKey
  /** What is compared and ordered, and what a cursor holds. */
  value: SQL
  ordered: SQL
  nullable: boolean
  /** Whether rows may have no value although the schema says that all have one: SQLite sorts these as the least then. */
  mayLack?: boolean
  /** For a place in JSON, what rows are sorted by instead: all of it for the first of its keys, none for the others. */
  order?: SQL[]
}

export function sortExpressions(sort: SortKey[], row: RowSql, viewer: ViewerSql): SortExpression[] {
  return sort.map((key) => {
    const { place, field } = key
    const visible = (place?.of ?? field).read(row, viewer)
    const isSeen = typeof visible === "boolean"
    const within = (value: SQL, otherwise?: SQL): SQL =>
      isSeen
        ? value
        : sql`case when ${visible} then ${value}${otherwise ? sql` else ${otherwise}` : sql``} end`
    if (!place) {
      const value = within(row(field.name))
      const { nullable, type } = field
      const mayBeNull = nullable || !isSeen || type.sql.mayCompareNull === true
      return {
        key,
        value,
        ordered: type.ordered(value),
        nullable: mayBeNull,
        mayLack: !nullable && type.sql.mayLack === true,
      }
    }
    const at = placeOf(place.of, row(place.of.name), place.steps)
    const value = within(at[place.part])
    const none = orderOf({})
    const order = place.part === "rank" ? at.order.map((one, i) => within(one, none[i])) : []
    return { key, value, ordered: field.type.ordered(value), nullable: true, order }
  })
}

export const orderBy = (keys: SortExpression[], backwards = false): SQL =>
  sql.join(
    keys.flatMap(({ key, order, ordered, nullable }) =>
      (order ?? [ordered]).map((one) =>
        expressions.ordered(one, key.descending !== backwards, nullable && !order),
      ),
    ),
    sql`, `,
  )

/** The order of a list's rows. Those whose keys are null, which the schema rules out, come in that of their numbers. */
export function rowOrder({ resource, from }: ListQuery, keys: SortExpression[], alias: SQL): SQL {
  const backwards = from.cursor === "before"
  const order = orderBy(keys, backwards)
  const last = keys.at(-1)
  return last?.mayLack && resource.hasRowNumber
    ? sql`${order}, ${expressions.ordered(expressions.rowNumber(alias), last.key.descending !== backwards, false)}`
    : order
}

/** The name of a column that holds part of what a place is sorted by. */
const placeColumn = (key: number, part: number): string => `@o${key}_${part}`

/** What the places among the keys are sorted by, as columns of the first rows: an index has them, and JSON is not read. */
export const placeColumns = (keys: SortExpression[]): NamedSql[] =>
  keys.flatMap(({ order = [] }, key) => order.map((value, part): NamedSql => [placeColumn(key, part), value]))

/** What a cursor holds of each key, as columns of the first rows and what is made of these: only the ends of a page need it. */
export interface Position {
  columns: SQL[]
  value: ValueOf
}

/** Most characters of a text that a cursor is made of: more than it ever holds (`shortCursor`). */
const maxHeldCharacters = 500

/** The positions of the keys, of which those of places are read from the columns of the first rows. */
export function positionsOf({ keys: own }: Resource, keys: SortExpression[], alias: SQL): Position[] {
  let ofPlace: SQL[] = []
  /** A cursor holds the beginning of a long text, where the row's key finds the rest. */
  const isCut = ({ spec, name }: SortField) => spec.type === "text" && !own.includes(name)
  return keys.map(({ key: { field, place }, value, order }, key) => {
    const { json, position = json } = field.type.sql
    if (!order || !place) {
      const held = position(isCut(field) ? expressions.shortText(value, maxHeldCharacters) : value)
      return { columns: [held], value: ([column = held]) => column }
    }
    if (order.length) ofPlace = order.map((_, part) => expressions.keptColumn(alias, placeColumn(key, part)))
    return { columns: ofPlace, value: (columns) => position(partsOf(columns)[place.part]) }
  })
}

/** What rows are compared by with a cursor: a sort key, or those of a place together. */
interface Step {
  /** What is compared, and with what; none of it is null unless `nullable`. */
  columns: SQL[]
  at: SQL[]
  falling: boolean
  nullable: boolean
  /** Whether rows without a value are looked for beyond those that have one. */
  lacking: boolean
  /** Whether the cursor's row has no value. */
  isNull: boolean
  /** Whether the row has the cursor's value. */
  equal: SQL
  value: SQL
  /** Whether a row value of several keys may begin with it, and be looked up in an index. */
  isColumn: boolean
}

/**
 * The rows beyond a cursor, in the order of the keys. Nulls count as the largest values, those that the schema rules out as
 * the least: they are at the end of what falls, where no index has them beside the others. Without `isEnd` they are
 * left out there, of the first key.
 */
export function beyond(keys: SortExpression[], from: ListQuery["from"], isEnd = true): SQL | boolean {
  if (from.cursor === "start") return true
  const steps = keys.flatMap((key, i) => stepOf(keys, key, i, from))
  const [first] = steps
  if (first && !isEnd && !first.nullable) first.lacking = false
  return beyondSteps(steps, from.inclusive ? "=" : "")
}

function stepOf(
  keys: SortExpression[],
  { key, order, ...k }: SortExpression,
  i: number,
  from: FromCursor,
): Step[] {
  const falling = key.descending !== (from.cursor === "before")
  const given = (i: number): SQL => {
    const { bind, stored } = (keys[i] as SortExpression).key.field.type.sql
    const part = from.parts[i]
    if (part === "cut") return lookedUp(keys, i, from)
    const value = bound(`c${i}`)
    return part === "value" || part === "null" || !part || !stored ? bind(value) : stored(part, value)
  }
  if (order) {
    if (order.length === 0) return []
    const parts: Partial<PlaceParts> = {}
    for (const [n, part] of (["rank", "number", "text"] as const).entries())
      if (from.parts[i + n] !== "null") parts[part] = given(i + n)
    const at = orderOf(parts)
    const isColumn = expressions.indexesRowValues
    const never = { nullable: false, lacking: false, isNull: false, equal: sql`` }
    return [{ ...k, ...never, columns: order, at, falling, isColumn }]
  }
  const { comparable } = key.field.type.sql
  const at = comparable?.(given(i)) ?? given(i)
  const isNull = from.parts[i] === "null"
  const value = comparable ? k.ordered : k.value
  const equal = isNull ? sql`${value} is null` : sql`${value} = ${at}`
  const lacking = k.nullable ? !falling : falling && k.mayLack === true
  return [{ ...k, value, columns: [k.ordered], at: [at], falling, lacking, isNull, equal, isColumn: true }]
}

const tuple = (values: SQL[]): SQL =>
  values.length === 1 ? (values[0] as SQL) : sql`(${sql.join(values, sql`, `)})`

/** Whether a row is further than the cursor by that step, or with `=` at least as far. */
const compared = ({ columns, at, falling }: Pick<Step, "columns" | "at" | "falling">, orEqual = ""): SQL =>
  sql`${tuple(columns)} ${sql.raw((falling ? "<" : ">") + orEqual)} ${tuple(at)}`

/** The rows beyond a cursor. What the first step says of all of them stands before the rest, for an index to begin there. */
function beyondSteps([step, ...rest]: Step[], orEqual: "" | "="): SQL {
  const one = step as Step
  const { falling, nullable, lacking, isNull, value, equal } = one
  if (isNull) {
    const isFurther = nullable === falling
    const further = isFurther ? sql`${value} is not null` : sql`1 = 0`
    if (rest.length === 0) return further
    const others = sql`(${value} is null and ${beyondSteps(rest, orEqual)})`
    return isFurther ? sql`(${further} or ${others})` : others
  }
  const further = compared(one, rest.length ? "" : orEqual)
  const withNulls = lacking ? sql`(${further} or ${value} is null)` : further
  if (rest.length === 0) return withNulls
  if (one.isColumn && [one, ...rest].every((s) => !s.nullable && !s.lacking && s.falling === falling)) {
    const [columns, at] = [[one, ...rest].flatMap((s) => s.columns), [one, ...rest].flatMap((s) => s.at)]
    return compared({ columns, at, falling }, orEqual)
  }
  if (lacking) return sql`(${withNulls} or (${equal} and ${beyondSteps(rest, orEqual)}))`
  return sql`(${compared(one, "=")} and (${further} or ${beyondSteps(rest, orEqual)}))`
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
    ...resource.keys.map((name) => {
      const at = keys.findIndex(({ key }) => key.field.name === name)
      return sql`${row(name)} = ${boundValue(resource, name, `c${at}`)}`
    }),
    resource.rules.read(row, viewer),
    expressions.startsWith(value, bound(`c${i}`)),
  ])
  return sql`coalesce((select ${value} from ${tableOf(resource)} ${alias} where ${clause(where)}), ${bound(`c${i}`)})`
}
