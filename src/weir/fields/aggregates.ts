import { type SQL, sql } from "drizzle-orm"
import type { AggregateSql, Exactness } from "../db/dialect/aggregates.ts"
import { aggregates } from "../db/dialect/expressions.ts"
import type { FieldSpec, FieldTypeName } from "../db/dialect/field.ts"
import * as z from "../lib/zod.ts"
import type { FieldType } from "./type.ts"
import { fieldType } from "./types.ts"

export { type Unit, units } from "../db/dialect/aggregates.ts"

/** What is made of the values of a field in several rows. */
export const aggregateNames = ["count", "sum", "avg", "min", "max"] as const
export type AggregateName = (typeof aggregateNames)[number]

/** The result of an aggregate: its type, and how it is made of a column. */
export interface Aggregated {
  spec: FieldSpec
  type: FieldType
  /** `wide` is the form that holds what overflows the usual one. */
  sql(column: SQL, wide: boolean): AggregateSql
}

/** The column of an aggregate that is made of one part. */
const only = (parts: SQL[]): SQL => parts[0] as SQL

const numbers: ReadonlySet<FieldTypeName> = new Set(["id", "integer", "bigint", "decimal", "real"])
/** Types that have a least and a greatest value on every database. */
const ordered: ReadonlySet<FieldTypeName> = new Set([
  ...numbers,
  "text",
  "timestamp",
  "local_timestamp",
  "date",
  "time",
  "interval",
  "uuid",
])

/** How exactly the values of a number column are added. */
function exactnessOf({ type, inferred, scale, rounds }: FieldSpec): Exactness {
  if (type === "real") return { kind: "real" }
  if (type === "bigint") return { kind: "decimal", scale: 0 }
  if (type !== "decimal") return { kind: "whole", scale: 0 }
  return rounds ? { kind: "rounded" } : { kind: "decimal", scale: inferred ? undefined : scale }
}

const count: FieldSpec = { type: "integer" }

/** The number of values that are not null, or of all rows. */
const counted: Aggregated = {
  spec: count,
  type: fieldType(count),
  sql: (column) => ({ parts: [sql`count(${column})`], value: only, json: only }),
}

/** An aggregate of a field, or of all rows; undefined where its type has none of that name. */
export function aggregated(
  name: AggregateName,
  field: { spec: FieldSpec; type: FieldType } | undefined,
): Aggregated | undefined {
  if (name === "count" || !field) return name === "count" ? counted : undefined
  const { spec, type } = field
  if (name === "min" || name === "max") return ordered.has(spec.type) ? extreme(name, spec, type) : undefined
  if (!numbers.has(spec.type)) return undefined
  const exactness = exactnessOf(spec)
  const result = name === "sum" ? sumOf(exactness) : averageOf(exactness)
  const make = name === "sum" ? aggregates.sum : aggregates.average
  // A number that is kept as text has an order as a number.
  const compared = (column: SQL) => type.sql.comparable?.(column) ?? column
  return { ...result, sql: (column, wide) => make(exactness, compared(column), wide) }
}

function extreme(name: "min" | "max", spec: FieldSpec, type: FieldType): Aggregated {
  return {
    spec,
    type,
    sql: (column) => ({
      parts: [aggregates.extreme(name, spec, type.ordered(column))],
      value: only,
      json: (parts) => type.sql.json(only(parts)),
    }),
  }
}

const real: FieldSpec = { type: "real", inferred: true }

function sumOf(exactness: Exactness): Pick<Aggregated, "spec" | "type"> {
  if (exactness.kind === "real") return { spec: real, type: fieldType(real) }
  const scale = exactness.kind === "rounded" ? undefined : exactness.scale
  const spec: FieldSpec =
    scale === undefined ? { type: "decimal", inferred: true } : { type: "decimal", precision: 18, scale }
  const type = exact(fieldType(spec), scale)
  return {
    spec,
    type: exactness.kind === "whole" ? { ...type, output: () => z.number(), example: () => 39 } : type,
  }
}

function averageOf(exactness: Exactness): Pick<Aggregated, "spec" | "type"> {
  if (exactness.kind === "real" || exactness.kind === "whole") return { spec: real, type: fieldType(real) }
  const spec: FieldSpec = { type: "decimal", inferred: true }
  return { spec, type: exact(fieldType(spec), undefined) }
}

/** What a cursor holds of an exact number: its digits, or a word where the column says nothing of them. */
const digits = /^-?\d{1,400}(\.\d{1,400})?$/
const words = /^(-?(\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?|Infinity)|NaN)$/

/** The type of an exact number that may be larger than any of a column. */
const exact = (type: FieldType, scale: number | undefined): FieldType => ({
  ...type,
  accepts: (value) => typeof value === "string" && (scale === undefined ? words : digits).test(value),
  sql: aggregates.exactColumn(type.sql, scale),
})
