import { type SQL, sql } from "drizzle-orm"
import { toScaled } from "../../../lib/scaled.ts"
import { type AggregateSql, averageDigits, type Exactness } from "../aggregates.ts"
import type { ColumnSql } from "../column-sql.ts"
import type { FieldSpec } from "../field.ts"
import { decimal, real } from "./types/numbers.ts"

export { bucket } from "./buckets.ts"

/** Whole numbers are added in two halves where their sum may have more than 64 bits: below and above this. */
const half = sql.raw("1000000000")
const halfDigits = 9

const at = (parts: SQL[], i = 0): SQL => parts[i] as SQL
const raw = (value: number): SQL => sql.raw(String(value))

const realJson = (value: SQL): SQL => real({ type: "real", inferred: true }).json(value)
const digitsOf = (value: SQL): SQL =>
  decimal({ type: "decimal", inferred: true, storage: "text" }).json(value)

/** Fifteen digits: those that the column keeps. */
const fifteen = (value: SQL): SQL =>
  sql`iif(typeof(${value}) = 'real', cast(printf('%!.15g', ${value}) as real), ${value})`

/** A sum of whole numbers: one, or its halves, which may differ in sign. */
const wholeParts = (column: SQL, wide: boolean): SQL[] =>
  wide
    ? [sql`sum(cast(${column} as integer) / ${half})`, sql`sum(cast(${column} as integer) % ${half})`]
    : [sql`sum(${column})`]

/**
 * A query of one row, each step over that before: SQLite's parser keeps steps that nest on its small stack. Steps that are
 * not kept would be put into each other, each as often as the next one names it.
 */
function inSteps(steps: ((from: SQL) => SQL)[]): SQL {
  const table = (i: number) => sql`${sql.identifier(`@${i}`)}`
  const ctes = steps.map(
    (step, i) => sql`${table(i)} as materialized (${step(i ? sql`from ${table(i - 1)}` : sql``)})`,
  )
  return sql`(with ${sql.join(ctes, sql`, `)} select v from ${table(steps.length - 1)})`
}

/** The steps to a sum by its sign and two halves, `neg`, `h` and `l`, which are not negative. */
function halves(parts: SQL[], wide: boolean, further = sql``): ((from: SQL) => SQL)[] {
  const [high, low] = wide
    ? [sql`${at(parts)} + ${at(parts, 1)} / ${half}`, sql`${at(parts, 1)} % ${half}`]
    : [sql`${at(parts)} / ${half}`, sql`${at(parts)} % ${half}`]
  const borrow = sql`((h > 0 and l < 0) - (h < 0 and l > 0))`
  return [
    () => sql`select ${high} as h, ${low} as l${further}`,
    (from) => sql`select *, ${borrow} as b ${from}`,
    (from) => sql`select *, h - b as h1, l + ${half} * b as l1 ${from}`,
    (from) => sql`select *, h1 < 0 or l1 < 0 as neg, abs(h1) as h2, abs(l1) as l2 ${from}`,
  ]
}

/** The digits of a sum without its point. */
const wholeDigits = (parts: SQL[], wide: boolean): SQL =>
  wide
    ? inSteps([
        ...halves(parts, true),
        (from) =>
          sql`select iif(neg, '-', '') || iif(h2 = 0, l2, h2 || printf('%09d', l2)) as v ${from} where h is not null`,
      ])
    : sql`cast(${at(parts)} as text)`

const zeros = sql.raw(`'${"0".repeat(60)}'`)

/** Digits with a point before the last `scale` of them. */
function pointed(digits: SQL, scale: number): SQL {
  if (scale === 0) return digits
  const size = sql`max(length(d), ${raw(scale + 1)})`
  return inSteps([
    () => sql`select ${digits} as s`,
    (from) => sql`select iif(s like '-%', '-', '') as sign, ltrim(s, '-') as d ${from} where s is not null`,
    (from) => sql`select sign, substr(${zeros} || d, -${size}) as d ${from}`,
    (from) =>
      sql`select sign || substr(d, 1, length(d) - ${raw(scale)}) || '.' || substr(d, -${raw(scale)}) as v ${from}`,
  ])
}

/** A sum. `wide` holds what overflows the usual one: whole numbers do beyond 64 bits. */
export function sum(exactness: Exactness, column: SQL, wide: boolean): AggregateSql {
  switch (exactness.kind) {
    case "real":
      return {
        parts: [sql`sum(${wide ? asReal(column) : column})`],
        value: (p) => finite(at(p)),
        json: (p) => realJson(at(p)),
      }
    case "rounded":
      return {
        parts: [sql`sum(${wide ? asReal(column) : column})`],
        value: (p) => fifteen(at(p)),
        json: (p) => digitsOf(fifteen(at(p))),
        position: (p) => digitsOf(fifteen(at(p))),
      }
    case "whole":
      return {
        parts: wholeParts(column, wide),
        value: (p) => (wide ? sql`cast(${wholeDigits(p, wide)} as numeric)` : at(p)),
        json: (p) =>
          wide
            ? sql`json(${wholeDigits(p, wide)})`
            : sql`iif(typeof(${at(p)}) = 'real', ${realJson(at(p))}, ${at(p)})`,
        position: (p) => wholeDigits(p, wide),
      }
    case "decimal": {
      const { scale = 0 } = exactness
      const { json } = decimal({ type: "decimal", scale })
      const digits = (p: SQL[]) => (wide ? pointed(wholeDigits(p, wide), scale) : json(at(p)))
      return {
        parts: wholeParts(column, wide),
        value: (p) => (wide ? sql`cast(${wholeDigits(p, wide)} as numeric)` : at(p)),
        json: digits,
        position: digits,
      }
    }
  }
}

