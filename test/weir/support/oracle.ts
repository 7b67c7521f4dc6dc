import type { Operator } from "../../../src/weir/fields/operators.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import type { Row } from "./samples.ts"

/** What the lists should answer, worked out in JavaScript over all rows. */

/** Text by code point, which is the order of UTF-8's bytes; JavaScript's own is by UTF-16 unit. */
const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Digits of a decimal or a bigint as one whole number, whatever stands after the point. */
function scaledUp(value: string): bigint {
  const [whole = "", fraction = ""] = value.split(".")
  return BigInt(`${whole}${fraction.padEnd(18, "0")}`)
}

const seconds = { Y: 31_104_000, M: 2_592_000, W: 604_800, D: 86_400, TH: 3_600, TM: 60, TS: 1 }

/** The length of an ISO 8601 duration, as Postgres compares it. */
function lengthOf(duration: string): number {
  const [days = "", time = ""] = duration.slice(1).split("T")
  const units = [
    ...[...days.matchAll(/([-+\d.]+)([YMWD])/g)].map(([, count, unit]) => [count, unit] as const),
    ...[...time.matchAll(/([-+\d.]+)([HMS])/g)].map(([, count, unit]) => [count, `T${unit}`] as const),
  ]
  return units.reduce((sum, [count, unit]) => sum + Number(count) * seconds[unit as keyof typeof seconds], 0)
}

/** What stands for a value when it is compared: numbers for what is spelled as text and compared otherwise. */
function comparable(value: unknown, field: Field | undefined): unknown {
  if (typeof value !== "string" || !field) return value
  const { type, isEnum, values = [] } = field.spec
  if (type === "interval") return lengthOf(value)
  if (isEnum) return values.indexOf(value)
  return type === "bigint" || type === "decimal" ? scaledUp(value) : value
}

function compareValues(one: unknown, other: unknown, field?: Field): number {
  const [a, b] = [comparable(one, field), comparable(other, field)]
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === "string" && typeof b === "string") return compareText(a, b)
  const [x, y] = [Number(a), Number(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Null counts as the largest: last when ascending, first when descending. */
function compareNullable(a: unknown, b: unknown, field: Field | undefined): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return compareValues(a, b, field)
}

/** The rows in the order of `sort`, with the primary key at its end. */
export function sorted(resource: Resource, sort: string, rows: Row[]): Row[] {
  const keys = [...sort.split(",").filter(Boolean), ...resource.keys]
  return [...rows].sort((a, b) => {
    for (const key of keys) {
      const name = key.replace(/^-/, "")
      const order = compareNullable(a[name], b[name], resource.fields[name])
      if (order) return key.startsWith("-") ? -order : order
    }
    return 0
  })
}

/** Whether a value passes a filter. */
export const passes = (value: unknown, operator: Operator, operand: unknown, field?: Field): boolean =>
  passesBy((a, b) => compareValues(a, b, field), value, operator, operand)

/** The same, by the order that values have. Null passes only `ne`, `nin` and `is_null`. */
export function passesBy(
  compare: (a: unknown, b: unknown) => number,
  value: unknown,
  operator: Operator,
  operand: unknown,
): boolean {
  const is = (other: unknown) => value !== null && compare(value, other) === 0
  switch (operator) {
    case "eq":
      return is(operand)
    case "ne":
      return !is(operand)
    case "in":
      return (operand as unknown[]).some(is)
    case "nin":
      return !(operand as unknown[]).some(is)
    case "is_null":
      return (value === null) === operand
  }
  if (value === null) return false
  switch (operator) {
    case "contains":
      if (Array.isArray(value)) return (operand as unknown[]).every((one) => value.flat(9).includes(one))
      return String(value).includes(String(operand))
    case "starts_with":
      return String(value).startsWith(String(operand))
    case "gt":
      return compare(value, operand) > 0
    case "gte":
      return compare(value, operand) >= 0
    case "lt":
      return compare(value, operand) < 0
    case "lte":
      return compare(value, operand) <= 0
    case "between": {
      const [low, high] = operand as [unknown, unknown]
      return compare(value, low) >= 0 && compare(value, high) <= 0
    }
    case "icontains":
      return caseless(value).includes(caseless(operand))
    case "istarts_with":
      return caseless(value).startsWith(caseless(operand))
    case "ilike":
      return likePattern(String(operand)).test(String(value))
    case "exists":
      throw new Error("only places in JSON have exists")
  }
}

const caseless = (value: unknown): string => String(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** A pattern of `ilike` as a regular expression. */
function likePattern(pattern: string): RegExp {
  const tokens = pattern.match(/\\[\s\S]|[\s\S]/gu) ?? []
  const parts = tokens.map((token) => {
    if (token === "%") return "[\\s\\S]*"
    if (token === "_") return "[\\s\\S]"
    const [letter = ""] = token.startsWith("\\") ? token.slice(1) : token
    const text = token.startsWith("\\") ? token.slice(1) : token
    return /[A-Za-z]/.test(letter)
      ? `[${letter.toLowerCase()}${letter.toUpperCase()}]`
      : text.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&")
  })
  return new RegExp(`^${parts.join("")}$`, "u")
}

/** Operands worth trying with an operator, taken from the rows, so that some rows match and some do not. */
export function operandsFor(field: Field, operator: Operator, rows: Row[]): unknown[] {
  const present = [...new Set(rows.map((row) => row[field.name]).filter((value) => value !== null))]
  const middle = present[Math.floor(present.length / 2)]
  if (operator === "is_null") return [true, false]
  if (middle === undefined) return []
  if (Array.isArray(middle)) return operator === "contains" ? [middle.flat(9)] : []
  const letters = [...String(middle)]
  switch (operator) {
    case "in":
    case "nin":
      return [[present[0], middle]]
    case "contains":
      return [letters.slice(1, 4).join("") || letters.join("")]
    case "starts_with":
      return [letters.slice(0, 2).join("")]
    case "between":
      return [[present[0], middle].sort((a, b) => compareValues(a, b, field))]
    case "icontains":
      return [letters.slice(1, 4).join("").toUpperCase() || letters.join("")]
    case "istarts_with":
      return [letters.slice(0, 2).join("").toUpperCase()]
    case "ilike": {
      const escaped = letters.map((letter) => (/[\\%_]/.test(letter) ? `\\${letter}` : letter))
      return [`${escaped.slice(0, 1).join("")}%`, `%${escaped.slice(1, 3).join("").toUpperCase()}%`, "%_\\%"]
    }
    default:
      return [middle]
  }
}

/** An operand as the query string has it; in lists, text with commas or quotes goes in quotes. */
export function spelled(operand: unknown): string {
  if (!Array.isArray(operand)) return encodeURIComponent(String(operand))
  const parts = operand.map((value) => {
    const text = String(value)
    return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return encodeURIComponent(parts.join(","))
}
