import type { Value } from "../db/dialect/statement.ts"
import { type Operator, partial } from "./operators.ts"
import { parsePart } from "./text.ts"
import { Between, type FieldType, Invalid } from "./type.ts"

/** What a column is compared with: the value as it is bound, and by which operator, which a value between two changes. */
export interface Operand {
  operator: Operator
  value: Value
}

/** The operators by which an operand between two values is compared with the one below; no value equals it. */
const betweens: Partial<Record<Operator, Operator>> = {
  eq: "in",
  ne: "nin",
  gte: "gt",
  lt: "lte",
}

/** An empty list, as it is bound. */
const noValues = "[]"

/** Reads the operand of an operator other than `is_null`, `in` and `nin`. */
export function readOperand(type: FieldType, operator: Operator, text: string): Operand | Invalid {
  const value = type.parseOperand?.(operator, text) ?? parsed(type, operator, text)
  if (value instanceof Invalid) return value
  if (!(value instanceof Between)) return { operator, value: type.sql.encode(value) }
  const asked = betweens[operator] ?? operator
  const isList = asked === "in" || asked === "nin"
  return { operator: asked, value: isList ? noValues : type.sql.encode(value.below) }
}

function parsed(type: FieldType, operator: Operator, text: string) {
  if (!partial.includes(operator)) return type.parse(text)
  return (operator === "ilike" ? wrongPattern(text) : undefined) ?? parsePart(text)
}

/** Most characters of a pattern, and of its `%`: databases try all ways to match these. */
const [maxPattern, maxWildcards] = [1_000, 10]

/** Why a pattern is refused. */
function wrongPattern(text: string): Invalid | undefined {
  const tokens = text.match(/\\[\s\S]|[\s\S]/gu) ?? []
  if (tokens.at(-1) === "\\") return new Invalid("ends with a \\ that escapes nothing", "invalid_value")
  const wildcards = tokens.filter((token) => token === "%").length
  return tokens.length > maxPattern || wildcards > maxWildcards
    ? new Invalid(`may have ${maxPattern} characters and ${maxWildcards} % at the most`, "invalid_value")
    : undefined
}

/** Reads the operands of `in` and `nin`. */
export function readList(type: FieldType, operator: Operator, texts: readonly string[]): Operand | Invalid {
  const values = texts.map((text) => type.parse(text))
  const wrong = values.find((value) => value instanceof Invalid)
  if (wrong) return wrong
  const comparable = values.filter((value) => !(value instanceof Between))
  return { operator, value: JSON.stringify(comparable.map((value) => type.sql.encode(value))) }
}
