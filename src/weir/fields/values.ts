import type { FieldSpec } from "../db/dialect/field.ts"

/** A value that does not fit its field: in words for a client, and as a code for a program. */
export class Invalid {
  readonly message: string
  readonly code: string
  constructor(message: string, code: string) {
    this.message = message
    this.code = code
  }
}

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

/** Text that every database can hold: no NUL, no half of a surrogate pair. */
export const storable = (value: string): boolean => !value.includes("\0") && value.isWellFormed()

/** Text as it is stored: trimmed, and lower-cased where the format asks for it. */
export const normalized = (spec: FieldSpec, value: string): string =>
  spec.format === "email" ? value.trim().toLowerCase() : value.trim()

/** Reads a field's value from a query string. */
export function parseValue(spec: FieldSpec, text: string): string | number | boolean | Invalid {
  switch (spec.type) {
    case "id":
    case "integer": {
      const number = Number(text)
      if (!/^-?\d{1,20}$/.test(text)) return new Invalid("must be a whole number", "invalid_integer")
      return Number.isSafeInteger(number) ? number : new Invalid("is out of range", "out_of_range")
    }
    case "real": {
      if (!/^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
        return new Invalid("must be a number", "invalid_number")
      const number = Number(text)
      return Number.isFinite(number) ? number : new Invalid("is out of range", "out_of_range")
    }
    case "boolean":
      return text === "true" || text === "false"
        ? text === "true"
        : new Invalid("must be true or false", "invalid_boolean")
    case "timestamp":
      return (
        instant(text) ??
        new Invalid("must be an RFC 3339 timestamp, such as 2026-01-31T12:00:00Z", "invalid_timestamp")
      )
    case "json":
      return new Invalid("cannot be compared", "not_comparable")
    case "text": {
      if (!storable(text)) return new Invalid("must not hold NUL or broken Unicode", "invalid_text")
      if (spec.values && !spec.values.includes(text))
        return new Invalid(`must be one of ${spec.values.join(", ")}`, "invalid_value")
      return spec.format ? normalized(spec, text) : text
    }
  }
}

/** Whether a decoded JSON value could have come from a field: the check of a cursor's parts. */
export function fits(spec: FieldSpec, value: unknown): boolean {
  switch (spec.type) {
    case "id":
    case "integer":
      return Number.isSafeInteger(value)
    case "real":
      return typeof value === "number" && Number.isFinite(value)
    case "boolean":
      return typeof value === "boolean"
    case "timestamp":
      return typeof value === "string" && instant(value) === value
    case "text":
      return typeof value === "string" && storable(value)
    case "json":
      return false
  }
}
