import { columnSql } from "../db/dialect/expressions.ts"
import { readDate } from "../lib/calendar.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparison } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

/** The years that Postgres has, and those of the vocabulary, which have one spelling on both dialects. */
const postgresYears = [-4713, 5_874_897] as const
const ownYears = [1, 9999] as const

const invalid = new Invalid("must be a date, such as 2026-01-31", "invalid_date")

/** A day of a year that has a sign and six digits or more, which is no date of RFC 3339. */
const farYear = "^[+-]\\d{6,7}-\\d\\d-\\d\\d$"

const outOfRange = new Invalid("is out of range", "out_of_range")

function within(text: string, [first, last]: readonly [number, number]): string | Invalid {
  const date = readDate(text)
  if (!date) return invalid
  return date.year >= first && date.year <= last ? text : outOfRange
}

/** A day of the calendar. */
export const date: MakeType = (spec) => {
  const { inferred } = spec
  const parse = (text: string) => within(text, inferred ? postgresYears : ownYears)
  const isInfinite = (value: string) => inferred === true && /^-?infinity$/.test(value)
  return {
    ...usual,
    operators: comparison,
    parse,
    parseCell: parse,
    accepts: (value) =>
      typeof value === "string" && (!(parse(value) instanceof Invalid) || isInfinite(value)),
    input: () => readBy(z.string(), parse).openapi({ format: "date" }),
    output: () =>
      z
        .string()
        .openapi(inferred ? { anyOf: [{ format: "date" }, { pattern: farYear }] } : { format: "date" }),
    example: () => spec.example ?? "2026-01-31",
    minBytes: 12,
    maxBytes: inferred ? 16 : 12,
    sql: columnSql(spec),
  }
}
