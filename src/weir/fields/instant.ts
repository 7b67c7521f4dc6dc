import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { readMoment } from "../lib/calendar.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparedBy } from "./compared.ts"
import { comparison } from "./operators.ts"
import { Between, Invalid, type MakeType, usual } from "./type.ts"

/** Digits of a second of a column of Postgres that does not say how many it has. */
const mostDigits = 6
/** The years that Postgres has. */
const years = [-4713, 294_276] as const
/** The milliseconds that JavaScript counts at the most. */
const farthest = 8.64e15
/** The milliseconds of an instant, as JavaScript writes them. */
const millis = 3

const invalid = new Invalid(
  "must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z",
  "invalid_timestamp",
)
const invalidLocal = new Invalid(
  "must be a time without zone, such as 2026-01-31T12:00:00",
  "invalid_timestamp",
)
const outOfRange = new Invalid("is out of range", "out_of_range")

interface Read {
  text: string
  isExact: boolean
}

/** Reads an instant as the column holds it: in one spelling, with the digits of the column, what is finer cut off. */
function read(text: string, { type, unit, precision = mostDigits }: FieldSpec): Read | Invalid {
  const zone = type === "timestamp"
  const digits = unit === "ms" ? millis : unit === "s" ? 0 : precision
  const moment = readMoment(text, { zone, digits })
  if (!moment) return zone ? invalid : invalidLocal
  const { isExact, year } = moment
  const written = unit === "s" ? moment.text.replace("Z", ".000Z") : moment.text
  const isWithin = unit ? Math.abs(Date.parse(written)) <= farthest : year >= years[0] && year <= years[1]
  return isWithin ? { text: written, isExact } : outOfRange
}

/** What a cursor holds of an instant that JSON cannot say: a word of Postgres, or the number that SQLite has. */
const isBeyond = (value: unknown, { unit }: FieldSpec): boolean =>
  unit ? typeof value === "number" && Number.isFinite(value) : value === "infinity" || value === "-infinity"

/** A moment in a year that has a sign and six digits, or in year 0. */
const farYear = "^([+-]\\d{6}|0000)-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$"

/**
 * An instant, exact to the last digit of its column: of Postgres, or of a column of integers. Years have four digits;
 * others have a sign and six.
 */
export const instant: MakeType = (spec) => {
  const sql = columnSql(spec)
  const isLocal = spec.type === "local_timestamp"
  const format = isLocal
    ? { pattern: "^(\\d{4}|[+-]\\d{6})-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?$" }
    : { format: "date-time" }
  const cut = (text: string) => {
    const found = read(text, spec)
    return found instanceof Invalid ? found : found.text
  }
  return {
    ...usual,
    ...comparedBy(sql),
    operators: comparison,
    parse: (text) => {
      const found = read(text, spec)
      if (found instanceof Invalid) return found
      return found.isExact ? found.text : new Between(found.text)
    },
    parseCell: cut,
    accepts: (value) => (typeof value === "string" && cut(value) === value) || isBeyond(value, spec),
    input: () => readBy(z.string(), cut).openapi(format),
    // Years of other than four digits are no date-time (RFC 3339).
    output: () => z.string().openapi(isLocal ? format : { anyOf: [format, { pattern: farYear }] }),
    example: () => spec.example ?? (cut(`2026-01-31T12:00:00${isLocal ? "" : "Z"}`) as string),
    // Without digits of a second, and with a sign, six digits of the year and of the second.
    minBytes: 21,
    maxBytes: 32,
    sql,
  }
}
