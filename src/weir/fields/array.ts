import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { listParts } from "../lib/list-parts.ts"
import * as z from "../lib/zod.ts"
import { parseJson } from "./json.ts"
import { Between, type FieldType, Invalid, type MakeType, usual } from "./type.ts"

/** An array that nests `depth` deep. Elements may be null. */
function nested(element: z.ZodType, depth: number): z.ZodType {
  let schema: z.ZodType = element.nullable()
  for (let level = 0; level < depth; level++) schema = z.array(schema)
  if (depth < 2) return schema
  return schema.superRefine((value, context) => {
    const path = unevenPath(value as unknown[], lengthsOf(value as unknown[], depth))
    if (path) context.addIssue({ code: custom, path, message: uneven, params: { code: "invalid_value" } })
  })
}

/** The code of zod for a check that is none of its own. */
const custom = "custom"
const uneven = "must have as many elements as the lists beside it, and one at the least"

/** How long the lists of an array are, at each depth, by the first of them. */
function lengthsOf(value: unknown[], depth: number): number[] {
  const inner = value[0]
  return [value.length, ...(depth > 1 && Array.isArray(inner) ? lengthsOf(inner, depth - 1) : [])]
}

/** The place of the first list that makes no array of Postgres: an empty one, or one that is as long as no other. */
function unevenPath(value: unknown[], [, ...lengths]: number[]): number[] | undefined {
  const [length] = lengths
  if (length === undefined) return undefined
  for (const [i, inner] of (value as unknown[][]).entries()) {
    if (inner.length !== length || length === 0) return [i]
    const path = unevenPath(inner, lengths)
    if (path) return [i, ...path]
  }
  return undefined
}

/** The operand of `contains`: values that all are elements, with commas between them. */
function elementsOf(element: FieldType, text: string): unknown[] | Invalid {
  const parts = listParts(text)
  if (!parts) return new Invalid("has a quote that is not closed before a comma", "invalid_list")
  const values = parts.map((part) => element.parse(part))
  const wrong = values.find((value) => value instanceof Invalid)
  if (wrong) return wrong
  if (values.some((value) => value instanceof Between))
    return new Invalid("has more digits than an element can have", "invalid_value")
  return values
}

/** An array with one element, however deep it nests. */
const exampleOf = (element: unknown, depth: number): unknown[] =>
  depth > 1 ? [exampleOf(element, depth - 1)] : [element]

const textElement: FieldSpec = { type: "text", inferred: true }

/** An array of Postgres. Each element has the rules of its own type. */
export function array(makeType: (spec: FieldSpec) => FieldType): MakeType {
  return (spec) => {
    const { element: elementSpec = textElement, dimensions = 1 } = spec
    const element = makeType(elementSpec)
    const columnType = columnSql(spec)
    // Of an array that nests, any element is meant.
    const flat = columnSql({ ...spec, dimensions: 1 })
    // Only what compares can be looked for.
    const hasContains = element.operators.includes("eq")
    return {
      ...usual,
      operators: hasContains ? ["contains"] : [],
      parse: () => new Invalid("cannot be compared", "not_comparable"),
      parseOperand: (operator, text) => {
        if (operator !== "contains") return undefined
        const values = elementsOf(element, text)
        return values instanceof Invalid ? values : (flat.encode(values) as string)
      },
      comparison: (operator, column, value) =>
        operator === "contains" ? columnType.contains?.(column, columnType.bind(value)) : undefined,
      parseCell: parseJson,
      toCell: JSON.stringify,
      accepts: () => false,
      input: () => nested(element.input(), dimensions),
      output: () => nested(element.output(), dimensions),
      example: () => exampleOf(element.example(), dimensions),
      minBytes: 2,
      maxBytes: Number.POSITIVE_INFINITY,
      measured: true,
      multiline: element.multiline,
      sql: columnType,
    }
  }
}
