import { z } from "@hono/zod-openapi"
import { columnSql } from "../db/dialect/expressions.ts"
import { readDate } from "../lib/calendar.ts"
import { readBy } from "./checked.ts"
import { comparison } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

/** The years that Postgres has. */
const years = [-4713, 5_874_897] as const

const invalid = new Invalid("must be a date, such as 2026-01-31", "invalid_date")

/** A day of a year that has a sign and six digits or more, which is no date of RFC 3339. */
const farYear = "^[+-]\\d{6,7}-\\d\\d-\\d\\d$"

function parse(text: string): string | Invalid {
  const date = readDate(text)
  if (!date) return invalid
  return date.year >= years[0] && date.year <= years[1]
    ? text
    : new Invalid("is out of range", "out_of_range")
}

const isDate = (value: string): boolean => !(parse(value) instanceof Invalid)

/** A day of the calendar. */
export const date: MakeType = (spec) => ({
  ...usual,
  operators: comparison,
  parse,
  parseCell: parse,
  accepts: (value) =>
    typeof value === "string" && (isDate(value) || value === "infinity" || value === "-infinity"),
  input: () => readBy(z.string(), parse).openapi({ format: "date" }),
  output: () => z.string().openapi({ anyOf: [{ format: "date" }, { pattern: farYear }] }),
  example: () => spec.example ?? "2026-01-31",
  minBytes: 12,
  maxBytes: 16,
  sql: columnSql(spec),
})
