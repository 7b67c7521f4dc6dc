import type { SQL } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement, Value } from "../db/dialect/statement.ts"
import { LaterValue } from "../lib/later-value.ts"
import type { Plan } from "./plan.ts"

/** Text in quotes, names in quotes, and placeholders. */
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\d+|\?/g

/** A statement's text in pieces, between which its values stand. */
function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let from = 0
  for (const match of text.matchAll(tokens)) {
    if (match[0][0] === "'" || match[0][0] === '"') continue
    pieces.push(text.slice(from, match.index))
    from = match.index + match[0].length
  }
  return [...pieces, text.slice(from)]
}

/** A statement of whose values some are made by others: these are read in place. */
export function withLater(plan: Plan, params: (Value | LaterValue)[]): Pick<Statement, "text" | "params"> {
  const all: Value[] = []
  const placed = (value: Value): string => expressions.placeholder(all.push(value))
  const [first = "", ...others] = piecesOf(plan.text)
  let text = first
  for (const [i, piece] of others.entries()) {
    const value = params[i] as Value | LaterValue
    if (value instanceof LaterValue) {
      const rendered = expressions.render(value.sql as SQL)
      const [start = "", ...rest] = piecesOf(rendered.text)
      const inner = rest.map((part, n) => placed(expressions.param(rendered.params[n])) + part)
      text += start + inner.join("")
    } else text += placed(value)
    text += piece
  }
  return { text, params: all }
}
