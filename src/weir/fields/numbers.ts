import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { isLongInteger } from "../lib/long-integer.ts"
import * as z from "../lib/zod.ts"
import { comparison } from "./operators.ts"
import { type FieldType, Invalid, type MakeType, type Scalar } from "./type.ts"

function parseInteger(text: string): Scalar | Invalid {
  if (!/^-?\d{1,20}$/.test(text)) return new Invalid("must be a whole number", "invalid_integer")
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  return isLongInteger(text) ? text : new Invalid("is out of range", "out_of_range")
}

/** A number with an exponent as it was written: a plus sign in a query string means a space. */
export const withPlus = (text: string): string => text.replace(/(?<=\de) /i, "+")

function parseReal(given: string): Scalar | Invalid {
  const text = withPlus(given)
  if (!/^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
    return new Invalid("must be a number", "invalid_number")
  const number = Number(text)
  return Number.isFinite(number) ? number : new Invalid("is out of range", "out_of_range")
}

/** A number's schema within its bounds. */
function bounded(schema: z.ZodNumber, { min, max }: FieldSpec): z.ZodType {
  let within = schema
  if (min !== undefined) within = within.min(min)
  if (max !== undefined) within = within.max(max)
  // Minus zero is zero: the databases spell it differently.
  return within.overwrite((value) => value + 0)
}

/** The same, which takes the text of a number within the bounds that JavaScript does not keep. */
function orLong(schema: z.ZodType, { min, max }: FieldSpec): z.ZodType {
  const { run } = schema._zod
  schema._zod.run = (payload, context) => {
    const { value } = payload
    if (typeof value !== "string" || !isLongInteger(value)) return run(payload, context)
    const number = Number(value)
    if (number < (min ?? number) || number > (max ?? number)) payload.value = number
    return payload.value === number ? run(payload, context) : payload
  }
  return schema
}

const exampleWithin = ({ example, min, max }: FieldSpec, value: number): Scalar =>
  example ?? Math.min(Math.max(min ?? value, value), max ?? value)

const number = {
  operators: comparison,
  toCell: (value) => value,
  ordered: (expression) => expression,
  minBytes: 1,
  // -1.2345678901234567e-308
  maxBytes: 24,
  measured: false,
  multiline: false,
  generated: false,
  heavy: false,
} satisfies Partial<FieldType>

export const integer: MakeType = (spec) => ({
  ...number,
  parse: parseInteger,
  parseCell: parseInteger,
  accepts: (value) => Number.isSafeInteger(value) || (typeof value === "string" && isLongInteger(value)),
  input: () => orLong(bounded(z.int(), spec), spec),
  output: () => z.int(),
  example: () => exampleWithin(spec, 1),
  sql: columnSql(spec),
})

/** A primary key that the database makes. An imported one may be up to 2^52, which leaves room for later ones. */
export const id: MakeType = (spec) => ({
  ...integer(spec),
  input: () =>
    z
      .int()
      .min(1)
      .max(2 ** 52),
  generated: true,
  sql: columnSql(spec),
})

export const real: MakeType = (spec) => ({
  ...number,
  parse: parseReal,
  parseCell: parseReal,
  accepts: (value) => typeof value === "number" && Number.isFinite(value),
  input: () => bounded(z.number(), spec),
  output: () => z.number(),
  example: () => exampleWithin(spec, 9.5),
  sql: columnSql(spec),
})
