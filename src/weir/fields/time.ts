import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparison } from "./operators.ts"
import { Between, Invalid, type MakeType, usual } from "./type.ts"

/** Digits of a second of a column that does not say how many it has. */
const mostDigits = 6

const pattern =
  /^((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d|24:00:00(?=(?:\.0+)?(?:[Zz+-]|$)))(?:\.(\d+))?([Zz]|[+-](?:0\d|1[0-5]):[0-5]\d(?::[0-5]\d)?)?$/

interface Read {
  text: string
  isExact: boolean
}

/** Reads a time of day as the column holds it: in one spelling, with what is finer than its digits cut off. */
function read(text: string, { zone, precision = mostDigits }: FieldSpec): Read | undefined {
  const [, clock, digits = "", offset] = pattern.exec(text) ?? []
  if (clock === undefined || (offset === undefined) === (zone === true)) return undefined
  const kept = digits.slice(0, precision).replace(/0+$/, "")
  const zoned = offset && /z/i.test(offset) ? "+00:00" : (offset ?? "")
  return {
    text: `${clock}${kept && `.${kept}`}${zoned}`,
    isExact: !/[1-9]/.test(digits.slice(precision)),
  }
}

/** A time of day, with an offset where the column has one. */
export const time: MakeType = (spec) => {
  const example = spec.zone ? "12:00:00+00:00" : "12:00:00"
  const invalid = new Invalid(`must be a time, such as ${example}`, "invalid_time")
  const documented = `^\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?${spec.zone ? "([Zz]|[+-]\\d\\d:\\d\\d(:\\d\\d)?)" : ""}$`
  return {
    ...usual,
    operators: comparison,
    parse: (text) => {
      const found = read(text, spec)
      if (!found) return invalid
      return found.isExact ? found.text : new Between(found.text)
    },
    parseCell: (text) => read(text, spec)?.text ?? invalid,
    accepts: (value) => typeof value === "string" && read(value, spec)?.text === value,
    input: () =>
      readBy(z.string(), (value) => read(value, spec)?.text ?? invalid).openapi({ pattern: documented }),
    output: () => z.string().openapi({ pattern: documented }),
    example: () => spec.example ?? example,
    minBytes: 10,
    maxBytes: 26,
    sql: columnSql(spec),
  }
}