/** A floating point number, or null where it is infinite, as the answer shows it. */
const finite = (value: SQL): SQL => sql`iif(abs(${value}) <= 1.7976931348623157e308, ${value}, null)`

const asReal = (column: SQL): SQL => sql`cast(${column} as real)`

/** An average: of whole and floating point numbers a floating point one, of decimals with 16 digits. */
export function average(exactness: Exactness, column: SQL, wide: boolean): AggregateSql {
  const total = sum(exactness, column, wide)
  const size = total.parts.length
  const parts = [...total.parts, sql`count(${column})`]
  const divided = (p: SQL[]): SQL => sql`(${asReal(total.value(p.slice(0, size)))} / ${at(p, size)})`
  switch (exactness.kind) {
    case "decimal": {
      // It is sorted by the nearest floating point number: the digits are made for those that are shown.
      const { scale = 0 } = exactness
      const value = (p: SQL[]) =>
        sql`(${asReal(total.value(p.slice(0, size)))} / (${at(p, size)} * ${sql.raw(`1e${scale}`)}))`
      return {
        parts,
        value,
        json: (p) => quotient(p, wide, scale),
        position: (p) => sql`iif(${at(p)} is null, null, printf('%!.17g', ${value(p)}))`,
      }
    }
    case "rounded": {
      const digits = (p: SQL[]) => digitsOf(fifteen(divided(p)))
      return { parts, value: (p) => fifteen(divided(p)), json: digits, position: digits }
    }
    default:
      return { parts, value: divided, json: (p) => realJson(divided(p)) }
  }
}

/** Blocks of nine digits after the point of a quotient before it is rounded. */
const blocks = 3

/**
 * A sum divided by a count, with 16 digits: in blocks of nine digits, as on paper, since a quotient of floating point
 * numbers has fewer.
 */
function quotient(parts: SQL[], wide: boolean, scale: number): SQL {
  const count = sql`, ${at(parts, parts.length - 1)} as n`
  const most = raw(averageDigits)
  const block = (from: SQL) =>
    sql`select neg, d || printf('%09d', r / n) as d, (r % n) * ${half} as r, n ${from}`
  const places = raw(blocks * halfDigits + scale)
  return inSteps([
    ...halves(parts, wide, count),
    (from) => sql`select neg, h2 / n as d, (h2 % n) * ${half} + l2 as r, n ${from} where n > 0`,
    ...Array.from({ length: blocks + 1 }, () => block),
    (from) => sql`select neg, ltrim(d, '0') as d ${from}`,
    // The first digits, rounded, and how many of them stand after the point.
    (from) =>
      sql`select neg, '' || (cast(substr(d, 1, ${most}) as integer) + (substr(d, ${raw(averageDigits + 1)}, 1) >= '5')) as d, ${places} - max(0, length(d) - ${most}) as e ${from}`,
    (from) =>
      sql`select neg, iif(e > 0, substr(${zeros} || d, -max(length(d), e + 1)), d || substr(${zeros}, 1, -e)) as d, max(e, 0) as e ${from}`,
    (from) =>
      sql`select neg, substr(d, 1, length(d) - e) as w, rtrim(substr(d, length(d) - e + 1), '0') as f ${from}`,
    (from) => sql`select iif(neg, '-', '') || w || iif(f = '', '', '.' || f) as v ${from}`,
  ])
}

/** The least or the greatest value. */
export const extreme = (name: "min" | "max", _spec: FieldSpec, column: SQL): SQL =>
  sql`${sql.raw(name)}(${column})`

/**
 * A column of exact numbers that may be larger than any of a table's. One with a `scale` holds whole numbers, as the
 * vocabulary's decimals are stored.
 */
export const exactColumn = (column: ColumnSql, scale: number | undefined): ColumnSql => ({
  ...column,
  encode: (value) => (scale === undefined ? String(value) : toScaled(String(value), scale)),
  bind: (param) => sql`cast(${param} as numeric)`,
  oneOf: (expression, list) => sql`${expression} in (select cast(value as numeric) from json_each(${list}))`,
})

/** A JSON object of members whose names are bound. */
export const namedObject = (members: [name: SQL, value: SQL][]): SQL =>
  sql`json_object(${sql.join(
    members.map(([name, value]) => sql`${name}, ${value}`),
    sql`, `,
  )})`

/** A value of JSON from its kind, the JSON of its number, and its text. */
export const jsonOfPlace = (rank: SQL, number: SQL, text: SQL): SQL =>
  sql`case ${rank} when 1 then ${number} when 2 then ${text} when 3 then json('false') when 4 then json('true') end`
