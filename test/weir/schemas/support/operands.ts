import type { Column } from "drizzle-orm"
import type { Operator } from "../../../../src/weir/fields/operators.ts"
import { compare } from "./compare.ts"
import { kindOf } from "./facts.ts"

/** Operands worth trying with an operator: of the column's own values, the common ones and the awkward ones. */
export function operandsFor(column: Column, operator: Operator, values: unknown[]): unknown[] {
  if (operator === "is_null") return [true, false]
  const picked = pickedOf(column, values)
  const longest = String(picked.at(-1) ?? "")
  switch (operator) {
    case "in":
    case "nin":
      return picked.length ? [picked.slice(0, 1), picked] : []
    case "contains":
      return ["%", "_", "\\", "e", "E", [...longest].slice(1, 4).join(""), longest].filter(Boolean)
    case "starts_with":
      return ["%", [...longest].slice(0, 2).join(""), [...longest].slice(1, 3).join("")].filter(Boolean)
    case "between":
      return picked.length ? [[picked[0], picked.at(-1)].sort((a, b) => compare(column, a, b))] : []
    case "icontains":
      return ["%", "E", [...longest].slice(1, 4).join("").toUpperCase(), longest].filter(Boolean)
    case "istarts_with":
      return ["%", [...longest].slice(0, 2).join("").toUpperCase()].filter(Boolean)
    case "ilike":
      return [
        "%",
        "_%",
        "\\%%",
        `%${[...longest]
          .slice(1, 2)
          .join("")
          .replace(/[\\%_]/, "\\$&")}%`,
      ]
    default:
      return kindOf(column) === "numeric" ? [...picked, ...picked.map(Number)] : picked
  }
}

const awkward = /[^\w .@:-]/

function pickedOf(column: Column, values: unknown[]): unknown[] {
  // No query string spells a year of six digits, and an enum takes its own values only.
  const usable = (value: unknown) =>
    value !== null &&
    !String(value).startsWith("+") &&
    (kindOf(column) !== "enum" || column.enumValues?.includes(String(value)))
  const present = [...new Set(values)].filter(usable).sort((a, b) => compare(column, a, b))
  const text = kindOf(column) === "text"
  const special = text
    ? present.filter((value) => awkward.test(String(value)) || value === "").slice(0, 3)
    : []
  const middle = present[Math.floor(present.length / 2)]
  const byLength = text ? [...present].sort((a, b) => String(a).length - String(b).length) : present
  return [...new Set([middle, ...special, byLength.at(-1)])].filter((value) => value !== undefined)
}

/** An operand as the query string has it; each text of a list is quoted. */
export const spelled = (operand: unknown): string =>
  encodeURIComponent(
    Array.isArray(operand)
      ? operand
          .map((value) => (typeof value === "string" ? `"${value.replaceAll('"', '""')}"` : String(value)))
          .join(",")
      : String(operand),
  )
