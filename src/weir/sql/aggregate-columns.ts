import { type SQL, sql } from "drizzle-orm"
import type { AggregateSql } from "../db/dialect/aggregates.ts"
import { aggregates as dialect } from "../db/dialect/expressions.ts"
import { partsOf } from "../db/dialect/json-path.ts"
import { placeTypes } from "../fields/json-places.ts"
import type { Aggregate, AggregateQuery, Group, Operand } from "../query/aggregate-query.ts"
import type { SortField } from "../query/query.ts"
import type { Field } from "../resource/resource.ts"
import type { Joins } from "./aggregate-joins.ts"
import { bound } from "./plan.ts"

/** A member of the result, as columns of the grouped rows and what is made of these. */
export interface ResultColumns {
  field: Field
  /** Expressions over the rows of a group, and the names of their columns. */
  parts: SQL[]
  names: SQL[]
  /** What it is compared and sorted by, and what a cursor holds of that. */
  keys: { field: SortField; value: SQL; position(value: SQL): SQL }[]
  /** Its JSON, of the columns and the values of the keys. */
  json(values: SQL[]): SQL
}

/** A group or an aggregate by its parts, before these have names. */
interface Made {
  parts: SQL[]
  /** The value of each key. */
  values(parts: SQL[]): SQL[]
  json?(parts: SQL[], values: SQL[]): SQL
  position?(parts: SQL[]): SQL
}

const at = (parts: SQL[], i = 0): SQL => parts[i] as SQL
const positionOf = ({ type: { sql } }: SortField) => sql.position ?? sql.json

/** The columns of each member of the result. */
export function columnsOf(query: AggregateQuery, joins: Joins, wide: boolean): ResultColumns[] {
  const grouped = query.groups.map((group) => ({ member: group, made: groupSql(group, joins, query.zone) }))
  const aggregated = query.aggregates.map((one) => ({ member: one, made: aggregateSql(one, joins, wide) }))
  return [...grouped, ...aggregated].map(({ member: { field, keys }, made }, i) => {
    const names = made.parts.map((_, part) => sql`${sql.identifier(`c${i}_${part}`)}`)
    const values = made.values(names)
    return {
      field,
      parts: made.parts,
      names,
      keys: keys.map((key, n) => ({
        field: key,
        value: at(values, n),
        position: (value) => made.position?.(names) ?? positionOf(key)(value),
      })),
      json: (found) => made.json?.(names, found) ?? field.type.sql.json(at(found)),
    }
  })
}

/** A group: what rows are grouped by, and its value as the column has it. */
function groupSql({ of, unit }: Group, joins: Joins, zone: string): Made {
  if (of.steps) {
    const { grouped } = joins.placeOf(of, of.steps)
    const values = (parts: SQL[]): SQL[] => {
      const { rank, number, text } = partsOf(parts)
      return [rank, number, text]
    }
    return { parts: grouped, values, json: jsonOfPlace }
  }
  const { spec, type } = of.field
  const column = joins.columnOf(of)
  const value = type.sql.comparable?.(column) ?? column
  if (!unit) return { parts: [type.sql.finite?.(value) ?? value], values: (parts) => parts }
  const { key, start } = dialect.bucket({
    unit,
    type: spec.type as "timestamp" | "local_timestamp" | "date",
    zone,
    param: bound("zone"),
    counts: spec.unit,
    hasZone: !spec.inferred || spec.zone === true,
  })
  return { parts: [key(value)], values: (parts) => [start(at(parts))] }
}

function aggregateSql({ of, aggregated }: Aggregate, joins: Joins, wide: boolean): Made {
  if (typeof aggregated === "string") return extremeOfPlace(aggregated, of as Operand, joins)
  const column = operandSql(of, aggregated.spec.type === "integer", joins)
  const made: AggregateSql = aggregated.sql(column, wide)
  return { ...made, values: (parts) => [made.value(parts)] }
}

/** What is aggregated: a column, the numbers at a place in JSON, or whether there is a value. */
function operandSql(of: Aggregate["of"], isCount: boolean, joins: Joins): SQL {
  if (!of) return sql`*`
  if (!of.steps) return joins.columnOf(of)
  const place = joins.placeOf(of, of.steps)
  return isCount ? place.rank : place.number
}

/** The first or the last value at a place in JSON, in the order of kinds. */
function extremeOfPlace(name: "min" | "max", of: Operand, joins: Joins): Made {
  const place = joins.placeOf(of, of.steps ?? [])
  const end = (value: SQL) => sql`${sql.raw(name)}(${value})`
  const truth = sql`case when ${place.rank} in (3, 4) then ${place.rank} end`
  const kinds = (parts: SQL[]): [SQL, SQL][] => [
    [at(parts), sql`1`],
    [at(parts, 1), sql`2`],
    [at(parts, 2), at(parts, 2)],
  ]
  return {
    parts: [end(place.number), end(placeTypes.text.ordered(place.text)), end(truth)],
    values: (parts) => {
      const first = name === "min" ? kinds(parts) : kinds(parts).reverse()
      const cases = first.map(([part, rank]) => sql`when ${part} is not null then ${rank}`)
      const rank = sql`case ${sql.join(cases, sql` `)} end`
      return [
        rank,
        sql`case when ${rank} = 1 then ${at(parts)} end`,
        sql`case when ${rank} = 2 then ${at(parts, 1)} end`,
      ]
    },
    json: jsonOfPlace,
  }
}

/** A value of JSON from its kind, its number and its text. */
const jsonOfPlace = (_parts: SQL[], [rank, number, text]: SQL[]): SQL =>
  dialect.jsonOfPlace(rank as SQL, placeTypes.number.sql.json(number as SQL), text as SQL)
