import { type SQL, sql } from "drizzle-orm"
import { toEra } from "../../../../lib/calendar.ts"
import type { ColumnSql } from "../../column-sql.ts"
import type { FieldSpec } from "../../field.ts"
import { readFromText, typed } from "./typed.ts"

/** Digits of a second that a column keeps where it does not say so. */
const mostDigits = 6

const encode = (value: unknown): string | null =>
  value === null || value === undefined ? null : toEra(String(value))

/** Formats of `to_char`: the day within a year, and the time of day with its digits. */
const dayForm = "-MM-DD"
const timeForm = (digits: number): string => `"T"HH24:MI:SS${digits ? `.FF${digits}` : ""}`

/** A column of dates or times, and its time in UTC. */
interface Moment {
  column: SQL
  type: "date" | "timestamp" | "timestamptz"
  time: SQL
}

/** The first moment of a day. */
const dawn = (day: string, { type }: Moment): SQL =>
  sql.raw(`'${day}${type === "timestamptz" ? " 00:00+00" : ""}'::${type}`)

/** A date or time as ISO 8601, where its year has four digits: these are all that `to_char` writes right. Else `far`. */
function near(moment: Moment, form: string, far: SQL): SQL {
  const { column, time } = moment
  return sql`case when ${column} >= ${dawn("0001-01-01", moment)} and ${column} < ${dawn("10000-01-01", moment)} then to_char(${time}, ${sql.raw(`'YYYY${form}'`)}) ${far} end`
}

/**
 * A date or time as ISO 8601. Years of other than four digits have a sign and six digits, and year 0 is 1 BC. Infinite
 * ones are null, as `to_char` has it. It is short, since Postgres prepares all of an expression for each statement, and
 * nearly no row needs what is far.
 */
function iso(moment: Moment, form: string, day: SQL): SQL {
  const { column, type, time } = moment
  const isBefore = sql`${column} < ${dawn("0001-01-01", moment)}`
  const year = sql`extract(year from ${type === "date" ? column : time}) + case when ${isBefore} then 1 else 0 end`
  const years = sql`replace(to_char(${year}, 'FMSG9000000'), '+000000', '0000')`
  return near(moment, form, sql`else ${years} || ${day}`)
}

/** How moments are written in JSON, of columns that may hold any. */
const written = (momentOf: (column: SQL) => Moment, form: string): Pick<ColumnSql, "json" | "quick"> => ({
  json: (column) => {
    const moment = momentOf(column)
    return iso(moment, form, sql`to_char(${moment.time}, ${sql.raw(`'${form}'`)})`)
  },
  quick: (column, otherwise) =>
    near(momentOf(column), form, sql`when ${column} is not null then ${otherwise}`),
})

const asDate = (column: SQL): Moment => ({ column, type: "date", time: sql`${column}::timestamp` })

/** A date has years that no timestamp has. */
const isoDate = (column: SQL): SQL => {
  const digits = (name: string) => sql`lpad(extract(${sql.raw(name)} from ${column})::text, 2, '0')`
  return iso(asDate(column), dayForm, sql`'-' || ${digits("month")} || '-' || ${digits("day")}`)
}

/** What a cursor holds: the JSON value, or the word for an infinite one. */
const positioned = (json: (column: SQL) => SQL) => (column: SQL) =>
  sql`coalesce(${json(column)}, ${column}::text)`

/** By default, Postgres renders `+00:00` and drops trailing zeros. It would look up a zone by its name each time. */
const inUtc = (column: SQL): SQL => sql`${column} at time zone interval '0'`

/** An instant. One of the vocabulary has milliseconds. A column without zone holds UTC. */
export function timestamp({ inferred, zone, precision = mostDigits }: FieldSpec): ColumnSql {
  if (!inferred)
    return {
      ...typed("timestamptz"),
      json: (column) => sql`to_char(${inUtc(column)}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    }
  const momentOf = (column: SQL): Moment =>
    zone
      ? { column, type: "timestamptz", time: sql`(${inUtc(column)})` }
      : { column, type: "timestamp", time: column }
  const json = written(momentOf, `${dayForm}${timeForm(precision)}"Z"`)
  const { json: position } = json
  return {
    ...readFromText(zone ? "timestamptz" : "timestamp"),
    encode,
    ...json,
    position: positioned(position),
  }
}

/** A moment without a zone, as the column has it. */
export function localTimestamp({ precision = mostDigits }: FieldSpec): ColumnSql {
  const momentOf = (column: SQL): Moment => ({ column, type: "timestamp", time: column })
  const json = written(momentOf, `${dayForm}${timeForm(precision)}`)
  return { ...readFromText("timestamp"), encode, ...json, position: positioned(json.json) }
}

/** A day, whatever `DateStyle` is. */
export const date = (): ColumnSql => ({
  ...readFromText("date"),
  encode,
  ...written(asDate, dayForm),
  json: isoDate,
  position: positioned(isoDate),
})

/** A time of day. Postgres prints it so whatever its settings are, but for the minutes of most offsets. */
export const time = ({ zone }: FieldSpec): ColumnSql => ({
  ...readFromText(zone ? "timetz" : "time"),
  json: (column) =>
    zone
      ? sql`case when ${column}::text ~ '[+-][0-9][0-9]$' then ${column}::text || ':00' else ${column}::text end`
      : sql`${column}::text`,
})

/** A part of an interval, where it is not zero. */
const part = (column: SQL, name: string, unit: string): SQL => {
  const value = sql`extract(${sql.raw(name)} from ${column})`
  return sql`case when ${value} <> 0 then trim_scale(${value}) || ${sql.raw(`'${unit}'`)} else '' end`
}

/** An interval as an ISO 8601 duration, whatever `IntervalStyle` is. */
export function interval(): ColumnSql {
  const json = (column: SQL) => {
    const days = ["year", "month", "day"].map((name) => part(column, name, name[0]?.toUpperCase() ?? ""))
    const times = ["hour", "minute", "second"].map((name) => part(column, name, name[0]?.toUpperCase() ?? ""))
    const joined = (parts: SQL[]) => sql.join(parts, sql` || `)
    const text = sql`'P' || ${joined(days)} || coalesce('T' || nullif(${joined(times)}, ''), '')`
    return sql`case when isfinite(${column}) then coalesce(nullif(${text}, 'P'), 'PT0S') end`
  }
  return { ...readFromText("interval"), json, position: positioned(json) }
}
