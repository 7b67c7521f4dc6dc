import type { Column } from "drizzle-orm"
import {
  type DecimalDigits,
  type FieldSpec,
  itself,
  type NumberBounds,
  ownKey,
  type TextBounds,
} from "./field.ts"

/** Most digits of a decimal: those that every integer of 64 bits has. */
const mostDigits = 18

/** The specs of the vocabulary's columns, which are those of both dialects. */
export const specs = {
  text: ({ min, max, pattern, example, format }: TextBounds): FieldSpec => ({
    type: "text",
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(pattern !== undefined && { pattern }),
    ...(example !== undefined && { example }),
    ...(format && { format }),
  }),
  oneOf: (values: readonly string[]): FieldSpec => ({
    type: "text",
    values,
    max: Math.max(...values.map((v) => v.length)),
  }),
  number: (type: "integer" | "real", { min, max }: NumberBounds): FieldSpec => ({
    type,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  }),
  decimal({ precision, scale }: DecimalDigits): FieldSpec {
    if (!(Number.isInteger(precision) && precision >= 1 && precision <= mostDigits))
      throw new Error(
        `decimal({ precision: ${precision} }): a precision is a whole number from 1 to ${mostDigits}, since SQLite's integers have 64 bits`,
      )
    if (!(Number.isInteger(scale) && scale >= 0 && scale <= precision))
      throw new Error(
        `decimal({ scale: ${scale} }): a scale is a whole number from 0 to the precision, ${precision}`,
      )
    return { type: "decimal", precision, scale }
  },
  bytes({ max }: { max: number }): FieldSpec {
    if (!(Number.isSafeInteger(max) && max >= 1))
      throw new Error(`bytes({ max: ${max} }): a bound is a whole number of bytes, of at least 1`)
    return { type: "bytes", max }
  },
}

/** The column that a reference of that builder is to. */
export const targetOf = <C extends Column>(builder: object, target: (() => C) | typeof itself): (() => C) =>
  target === itself ? () => ownKey(builder) as C : (target as () => C)
