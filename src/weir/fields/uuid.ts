import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparison } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const pattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const invalid = new Invalid("must be a UUID, such as 0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f", "invalid_uuid")

const parse = (text: string): string | Invalid => {
  const lower = text.toLowerCase()
  return pattern.test(lower) ? lower : invalid
}

/** A UUID of any version, in lower case. */
export const uuid: MakeType = (spec) => ({
  ...usual,
  operators: comparison,
  parse,
  parseCell: parse,
  accepts: (value) => typeof value === "string" && pattern.test(value),
  input: () => readBy(z.string(), parse).openapi({ format: "uuid" }),
  output: () => z.string().openapi({ format: "uuid" }),
  example: () => spec.example ?? "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f",
  minBytes: 38,
  maxBytes: 38,
  sql: columnSql(spec),
})
