import { booleanOperand, numberOperand, type PlaceOperand, textOperand } from "../fields/json-places.ts"
import { type Operator, operators } from "../fields/operators.ts"
import type { Invalid } from "../fields/type.ts"
import { ExactNumber } from "../lib/exact-json.ts"
import { listText } from "../lib/list-parts.ts"
import { compareColumn, compareNull, comparePlace, hasOperator } from "./comparison.ts"
import { allOf, type Condition } from "./condition.ts"
import type { Place } from "./place.ts"
import type { Filter } from "./query.ts"
import type { ParamReader } from "./reader.ts"

const isScalar = (value: unknown): value is string | boolean | ExactNumber =>
  typeof value === "string" || typeof value === "boolean" || value instanceof ExactNumber

/** What a name of a tree must be: a value, null, or an object of operators. */
export function readOperators(
  reader: ParamReader,
  at: string,
  place: Place,
  value: unknown,
): Condition | undefined {
  if (value === null) return readOperator(reader, at, place, "eq", value)
  if (isScalar(value)) return readOperator(reader, at, place, "eq", value)
  if (Array.isArray(value)) {
    reader.issue(at, 'must be a value or an object of operators, such as {"in": […]}', "invalid_value")
    return undefined
  }
  const parts = Object.entries(value as object).map(([operator, operand]) =>
    readOperator(reader, `${at}.${operator.slice(0, 40)}`, place, operator, operand),
  )
  if (parts.length === 0) reader.issue(at, "has no operator", "unknown_operator")
  return allOf(parts.filter((part) => part !== undefined)) ?? { kind: "and", parts: [] }
}

function readOperator(
  reader: ParamReader,
  at: string,
  place: Place,
  name: string,
  value: unknown,
): Condition | undefined {
  const isNothing = value === null && (name === "eq" || name === "ne")
  if (!hasOperator(reader, at, place, isNothing ? "is_null" : name)) return undefined
  const operator = operators.find((one) => one === name) as Operator
  if (isNothing) return wrapped(compareNull(reader, at, place, "is_null", operator === "eq"))
  if (operator === "is_null" || operator === "exists") {
    if (typeof value === "boolean") return wrapped(compareNull(reader, at, place, operator, value))
    reader.issue(at, "must be true or false", "invalid_boolean")
    return undefined
  }
  const isList = operator === "in" || operator === "nin" || operator === "between"
  const isElements = operator === "contains" && place.field.spec.type === "array"
  if (Array.isArray(value) !== isList && !(isElements && Array.isArray(value))) {
    reader.issue(at, isList ? "must be an array" : "must be a value", "invalid_value")
    return undefined
  }
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (!values.every(isScalar)) {
    reader.issue(at, "must be text, a number, true or false", "invalid_value")
    return undefined
  }
  if (place.members) return wrapped(comparePlace(reader, at, place, operator, values.map(placeOperand)))
  const texts = values.map((one) => (one instanceof ExactNumber ? one.text : String(one)))
  return wrapped(compareColumn(reader, at, place, operator, isElements ? [listText(texts)] : texts))
}

const wrapped = (filter: Filter | undefined): Condition | undefined =>
  filter && { kind: "comparison", filter }

function placeOperand(value: string | boolean | ExactNumber): PlaceOperand | Invalid {
  if (value instanceof ExactNumber) return numberOperand(value.text)
  return typeof value === "boolean" ? booleanOperand(value) : textOperand(value)
}
