import { type SQL, sql } from "drizzle-orm"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { heldAsStored, isKind, isSafe } from "./odd.ts"
import { typed } from "./typed.ts"

/** Milliseconds: of the first moment of year 0, of the last of year 9999, and of 400 years, which repeat themselves. */
const yearZero = -62_167_219_200_000
const lastOfNines = 253_402_300_799_999
const cycle = 12_622_780_800_000
/** Cycles that make every instant positive which JavaScript has, and the most milliseconds that it counts. */
const cyclesBefore = 700
const farthest = 8.64e15

/** What text counts as that is no time. */
const none = 0

const raw = (value: number | string): SQL => sql.raw(String(value))

/** An integer as an instant that a column of integers holds; text, which SQLite's own functions make, is in UTC. */
function counted(column: SQL, unit: "s" | "ms"): SQL {
  const ofText =
    unit === "s"
      ? sql`unixepoch(${column})`
      : sql`cast(round((julianday(${column}) - 2440587.5) * 86400000) as integer)`
  return sql`iif(typeof(${column}) = 'text', coalesce(${ofText}, ${raw(none)}), ${column})`
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

/** An instant: RFC 3339 text, which is the vocabulary's, or a number of seconds or milliseconds. */
export function timestamp({ unit, mayHoldText }: FieldSpec): ColumnSql {
  if (!unit) return typed("text")
  const normalized = (column: SQL) => counted(column, unit)
  return {
    ...typed("integer"),
    json: (column) => {
      const number = sql`iif(${isKind("blob")(column)}, null, ${normalized(column)})`
      return written(
        unit === "s" ? sql`(cast(${number} as integer) * 1000)` : sql`cast(${number} as integer)`,
      )
    },
    encode: (value) => (typeof value === "string" ? stored(value, unit) : ((value ?? null) as number | null)),
    // What no text can say stays what it is.
    ...heldAsStored(isSafe),
    ...(mayHoldText && { position: (column) => heldAsStored(isSafe).position?.(normalized(column)) as SQL }),
    ...(mayHoldText && {
      comparable: normalized,
      oneOf: (expression, list) => typed("integer").oneOf(normalized(expression), list),
    }),
  }
}

const stored = (text: string, unit: "s" | "ms"): number => {
  const ms = Date.parse(text)
  return unit === "s" ? Math.floor(ms / 1000) : ms
}
