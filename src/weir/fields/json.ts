import { z } from "@hono/zod-openapi"
import { columnTypes } from "../db/dialect/expressions.ts"
import { Invalid, type MakeType } from "./type.ts"

/** Any JSON value. Its document is spelled out: the generator recurses without end on `z.json()`. */
const anyJson = (): z.ZodType =>
  z.json().openapi({ type: ["object", "array", "string", "number", "boolean", "null"] })

function parseCell(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return new Invalid("is not JSON", "invalid_json")
  }
}

export const json: MakeType = () => ({
  operators: [],
  parse: () => new Invalid("cannot be compared", "not_comparable"),
  parseCell,
  toCell: (value) => JSON.stringify(value),
  accepts: () => false,
  input: anyJson,
  output: anyJson,
  example: () => null,
  ordered: (expression) => expression,
  minBytes: 1,
  maxBytes: Number.POSITIVE_INFINITY,
  measured: true,
  multiline: true,
  generated: false,
  sql: columnTypes.json,
})
