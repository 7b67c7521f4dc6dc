import type { FieldSpec } from "../db/dialect/field.ts"
import { JsonText } from "../lib/json-text.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import type { Field, Resource } from "../resource/resource.ts"

/** What a number with more digits than JavaScript keeps has in a row. */
const longDigits = /\d{16}|[\d.]{17}/

/** Whether values are numbers in JSON, or hold such, whose digits count. */
const isOfNumbers = ({ type, storage, element }: FieldSpec): boolean =>
  /^(id|integer)$/.test(type) || storage === "number" || (element !== undefined && isOfNumbers(element))

/** Which members of a text of rows must be kept as text: JSON, and where it has long numbers, those of numbers. */
export function exactMembers({ json, fields }: Resource): (text: string) => ReadonlySet<string> {
  const numbers = Object.values(fields).filter(({ spec }) => isOfNumbers(spec))
  const all = new Set([...json, ...numbers.map(({ name }) => name)])
  return (text) => (longDigits.test(text) ? all : json)
}

/** A row with its numbers as the API takes them: those that JavaScript does not keep as text of their digits. */
export function withExactNumbers({ fields, json }: Resource, row: Record<string, unknown>): typeof row {
  const exact: typeof row = { ...row }
  for (const [name, value] of Object.entries(row))
    if (value instanceof JsonText && !json.has(name)) {
      const isDecimal = fields[name]?.spec.type === "decimal" && /^-?[\d.]+$/.test(value.text)
      exact[name] = isDecimal ? value.text : parseWithLong(value.text)
    }
  return exact
}

/** Reads a cell of CSV in the same way. */
export function exactCell({ spec, type }: Field, text: string): unknown {
  const value = type.parseCell(text)
  return Array.isArray(value) && isOfNumbers(spec) ? parseWithLong(text) : value
}
