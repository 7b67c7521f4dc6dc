import { lineOf } from "../lib/row-validator.ts"

export { validatorOf } from "../lib/row-validator.ts"

/** The JSON of a row, by its text as a write returns it. */
export const jsonOf = (text: string): string => {
  const line = lineOf(text)
  return line === "" ? text : text.slice(line.length + 1)
}

/** The version of a row, by its text; the text itself where it has none: what it must still be for a write to hold. */
export function heldOf(text: string): string {
  const line = lineOf(text)
  return line === "" ? text : line.slice(0, line.lastIndexOf("."))
}

/** Whether tags name one state of a row: those of versions do so whoever was given them, and without what follows the version. */
export const isSameState = (tag: string, other: string): boolean => stateIn(tag) === stateIn(other)

const stateIn = (tag: string): string => tag.replace(/\.[0-9a-f]{8}"$/, '"')
