import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { heldAsStored, isSafe } from "./odd.ts"
import { typed } from "./typed.ts"

/** Milliseconds: of the first moment of year 0, of the last of year 9999, and of 400 years, which repeat themselves. */
const yearZero = -62_167_219_200_000
const lastOfNines = 253_402_300_799_999
const cycle = 12_622_780_800_000
/** Cycles that make every instant positive which JavaScript has, and the most milliseconds that it counts. */
const cyclesBefore = 700
const farthest = 8.64e15

const raw = (value: number | string): SQL => sql.raw(String(value))

/**
 * An integer as an instant that a column of integers holds; text of a date, which SQLite's own functions make, is in UTC.
 * Other text is none, such as 'now', which those functions would take for the present, and so are bytes.
 */
function counted(column: SQL, unit: "s" | "ms"): SQL {
  const ofText =
    unit === "s"
      ? sql`unixepoch(${column})`
      : sql`cast(round((julianday(${column}) - 2440587.5) * 86400000) as integer)`
  return sql`case when ${column} < '' then ${column} when ${column} like '____-__-__%' and ${column} < x'' then ${ofText} end`
}

/** Milliseconds as RFC 3339 with three digits, as `Date.toISOString` writes them; null beyond what it can. */
function written(ms: SQL): SQL {
  const form = sql`'-%m-%dT%H:%M:%fZ'`
  const near = sql`strftime('%Y-%m-%dT%H:%M:%fZ', ${ms} / 1000.0, 'unixepoch')`
  const cycles = sql`((${ms} - ${raw(yearZero)} + ${raw(cycle * cyclesBefore)}) / ${raw(cycle)} - ${raw(cyclesBefore)})`
  const shifted = sql`(${ms} - ${cycles} * ${raw(cycle)}) / 1000.0, 'unixepoch'`
  const year = sql`(cast(strftime('%Y', ${shifted}) as integer) + 400 * ${cycles})`
  const far = sql`printf('%s%06d', iif(${year} < 0, '-', '+'), abs(${year})) || strftime(${form}, ${shifted})`
  return sql`case when ${ms} between ${raw(yearZero)} and ${raw(lastOfNines)} then ${near} when abs(${ms}) <= ${raw(farthest)} then ${far} end`
}

/** Whether an instant is among values: a text that is no time is not, rather than neither. */
const isOneOf = (value: SQL, list: SQL): SQL => sql`ifnull(${typed("integer").oneOf(value, list)}, 0)`

/**
 * Comparisons where a text that somebody else stored counts as the instant that is shown of it, by an index of the column:
 * numbers come before all text there, and the text of a time is that of its day, or with an offset of one beside it.
 */
const besideText = (unit: "s" | "ms"): Pick<ColumnSql, "compared" | "oneOf"> => ({
  compared: (operator, column, value) => {
    const greater = { gt: sql`>`, gte: sql`>=` }[operator]
    const is = (sign: SQL) => sql`${counted(column, unit)} ${sign} ${value}`
    if (greater) return sql`(${column} ${greater} ${value} and (${column} < '' or ${is(greater)}))`
    if (operator !== "eq" && operator !== "ne") return undefined
    const day = (shift: string) =>
      sql`date(${unit === "s" ? value : sql`${value} / 1000.0`}, 'unixepoch', ${sql.raw(`'${shift} days'`)})`
    const isEqual = sql`(${column} = ${value} or (${column} between ${day("-1")} and ${day("+2")} and ifnull(${is(sql`=`)}, 0)))`
    return operator === "eq" ? isEqual : sql`${isEqual} is not true`
  },
  oneOf: (column, list) =>
    sql`(${typed("integer").oneOf(column, list)} or (${column} between '0000-' and ':' and ${isOneOf(counted(column, unit), list)}))`,
})

/** An instant: RFC 3339 text, which is the vocabulary's, or a number of seconds or milliseconds. */
export function timestamp({ unit, mayHoldText }: FieldSpec): ColumnSql {
  if (!unit) return typed("text")
  const normalized = (column: SQL) => counted(column, unit)
  return {
    ...typed("integer"),
    json: (column) => {
      const number = normalized(column)
      return written(
        unit === "s" ? sql`(cast(${number} as integer) * 1000)` : sql`cast(${number} as integer)`,
      )
    },
    encode: (value) => (typeof value === "string" ? stored(value, unit) : ((value ?? null) as number | null)),
    // What no text can say stays what it is.
    ...heldAsStored(isSafe),
    ...(mayHoldText && { position: (column) => heldAsStored(isSafe).position?.(normalized(column)) as SQL }),
    ...(!mayHoldText && besideText(unit)),
    ...(mayHoldText && {
      mayLack: false,
      mayCompareNull: true,
      comparable: normalized,
      oneOf: (column, list) => isOneOf(normalized(column), list),
    }),
  }
}

const stored = (text: string, unit: "s" | "ms"): number => {
  const ms = Date.parse(text)
  return unit === "s" ? Math.floor(ms / 1000) : ms
}
