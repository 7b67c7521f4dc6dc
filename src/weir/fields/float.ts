import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { real } from "./numbers.ts"
import { Invalid, type MakeType, type Scalar } from "./type.ts"

const tooLarge = new Invalid("is out of range", "out_of_range")

/** A number of four bytes is the nearest one that the column holds. */
const nearest = (value: Scalar, isSingle: boolean): Scalar | Invalid => {
  if (!isSingle) return value
  const single = Math.fround(value as number)
  return Number.isFinite(single) ? single : tooLarge
}

/** Whether a number of four bytes is near enough: none is infinite, and none is zero but zero. */
const isNear = (value: number): boolean => {
  const single = Math.fround(value)
  return Number.isFinite(single) && (single !== 0 || value === 0)
}

/** A floating point number of a column that is not of the vocabulary. NaN and infinite ones are shown as null. */
export const float: MakeType = (spec) => {
  const isSingle = spec.sqlType === "real"
  const usual = real(spec)
  const rounded = <T>(value: T): T | Scalar | Invalid =>
    typeof value === "number" ? nearest(value, isSingle) : value
  return {
    ...usual,
    parse: (text) => rounded(usual.parse(text)),
    parseCell: (text) => {
      const value = usual.parse(text)
      return isSingle && typeof value === "number" && !isNear(value) ? tooLarge : rounded(value)
    },
    // What a cursor holds is text, so that it can say what JSON cannot.
    accepts: (value) =>
      typeof value === "number"
        ? Number.isFinite(value)
        : typeof value === "string" && /^(-?(\d+(\.\d+)?([eE][+-]?\d+)?|Infinity)|NaN)$/.test(value),
    input: () =>
      isSingle ? readBy(z.number(), (value) => (isNear(value) ? value + 0 : tooLarge)) : usual.input(),
    sql: columnSql(spec),
  }
}
