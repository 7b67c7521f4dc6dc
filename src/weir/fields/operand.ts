import type { Value } from "../db/dialect/statement.ts"
import type { Operator } from "./operators.ts"
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

const parsed = (type: FieldType, operator: Operator, text: string) =>
  operator === "contains" || operator === "starts_with" ? parsePart(text) : type.parse(text)

/** Reads the operands of `in` and `nin`. */
export function readList(type: FieldType, operator: Operator, texts: readonly string[]): Operand | Invalid {
  const values = texts.map((text) => type.parse(text))
  const wrong = values.find((value) => value instanceof Invalid)
  if (wrong) return wrong
  const comparable = values.filter((value) => !(value instanceof Between))
  return { operator, value: JSON.stringify(comparable.map((value) => type.sql.encode(value))) }
}
