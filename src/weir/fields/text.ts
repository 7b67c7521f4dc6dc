import { columnSql, expressions } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import {
  hasMailDomain,
  holdsHidden,
  isPlainName,
  normalizedEmail,
  normalizedUsername,
} from "../lib/identifiers.ts"
import { noNul, notStorable, storable } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import { comparison, partial } from "./operators.ts"
import { Invalid, type MakeType } from "./type.ts"

const email = /^[^\s@,;<>()"]+@[^\s@.,;<>()"]+(\.[^\s@.,;<>()"]+)+$/

/** Text as it is stored: trimmed, and in one spelling where the format asks for it. */
export function normalized({ format }: Pick<FieldSpec, "format">, value: string): string {
  if (format === "email") return normalizedEmail(value)
  return format === "username" ? normalizedUsername(value) : value.trim()
}

/** Most bytes that JSON takes for a character, as for `\u0001`. */
const maxEscape = 6

const jsonBytes = (values: readonly string[]): number[] =>
  values.map((value) => Buffer.byteLength(JSON.stringify(value)))
/** What the document says of text that is trimmed, then has `min` characters, and holds no NUL. */
function trimmedPattern(min = 0): string {
  const visible = "[^\\s\\u0000]"
  if (min === 0) return noNul
  return min === 1
    ? `^[^\\u0000]*${visible}[^\\u0000]*$`
    : `^\\s*${visible}[^\\u0000]{${min - 2},}${visible}\\s*$`
}

const oneOf = (values: readonly string[]): z.ZodType => z.enum(values as [string, ...string[]])

function input({ values, format, min, max, pattern }: FieldSpec): z.ZodType {
  if (values) return oneOf(values)
  let schema = z.string().trim()
  if (format) schema = schema.overwrite((value) => normalized({ format }, value))
  if (min) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  const matched = pattern ? new RegExp(pattern, "u") : undefined
  if (format === "email") schema = schema.regex(email, "must be an email address")
  if (matched) schema = schema.regex(matched, `must match ${pattern}`)
  schema = schema.refine(storable, notStorable)
  if (format) schema = named(schema, format === "email" ? email : matched)
  // The pattern as it was written: the document knows no flags.
  const documented = pattern ?? (format ? undefined : trimmedPattern(min))
  return schema.openapi({
    ...(format === "email" ? { format } : {}),
    ...(documented ? { pattern: documented } : {}),
  })
}

/** Adds what emails and user names may not hold, for values that `shape` lets pass: the rest is told already. */
function named(schema: z.ZodString, shape: RegExp | undefined): z.ZodString {
  const isRight = shape === email ? hasMailDomain : isPlainName
  const wrong =
    shape === email ? "must have a domain that mail can be sent to" : "must hold no spaces or ligatures"
  return schema
    .refine((value) => !holdsHidden(value), "must hold no invisible characters")
    .refine((value) => (shape ? !shape.test(value) : false) || isRight(value), wrong)
}

function parse(spec: FieldSpec, text: string): string | Invalid {
  if (!storable(text)) return new Invalid(notStorable, "invalid_text")
  if (spec.values && !spec.values.includes(text))
    return new Invalid(`must be one of ${spec.values.join(", ")}`, "invalid_value")
  return spec.format ? normalized(spec, text) : text
}

function example({ example, values, format, min = 0, max }: FieldSpec): string {
  if (example !== undefined) return example
  if (values) return values[0] as string
  return format === "email" ? "ann@example.com" : "example".padEnd(min, "x").slice(0, max)
}

/** An operand of `contains` and `starts_with`, which need not be a value of the column. */
export const parsePart = (text: string): string | Invalid => parse({ type: "text" }, text)

export const text: MakeType = (spec) => ({
  operators: [...comparison, ...partial],
  parse: (value) => parse(spec, value),
  parseCell: (cell) => cell,
  toCell: (value) => value,
  accepts: (value) => typeof value === "string" && storable(value),
  input: () => input(spec),
  output: () => (spec.values ? oneOf(spec.values) : z.string()),
  example: () => example(spec),
  ordered: expressions.collated,
  minBytes: Math.min(...jsonBytes(spec.values ?? [""])),
  maxBytes: spec.values
    ? Math.max(...jsonBytes(spec.values))
    : 2 + maxEscape * (spec.max ?? Number.POSITIVE_INFINITY),
  measured: spec.values === undefined,
  multiline: false,
  generated: false,
  heavy: false,
  sql: columnSql(spec),
})
