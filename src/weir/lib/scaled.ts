/** What is told of a decimal number: its digits in all, and those after the point. */
interface Digits {
  precision: number
  scale: number
}

/**
 * A type's name in SQLite for a decimal number that is stored as a whole one, so many times as large. It holds INT,
 * which gives a column the affinity of integers, and the scale, so that a migration sees it change.
 */
export const scaledType = ({ precision, scale }: Digits): string => `scaled_integer(${precision}, ${scale})`

/** Reads such a name; undefined for another type. */
export function readScaledType(type: string): Digits | undefined {
  const found = /^scaled_integer\((\d+), (\d+)\)$/.exec(type)
  return found ? { precision: Number(found[1]), scale: Number(found[2]) } : undefined
}

/** Digits of a decimal, `-19.5`, as the whole number that is stored: `-1950`. Digits beyond the scale are cut off. */
export function toScaled(text: string, scale: number): string {
  const [, sign = "", whole = "", fraction = ""] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim()) ?? []
  if (!whole && !fraction) throw new TypeError(`"${text}" is no decimal number`)
  const digits = `${whole}${fraction.slice(0, scale).padEnd(scale, "0")}`.replace(/^0+(?=\d)/, "") || "0"
  return sign === "-" && digits !== "0" ? `-${digits}` : digits
}

/** The decimal of a whole number that is stored, with all digits of its scale. */
export function fromScaled(stored: string, scale: number): string {
  if (scale === 0) return stored
  const sign = stored.startsWith("-") ? "-" : ""
  const digits = stored.slice(sign.length).padStart(scale + 1, "0")
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
