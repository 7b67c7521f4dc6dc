import { columnSql, expressions } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { comparison } from "./operators.ts"
import { Between, Invalid, type MakeType } from "./type.ts"

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** An RFC 3339 instant in the wire format (UTC, milliseconds, `Z`), or undefined. Years 0001 to 9999. */
export function instant(value: string): string | undefined {
  const parts = rfc3339.exec(value)
  if (!parts) return undefined
  const time = Date.parse(value.replace(" ", "T").toUpperCase())
  if (Number.isNaN(time)) return undefined
  // Date.parse takes 30 February for 1 March.
  const day = new Date(Date.UTC(2000, Number(parts[2]) - 1, Number(parts[3])))
  day.setUTCFullYear(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]))
  if (day.getUTCDate() !== Number(parts[3])) return undefined
  const text = new Date(time).toISOString()
  return /^(?!0000)\d{4}-/.test(text) ? text : undefined
}

const invalid = (): Invalid =>
  new Invalid("must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z", "invalid_timestamp")

/** The instant with all digits that the database can compare. One with more lies between two that it can. */
function parse(text: string): string | Between | Invalid {
  const cut = instant(text)
  if (cut === undefined) return invalid()
  const digits = rfc3339.exec(text)?.[7]?.slice(1) ?? ""
  const finer = digits.slice(3, expressions.instantDigits).replace(/0+$/, "")
  const kept = finer ? cut.replace("Z", `${finer}Z`) : cut
  return /[1-9]/.test(digits.slice(expressions.instantDigits)) ? new Between(kept) : kept
}

export const timestamp: MakeType = (spec) => ({
  operators: comparison,
  parse,
  parseCell: (text) => instant(text) ?? invalid(),
  toCell: (value) => value,
  accepts: (value) => typeof value === "string" && instant(value) === value,
  input: () =>
    z
      .string()
      .refine((value) => instant(value) !== undefined, "must be an RFC 3339 timestamp")
      .overwrite((value) => instant(value) ?? value)
      .openapi({ format: "date-time" }),
  output: () => z.string().openapi({ format: "date-time" }),
  example: () => spec.example ?? "2026-01-31T12:00:00.000Z",
  ordered: (expression) => expression,
  minBytes: 26,
  maxBytes: 26,
  measured: false,
  multiline: false,
  generated: spec.auto !== undefined,
  heavy: false,
  sql: columnSql(spec),
})
