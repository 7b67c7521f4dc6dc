import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { plainDigits, readDecimal } from "../lib/decimal.ts"
import { fromScaled, toScaled } from "../lib/scaled.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { withPlus } from "./numbers.ts"
import { comparison } from "./operators.ts"
import { Between, Invalid, type MakeType, usual } from "./type.ts"

/** Digits before and after the point that Postgres keeps of a numeric without a precision. */
const [mostBefore, mostAfter] = [131_072, 16_383]

const notNumber = new Invalid("must be a number in decimal digits", "invalid_number")
const notWhole = new Invalid("must be a whole number", "invalid_integer")
const tooLarge = new Invalid("is out of range", "out_of_range")
/** What JavaScript has read of a number with more digits than it keeps. */
const inexact = new Invalid("is larger than a JSON number keeps: send it as text", "out_of_range")

/** A value of any number of digits, in one spelling. */
function parse(text: string): string | Invalid {
  const number = readDecimal(text)
  if (!number) return notNumber
  return number.before > mostBefore || number.after > mostAfter ? tooLarge : number.text
}

/** Whether all values are whole, whatever the column could hold: those of the mode `bigint`. */
const isWhole = ({ storage }: FieldSpec): boolean => storage === "bigint"

/** Whether a column of SQLite keeps a number: a whole one of 64 bits, or one of 15 digits. */
function isKept({ text }: { text: string }): boolean {
  const digits = text.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length
  return digits <= 15 || (/^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text))
}

/** Reads an operand of a column whose values are numbers of JSON: it may have an exponent, as JavaScript writes them. */
function parseNumber(text: string): string | Invalid {
  const exponent = /^-?(\d+\.?\d*|\.\d+)e[+-]?\d+$/i.test(withPlus(text))
  if (!exponent) return parse(text)
  const number = Number(withPlus(text))
  return Number.isFinite(number) ? plainDigits(number) : tooLarge
}

/** The value that a column with that precision holds without rounding. */
function fitting(text: string, spec: FieldSpec): string | Invalid {
  const { precision, scale = 0, rounds } = spec
  const number = readDecimal(text)
  if (!number) return notNumber
  if (isWhole(spec) && number.after > 0) return notWhole
  if (rounds && !isKept(number)) return new Invalid("has more digits than the column keeps", "out_of_range")
  if (precision === undefined) return parse(isWhole(spec) ? number.text.replace(/\.0*$/, "") : text)
  if (number.after > Math.max(scale, 0))
    return new Invalid(`has more than ${scale} digits after the point`, "out_of_range")
  return number.before > precision - scale ? tooLarge : number.text
}

function read(value: string | number, spec: FieldSpec): string | Invalid {
  if (typeof value === "string") return fitting(value, spec)
  // What JavaScript writes with an exponent was meant as about so much.
  const size = Math.abs(value)
  if (size > Number.MAX_SAFE_INTEGER && (spec.storage !== "number" || size < 1e21)) return inexact
  return fitting(plainDigits(value), spec)
}

/** An operand of the vocabulary's decimals, which SQLite compares as whole numbers: finer ones lie between two. */
function parseScaled(text: string, { scale = 0 }: FieldSpec): string | Between | Invalid {
  const value = parse(text)
  if (value instanceof Invalid || (readDecimal(value)?.after ?? 0) <= scale) return value
  const below = fromScaled(String(BigInt(toScaled(value, scale)) - (value.startsWith("-") ? 1n : 0n)), scale)
  return new Between(below)
}

/** Whether a cursor's part is a value as the vocabulary's decimals are shown. */
const isShown = (value: unknown, { scale = 0 }: FieldSpec): boolean =>
  typeof value === "string" &&
  /^-?\d{1,19}(\.\d+)?$/.test(value) &&
  fromScaled(toScaled(value, scale), scale) === value

const textOrNumber = z.union([z.string(), z.number()], { error: "must be a number, as text or as a number" })
const numeral = "^-?\\d+(\\.\\d+)?$"

function input(spec: FieldSpec): z.ZodType {
  const { precision, scale = 0 } = spec
  const whole = precision === undefined ? "+" : `{0,${Math.max(precision - scale, 1)}}`
  const fraction = precision === undefined ? "+" : `{0,${scale}}`
  return readBy<string | number>(textOrNumber, (value) => read(value, spec)).openapi({
    type: ["string", "number"],
    pattern: `^-?0*\\d${whole}${isWhole(spec) || (precision !== undefined && scale <= 0) ? "" : `(\\.\\d${fraction}0*)?`}$`,
  })
}

/** Whether it is what a cursor holds: also of a number that is none, or infinite. */
const isPosition = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value)
    : typeof value === "string" && /^(-?(\d+(\.\d+)?([eE][+-]?\d+)?|Infinity)|NaN)$/.test(value)

/** Digits, and what stands around them: a sign, a point and quotes. */
const around = 4

/**
 * A decimal number: text with all its digits, or a number where the column says so. It is compared as a number, by as
 * many digits as an operand has.
 */
export const decimal: MakeType = (spec) => {
  const isNumber = spec.storage === "number"
  return {
    ...usual,
    operators: comparison,
    parse: (text) => {
      if (!spec.inferred) return parseScaled(text, spec)
      return isNumber ? parseNumber(text) : parse(text)
    },
    parseCell: (text) => fitting(text, spec),
    accepts: (value) => (spec.inferred ? isPosition(value) : isShown(value, spec)),
    input: () => input(spec),
    output: () => (isNumber ? z.number() : z.string().openapi({ pattern: numeral })),
    example: () => spec.example ?? (isNumber ? 9 : spec.scale ? `9.${"5".padEnd(spec.scale, "0")}` : "9"),
    minBytes: isNumber ? 1 : 3,
    maxBytes: (spec.precision ?? mostBefore + mostAfter) + around,
    measured: spec.precision === undefined,
    sql: columnSql(spec),
  }
}
