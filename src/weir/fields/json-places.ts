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

/** The ranks of numbers and texts among the kinds, and those of booleans. */
const [rankOfNumber, rankOfText] = [sql.raw("1"), sql.raw("2")]
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
export function placeIs({ rank, exists }: JsonPlace, operator: "is_null" | "exists", isTrue: boolean): SQL {
  if (operator === "is_null") return isTrue ? sql`${rank} is null` : sql`${rank} is not null`
  return isTrue ? exists : sql`not ${exists}`
}

/** The condition that what stands at a place compares so with a bound operand of that kind. */
export function placeCondition(place: JsonPlace, operator: Operator, kind: JsonKind, operand: SQL): SQL {
  if (operator === "contains") return contains(place, kind, operand)
  // Each names all columns of an index before its own: see `indexColumns`.
  if (kind === "number")
    return sql`${place.rank} = ${rankOfNumber} and ${condition(placeTypes.number, operator, place.number, operand)}`
  if (kind === "text")
    return sql`${place.rank} = ${rankOfText} and ${place.number} is null and ${condition(placeTypes.text, operator, place.text, operand)}`
  const rank = condition(placeTypes.rank, operator, place.rank, operand)
  return operator === "eq" || operator === "in"
    ? rank
    : sql`(${place.rank} between ${sql.raw(`${rankOfFalse} and ${rankOfTrue}`)} and ${rank})`
}

/** An array holds an element, or a text another. */
function contains(place: JsonPlace, kind: JsonKind, operand: SQL): SQL {
  const type = kind === "boolean" ? placeTypes.rank : placeTypes[kind]
  const element = place.holds(kind, type.sql.bind(operand))
  return kind === "text"
    ? sql`(${element} or ${condition(placeTypes.text, "contains", place.text, operand)})`
    : element
}
