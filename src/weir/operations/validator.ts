import { lineOf } from "../lib/row-validator.ts"

export { validatorOf } from "../lib/row-validator.ts"

/** The JSON of a row, by its text as a write returns it. */
export const jsonOf = (text: string): string => {
  const line = lineOf(text)
  return line === "" ? text : text.slice(line.length + 1)
}

/** Whether tags name one state of a row: those of versions do so whoever was given them, and without what follows the version. */
export const isSameState = (tag: string, other: string): boolean => stateIn(tag) === stateIn(other)

const stateIn = (tag: string): string => tag.replace(/\.[0-9a-f]{8}"$/, '"')
