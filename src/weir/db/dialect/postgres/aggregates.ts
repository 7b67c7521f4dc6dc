import { type SQL, sql } from "drizzle-orm"
import {
  type AggregateSql,
  averageDigits,
  type BucketOf,
  type BucketSql,
  type Exactness,
} from "../aggregates.ts"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec } from "../field.ts"

/** The greatest floating point number, as a numeric. */
const greatest = sql.raw("1.7976931348623157e308::numeric")

/** A numeric as a floating point number; null beyond all of these. */
const toReal = (value: SQL): SQL =>
  sql`case when abs(${value}) <= ${greatest} then ${value}::double precision end`

/** The value, or null where it is NaN, which counts as the greatest, or infinite. */
const finite = (value: SQL): SQL =>
  sql`case when ${value} > '-infinity'::double precision and ${value} < 'infinity'::double precision then ${value} end`

/** The digits of a numeric; null where it is NaN or infinite. */
const digits = (value: SQL): SQL =>
  sql`nullif(nullif(nullif((${value})::text, 'NaN'), 'Infinity'), '-Infinity')`

const first = (parts: SQL[]): SQL => parts[0] as SQL

/** A sum. `wide` holds what overflows the usual one: floating point numbers do. */
export function sum(exactness: Exactness, column: SQL, wide: boolean): AggregateSql {
  if (exactness.kind === "real") {
    const value = (parts: SQL[]) => (wide ? toReal(first(parts)) : first(parts))
    return {
      // By its text: a cast to numeric keeps 15 digits alone.
      parts: [
        wide ? sql`sum(${column}::double precision::text::numeric)` : sql`sum(${column}::double precision)`,
      ],
      value,
      json: (parts) => finite(value(parts)),
    }
  }
  return {
    parts: [sql`sum(${column})`],
    value: (parts) => sql`${first(parts)}::numeric`,
    json: exactness.kind === "whole" ? first : (parts) => digits(first(parts)),
    position: (parts) => sql`${first(parts)}::text`,
  }
}

/** An average: of whole and floating point numbers a floating point one, of decimals with 16 digits. */
export function average(exactness: Exactness, column: SQL, wide: boolean): AggregateSql {
  const { parts, value } = sum(exactness, column, wide)
  const count = sql`count(${column})`
  const isExact = exactness.kind === "decimal" || exactness.kind === "rounded"
  const divided = ([total, rows]: SQL[]): SQL => {
    const by = sql`nullif(${rows as SQL}, 0)`
    if (exactness.kind === "real" && !wide) return sql`${total as SQL} / ${by}`
    if (exactness.kind === "real") return sql`${toReal(total as SQL)} / ${by}`
    return isExact ? rounded(total as SQL, by) : sql`${value([total as SQL])}::double precision / ${by}`
  }
  return {
    parts: [...parts, count],
    value: divided,
    json: (columns) => (isExact ? digits(divided(columns)) : finite(divided(columns))),
    ...(isExact && { position: (columns: SQL[]) => sql`${divided(columns)}::text` }),
  }
}

/** Digits after the point of a quotient that is rounded to fewer. */
const spare = 45

/** A quotient with 16 digits, without zeros at its end. */
function rounded(total: SQL, by: SQL): SQL {
  const v = sql`"@v"`
  const quotient = sql`round(${total}, scale(${total}) + ${sql.raw(String(spare))}) / ${by}`
  const before = sql`case when abs(${v}) >= 1 then length(trunc(abs(${v}))::text) else -length(substring(abs(${v})::text from '^0[.](0*)')) end`
  return sql`(select trim_scale(round(${v}, ${sql.raw(String(averageDigits))} - (${before}))) from (select ${quotient} as ${v}) "@q")`
}

/** The beginnings of lengths of time. */
export function bucket({ unit, type, zone, param, hasZone }: BucketOf): BucketSql {
  const by = sql.raw(`'${unit}'`)
  const same = (key: SQL) => key
  if (type === "date") return { key: (c) => sql`date_trunc(${by}, ${c}::timestamp)::date`, start: same }
  const plain = (column: SQL): SQL => sql`date_trunc(${by}, ${column})`
  if (type === "local_timestamp") return { key: plain, start: same }
  // A zone that is named is looked up for each row.
  const flipped = (value: SQL): SQL => sql`(${value} at time zone interval '0')`
  if (zone === "UTC")
    return hasZone ? { key: (c) => plain(flipped(c)), start: flipped } : { key: plain, start: same }
  const inZone = (column: SQL): SQL => sql`date_trunc(${by}, ${column}, ${param}::text)`
  return hasZone ? { key: inZone, start: same } : { key: (c) => inZone(flipped(c)), start: flipped }
}

/** The least or the greatest value. Postgres has none of UUIDs, whose texts have their order. */
export const extreme = (name: "min" | "max", { type }: FieldSpec, column: SQL): SQL =>
  type === "uuid"
    ? sql`${sql.raw(name)}(${column}::text collate "C")::uuid`
    : sql`${sql.raw(name)}(${column})`

/** A column of exact numbers that may be larger than any of a table's. */
export const exactColumn = (column: ColumnSql, _scale: number | undefined): ColumnSql => column

/** A JSON object of members whose names are bound. */
export const namedObject = (members: [name: SQL, value: SQL][]): SQL =>
  sql`json_build_object(${sql.join(
    members.map(([name, value]) => sql`${name}::text, ${value}`),
    sql`, `,
  )})`

/** A value of JSON from its kind, the JSON of its number, and its text. */
export const jsonOfPlace = (rank: SQL, number: SQL, text: SQL): SQL =>
  sql`case ${rank} when 1 then to_json(${number}) when 2 then to_json(${text}) when 3 then 'false'::json when 4 then 'true'::json end`
