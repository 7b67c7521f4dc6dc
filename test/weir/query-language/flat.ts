import type { TableName } from "./model.ts"
import { flatMark, placeOf, type Tree } from "./oracle.ts"
import type { Json } from "./values.ts"

/** Filters of the query string: read into trees for the oracle, and spelled. */

const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** An operand of a path: text that is a number, `true`, `false` or a JSON string is that; all other text is text. */
function pathOperand(text: string): Json {
  if (number.test(text) || text === "true" || text === "false") return JSON.parse(text)
  if (!text.startsWith('"')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Splits `a,b,"c,d"` (RFC 4180); the quotes stay. */
function partsOf(text: string): string[] {
  const part = /("(?:[^"]|"")*"|[^,]*)(,|$)/y
  const parts: string[] = []
  for (;;) {
    const [, found = "", end] = part.exec(text) ?? []
    parts.push(found)
    if (end !== ",") return parts
  }
}

/** A filter of the query string as a tree. */
export function readFlat(table: TableName, parameter: string, text: string): Tree {
  const [, name = "", operator = "eq"] = /^(.*?)(?:\[(\w+)\])?$/s.exec(parameter) ?? []
  const { path } = placeOf(table, name) ?? { path: [] }
  const marked = flatMark + name
  if (operator === "is_null" || operator === "exists") return { [marked]: { [operator]: text === "true" } }
  const isPath = path.length > 0
  const isList = ["in", "nin", "between"].includes(operator)
  if (!isList) return { [marked]: { [operator]: isPath ? pathOperand(text) : text } }
  const unquoted = (part: string) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part)
  const operands = partsOf(text).map((part) =>
    isPath && !part.startsWith('"') ? pathOperand(part) : unquoted(part),
  )
  return { [marked]: { [operator]: operands } }
}

const needsQuotes = (text: string) => typeof pathOperand(text) !== "string" || text.startsWith('"')

/** An operand of a path as the query string has it: text in quotes where it would be something else. */
export const spelledPath = (value: Json, numberText: (value: number) => string, quoted = false): string => {
  if (typeof value === "number") return numberText(value)
  if (typeof value !== "string") return String(value)
  return quoted || needsQuotes(value) ? JSON.stringify(value) : value
}

/** One of several operands: text in quotes where it holds a comma or would be something else. */
export const spelledPart = (text: string, isPath: boolean): string =>
  /[",]/.test(text) || text === "" || (isPath && needsQuotes(text)) ? `"${text.replaceAll('"', '""')}"` : text

export const parameterOf = (name: string, operator: string, text: string): string =>
  withOperator(name, operator === "eq" ? "" : `[${operator}]`, text)

const withOperator = (name: string, operator: string, text: string): string =>
  `${encodeURIComponent(name)}${operator}=${encodeURIComponent(text)}`

/** Parameters that were written plainly, as a URL has them. No text of theirs holds `&`, and no name `=`. */
export const encoded = (parameters: string): string =>
  parameters
    .split("&")
    .map((one) => {
      const [, name = "", operator = "", text = ""] = /^([^=]*?)(\[\w+\])?=(.*)$/su.exec(one) ?? []
      return withOperator(name, operator, text)
    })
    .join("&")
