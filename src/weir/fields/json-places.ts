import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { isPlainMember, type JsonKind, type JsonPlace } from "../db/dialect/json-path.ts"
import type { Value } from "../db/dialect/statement.ts"
import { notStorable, storable } from "../lib/storable.ts"
import { condition } from "./condition.ts"
import { readOperand } from "./operand.ts"
import type { Operator } from "./operators.ts"
import { Invalid } from "./type.ts"
import { fieldType } from "./types.ts"

export { isPlainMember, type JsonKind }

/** The types of what a place in JSON says of itself: its kind, its number and its text. */
export const placeTypes = {
  rank: fieldType({ type: "integer", inferred: true }),
  number: fieldType({ type: "real", inferred: true, sqlType: "double precision" }),
  // The place's text has its order already.
  text: { ...fieldType({ type: "text", inferred: true }), ordered: (text: SQL): SQL => text },
}

/** The ranks of booleans among the kinds. */
const [rankOfFalse, rankOfTrue] = [3, 4]

/** A JSON value that is compared with what stands at a place. */
export interface PlaceOperand {
  kind: JsonKind
  value: Value
}

/** A number in JSON's spelling. */
const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** A number is bound as text, which the statement casts: drivers that speak JSON cannot send infinity. */
const numberValue = (text: string): Value => {
  const value = Number(text)
  if (Number.isFinite(value)) return expressions.boundNumber(text)
  return value > 0 ? expressions.infinity : `-${expressions.infinity}`
}

export const numberOperand = (text: string): PlaceOperand => ({ kind: "number", value: numberValue(text) })
export const booleanOperand = (value: boolean): PlaceOperand => ({
  kind: "boolean",
  value: value ? rankOfTrue : rankOfFalse,
})
export function textOperand(text: string): PlaceOperand | Invalid {
  return storable(text) ? { kind: "text", value: text } : new Invalid(notStorable, "invalid_text")
}

/** An operand of a query string: a JSON number, `true`, `false` or a quoted text is that value, all else is text. */
export function parsePlaceOperand(text: string): PlaceOperand | Invalid {
  if (number.test(text)) return numberOperand(text)
  if (text === "true" || text === "false") return booleanOperand(text === "true")
  if (!/^".*"$/s.test(text)) return textOperand(text)
  try {
    return textOperand(JSON.parse(text) as string)
  } catch {
    return textOperand(text)
  }
}

/** Checks the operand of an operator that takes a text alone. */
export const readPart = (operator: Operator, text: string): Value | Invalid => {
  const operand = readOperand(placeTypes.text, operator, text)
  return operand instanceof Invalid ? operand : operand.value
}

/** Whether a place is null, or whether it has a value at all. */
export function placeIs({ isNull, exists }: JsonPlace, operator: "is_null" | "exists", isTrue: boolean): SQL {
  const is = operator === "is_null" ? isNull : exists
  return isTrue ? is : sql`not (${is})`
}

const comparisons: Partial<Record<Operator, SQL>> = {
  eq: sql.raw("="),
  gt: sql.raw(">"),
  gte: sql.raw(">="),
  lt: sql.raw("<"),
  lte: sql.raw("<="),
}

/** The condition that what stands at a place compares so with a bound operand of that kind. */
export function placeCondition(place: JsonPlace, operator: Operator, kind: JsonKind, operand: SQL): SQL {
  if (operator === "contains") return contains(place, kind, operand)
  const { value, only, onlyEqual, operand: one, operands } = place.compared[kind]
  const isEqual = operator === "eq" || operator === "in"
  const within = isEqual ? (onlyEqual ? sql`${onlyEqual} and ` : sql``) : sql`${only} and `
  const sign = comparisons[operator]
  if (sign) return sql`${within}${value} ${sign} ${one(operand)}`
  if (operator === "in") return sql`${within}${value} in (${operands(operand)})`
  return condition(placeTypes.text, operator, place.text, operand)
}

/** An array holds an element, or a text another. */
function contains(place: JsonPlace, kind: JsonKind, operand: SQL): SQL {
  const type = kind === "boolean" ? placeTypes.rank : placeTypes[kind]
  const element = place.holds(kind, type.sql.bind(operand))
  return kind === "text"
    ? sql`(${element} or ${condition(placeTypes.text, "contains", place.text, operand)})`
    : element
}
