import { readScaledType } from "../../lib/scaled.ts"

/** The factor of 10^digits. */
const power = (digits: number): string => `1${"0".repeat(digits)}`

/**
 * SQL of a column's value in a rebuilt table of SQLite, by its types before and after: a decimal is a whole number there
 * that its scale says how to read. Digits that a smaller scale has no room for are rounded half away from zero, as
 * Postgres rounds them.
 */
export function converted(name: string, before = "", after = ""): string {
  const column = `"${name}"`
  const [from, to] = [readScaledType(before), readScaledType(after)]
  if (!from && !to) return column
  if (from && to) return rescaled(column, from.scale, to.scale)
  if (to) return `cast(round(${column} * ${power(to.scale)}) as integer)`
  const number = from?.scale ? `(${column} / ${power(from.scale)}.0)` : column
  if (/^integer$/i.test(after)) return rescaled(column, from?.scale ?? 0, 0)
  return after === "text" && from?.scale
    ? `iif(${column} is null, null, printf('%s%d.%0${from.scale}d', iif(${column} < 0, '-', ''), abs(${column}) / ${power(from.scale)}, abs(${column}) % ${power(from.scale)}))`
    : number
}

function rescaled(column: string, from: number, to: number): string {
  if (from === to) return column
  if (to > from) return `${column} * ${power(to - from)}`
  const half = `5${"0".repeat(from - to - 1)}`
  return `(${column} + iif(${column} < 0, -${half}, ${half})) / ${power(from - to)}`
}
