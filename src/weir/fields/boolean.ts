import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { equality } from "./operators.ts"
import { Invalid, type MakeType } from "./type.ts"

const parse = (text: string): boolean | Invalid =>
  text === "true" || text === "false"
    ? text === "true"
    : new Invalid("must be true or false", "invalid_boolean")

export const boolean: MakeType = (spec) => ({
  operators: equality,
  parse,
  parseCell: parse,
  toCell: (value) => value,
  accepts: (value) => typeof value === "boolean",
  input: () => z.boolean(),
  output: () => z.boolean(),
  example: () => true,
  ordered: (expression) => expression,
  minBytes: 4,
  maxBytes: 5,
  measured: false,
  multiline: false,
  generated: false,
  heavy: false,
  sql: columnSql(spec),
})
