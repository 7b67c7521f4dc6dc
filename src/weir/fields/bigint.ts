import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparedBy } from "./compared.ts"
import { comparison } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const digits = /^[+-]?\d{1,40}$/
const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
const notWhole = new Invalid("must be a whole number", "invalid_integer")
const notWithin = new Invalid("is out of range", "out_of_range")

function parse(text: string): string | Invalid {
  if (!digits.test(text)) return notWhole
  const number = BigInt(text.replace("+", ""))
  return number < least || number > most ? notWithin : String(number)
}

/** A value of a body: digits, or a number that JavaScript has read without loss. */
function read(value: string | number): string | Invalid {
  if (typeof value === "string") return parse(value)
  if (Number.isSafeInteger(value)) return String(value)
  return Number.isInteger(value) ? notWithin : notWhole
}

const textOrNumber = z.union([z.string(), z.number()], {
  error: "must be a whole number, as text or as a number",
})

const input = (): z.ZodType =>
  readBy<string | number>(textOrNumber, read).openapi({
    type: ["string", "integer"],
    pattern: "^[+-]?\\d+$",
  })

/** A whole number of 64 bits: in JSON, text of its digits, since JavaScript's numbers have 53. */
export const bigint: MakeType = (spec) => {
  const sql = columnSql(spec)
  return {
    ...usual,
    ...comparedBy(sql),
    operators: comparison,
    parse,
    parseCell: parse,
    accepts: (value) => typeof value === "string" && parse(value) === value,
    input,
    output: () => z.string().openapi({ pattern: "^-?\\d+$" }),
    example: () => spec.example ?? "1",
    minBytes: 3,
    maxBytes: 22,
    sql,
  }
}
