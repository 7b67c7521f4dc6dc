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

/** The texts that SQLite's own functions and JavaScript write of an instant that is a number. */
const textsOf = (value: SQL, unit: "s" | "ms"): SQL[] => {
  const seconds = unit === "s" ? value : sql`${value} / 1000.0`
  return ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%f", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%fZ"]
    .slice(unit === "s" ? 0 : 1)
    .map((form) => sql`strftime(${sql.raw(`'${form}'`)}, ${seconds}, 'unixepoch')`)
    .concat(unit === "s" ? [] : [sql`iif(${value} % 1000 = 0, datetime(${seconds}, 'unixepoch'), null)`])
}

/**
 * Comparisons where a text that somebody else stored counts as the instant that is shown of it, by an index of the column:
 * numbers come before all text there.
 */
const besideText = (unit: "s" | "ms"): Pick<ColumnSql, "compared" | "oneOf"> => ({
  compared: (operator, column, value) => {
    if (operator === "=") return sql`${column} in (${sql.join([value, ...textsOf(value, unit)], sql`, `)})`
    const sign = sql.raw(operator)
    return sql`(${column} ${sign} ${value} and (${column} < '' or ${counted(column, unit)} ${sign} ${value}))`
  },
  oneOf: (expression, list) => {
    const element = sql`cast(value as integer)`
    const forms = [element, ...textsOf(element, unit)].map(
      (form) => sql`select ${form} as v from json_each(${list})`,
    )
    return sql`${expression} in (select v from (${sql.join(forms, sql` union all `)}) where v is not null)`
  },
})

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
    ...(!mayHoldText && besideText(unit)),
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
