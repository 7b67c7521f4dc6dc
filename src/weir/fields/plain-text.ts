import { columnSql, expressions } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { noNul, notStorable, storable } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { comparison, partial } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const invalid = new Invalid(notStorable, "invalid_text")

/** The code of zod for a text that is too long. */
const tooBig = "too_big"

/** Whether a text has at most `most` characters, as JSON Schema and the databases count them. */
export function isWithin(value: string, most: number): boolean {
  if (value.length <= most) return true
  let characters = 0
  for (const _ of value) if (++characters > most) return false
  return true
}

const oneOf = (values: readonly string[]): z.ZodType => z.enum(values as [string, ...string[]])

function input({ values, length }: FieldSpec): z.ZodType {
  if (values?.length) return oneOf(values)
  const text = readBy(z.string(), (value) => (storable(value) ? value : invalid))
  if (length === undefined) return text.openapi({ pattern: noNul })
  return text
    .refine((value) => isWithin(value, length), {
      message: `must have at most ${length} characters`,
      params: { code: tooBig },
    })
    .openapi({ maxLength: length, pattern: noNul })
}

/** Most bytes that JSON takes for a character, as for `\u0001`. */
const maxEscape = 6

const jsonBytes = (values: readonly string[]): number[] =>
  values.map((value) => Buffer.byteLength(JSON.stringify(value)))

/** Text of a column that is not of the vocabulary: kept as it is sent. A row may hold other values than the column's own. */
export const plainText: MakeType = (spec) => ({
  ...usual,
  operators: [...comparison, ...partial],
  parse: (text) => (storable(text) ? text : invalid),
  parseCell: (cell) => cell,
  accepts: (value) => typeof value === "string" && storable(value),
  input: () => input(spec),
  output: () => z.string(),
  example: () => spec.example ?? spec.values?.[0] ?? "example".slice(0, spec.length),
  ordered: expressions.collated,
  minBytes: 2,
  maxBytes: 2 + maxEscape * (spec.length ?? Number.POSITIVE_INFINITY),
  measured: true,
  sql: columnSql(spec),
})

/** A value of an enumerated type of the database, which sorts them in the order of their declaration. */
export const enumerated: MakeType = (spec) => {
  const values = spec.values ?? []
  const parse = (text: string) =>
    values.includes(text) ? text : new Invalid(`must be one of ${values.join(", ")}`, "invalid_value")
  const bytes = jsonBytes(values)
  return {
    ...usual,
    operators: comparison,
    parse,
    parseCell: (cell) => cell,
    accepts: (value) => typeof value === "string" && values.includes(value),
    input: () => oneOf(values),
    output: () => oneOf(values),
    example: () => values[0] ?? null,
    minBytes: Math.min(2, ...bytes),
    maxBytes: Math.max(2, ...bytes),
    sql: columnSql(spec),
  }
}
