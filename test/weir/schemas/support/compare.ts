import type { Column } from "drizzle-orm"
import type { Operator } from "../../../../src/weir/fields/operators.ts"
import { passesBy } from "../../support/oracle.ts"
import { kindOf } from "./facts.ts"

/** How filters and sorts are to compare, worked out in JavaScript. */

/** Microseconds since 1970: a Date holds milliseconds only. */
export function instant(text: string): bigint {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? ""
  return BigInt(Date.parse(text)) * 1000n + BigInt(fraction.padEnd(6, "0").slice(3, 6))
}

/** Text by code point, which is the order of UTF-8's bytes. */
const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const compareNumbers = <T extends number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

/** The order of two values that are not null. */
export function compare(column: Column, a: unknown, b: unknown): number {
  switch (kindOf(column)) {
    case "instant":
      return compareNumbers(instant(String(a)), instant(String(b)))
    case "number":
    case "numeric":
    case "boolean":
      return compareNumbers(Number(a), Number(b))
    case "enum":
      if (column.columnType !== "PgEnumColumn") return compareText(String(a), String(b))
      // An enum of Postgres is ordered as it is declared.
      return compareNumbers(place(column, a), place(column, b))
    default:
      return compareText(String(a), String(b))
  }
}

const place = ({ enumValues = [] }: Column, value: unknown): number => enumValues.indexOf(String(value))

/** Null counts as the largest. */
export const compareNullable = (column: Column, a: unknown, b: unknown): number =>
  a === null || b === null ? Number(a === null) - Number(b === null) : compare(column, a, b)

/** The operators that filters of a column must have. */
export function operatorsFor(column: Column): Operator[] {
  const comparison: Operator[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
  const byKind: Record<ReturnType<typeof kindOf>, Operator[]> = {
    text: [...comparison, "contains", "starts_with"],
    enum: ["eq", "ne", "in", "nin"],
    uuid: comparison,
    number: comparison,
    numeric: comparison,
    boolean: ["eq", "ne"],
    instant: comparison,
    json: [],
  }
  return [...byKind[kindOf(column)], ...(column.notNull ? [] : (["is_null"] as const))]
}

/** Whether a value of a column passes a filter. */
export const passes = (column: Column, value: unknown, operator: Operator, operand: unknown): boolean =>
  passesBy((a, b) => compare(column, a, b), value, operator, operand)
