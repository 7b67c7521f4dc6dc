import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparison } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const part = (unit: string) => `([+-]?\\d{1,10}(\\.\\d{1,9})?${unit})?`
const documented = `^P(?=[\\dT+-])${["Y", "M", "W", "D"].map(part).join("")}(T(?=[\\d+-])${["H", "M", "S"].map(part).join("")})?$`
const pattern = new RegExp(documented)
const invalid = new Invalid("must be an ISO 8601 duration, such as P1DT12H", "invalid_interval")

const parse = (text: string): string | Invalid => (pattern.test(text) ? text : invalid)

/** A span of time: an ISO 8601 duration. Postgres compares a month as 30 days, and a day as 24 hours. */
export const interval: MakeType = (spec) => ({
  ...usual,
  operators: comparison,
  parse,
  parseCell: parse,
  accepts: (value) =>
    typeof value === "string" && (pattern.test(value) || value === "infinity" || value === "-infinity"),
  input: () => readBy(z.string(), parse).openapi({ pattern: documented }),
  // Signs and fractions are no duration of RFC 3339.
  output: () => z.string().openapi({ pattern: documented }),
  example: () => spec.example ?? "P1DT12H",
  minBytes: 5,
  maxBytes: 80,
  sql: columnSql(spec),
})
