import type { FieldSpec } from "../db/dialect/field.ts"

/** A type as it is written in SQL: its name in lower case, the numbers in parentheses, and how deep arrays nest. */
export interface SqlType {
  name: string
  numbers: number[]
  dimensions: number
}

/** Reads `timestamp (3) with time zone`, `numeric(10, 2)[]`. */
export function readSqlType(text: string): SqlType {
  const spaced = text.trim().toLowerCase().replace(/\s+/g, " ")
  const [arrays = ""] = /(\[\d*\])*$/.exec(spaced) ?? []
  const base = spaced.slice(0, spaced.length - arrays.length)
  const numbers = /\(([^)]*)\)/.exec(base)?.[1]
  return {
    name: base
      .replace(/\s*\([^)]*\)/, "")
      .replace(/\s+/g, " ")
      .trim(),
    numbers: numbers ? numbers.split(",").map(Number).filter(Number.isInteger) : [],
    dimensions: arrays.split("[").length - 1,
  }
}

export const smallint = { min: -32_768, max: 32_767 }
export const int = { min: -2_147_483_648, max: 2_147_483_647 }

/** The spec without what is undefined. */
export function specFrom(
  spec: { [K in keyof FieldSpec]: FieldSpec[K] | undefined } & Pick<FieldSpec, "type">,
): FieldSpec {
  const set = Object.entries(spec).filter(([, value]) => value !== undefined)
  return { inferred: true, ...Object.fromEntries(set) } as FieldSpec
}
