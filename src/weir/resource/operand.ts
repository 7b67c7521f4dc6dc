import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"

/** What was found out of a condition: whether it has an `or` outside of parentheses. */
const loose = new WeakMap<SQL, boolean>()

/**
 * A condition as one of several that all must hold. Drizzle's `and` puts no parentheses around its operands, and `and`
 * binds tighter than `or`: an `or` of the condition's own would let the others be passed by.
 */
export function operand(condition: SQL): SQL {
  let isLoose = loose.get(condition)
  if (isLoose === undefined) {
    isLoose = hasOr(expressions.render(condition).text)
    loose.set(condition, isLoose)
  }
  return isLoose ? sql`(${condition})` : condition
}

/** Escapes, dollar quotes and comments, in which quotes need not come in pairs. */
const unreadable = /\\|\$\w*\$|--|\/\*/

/** Whether SQL has, or may have, an `or` outside of parentheses, strings and quoted names. */
function hasOr(text: string): boolean {
  if (unreadable.test(text)) return true
  const plain = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''")
  let depth = 0
  for (const [token] of plain.matchAll(/[()]|\bor\b/gi)) {
    if (token === "(") depth++
    else if (token === ")") depth--
    else if (depth === 0) return true
  }
  return false
}
