import { type Column, is, SQL } from "drizzle-orm"
import { arrayLiteral } from "../db/dialect/array-literal.ts"
import { dialectName } from "../db/dialect/choose.ts"
import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import type { Value } from "../db/dialect/statement.ts"
import { toEra } from "../lib/calendar.ts"
import { hasPrototype } from "../lib/prototype.ts"

/** Whether a value is an SQL expression. Drizzle's `is` fails at objects that have no prototype. */
export const isSql = (value: unknown): value is SQL => hasPrototype(value) && is(value, SQL)

/** A column, and that of its elements where it is an array. */
type ArrayColumn = Column & { baseColumn?: ArrayColumn }

/**
 * A value that a team's own code makes, in Drizzle's terms: a Date, a bigint, a Buffer, an object. The result is what
 * the column's `encode` makes of values that clients send. An SQL expression stays what it is.
 */
export function encodeOwn(column: Column, spec: FieldSpec, value: unknown): Value | SQL {
  if (isSql(value)) return value
  if (value === null || value === undefined) return null
  // Of the vocabulary, values in JavaScript and in JSON are the same, but for bytes.
  if (!spec.inferred)
    return columnSql(spec).encode(value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value)
  try {
    return encodeDrizzle(column, spec, value)
  } catch (cause) {
    throw new TypeError(`${column.name}: a default is no value of ${column.getSQLType()}`, { cause })
  }
}

function encodeDrizzle(column: ArrayColumn, spec: FieldSpec, value: unknown): Value | SQL {
  const { element, dimensions = 1 } = spec
  if (column.columnType === "PgArray" && element && Array.isArray(value)) {
    let base = column
    while (base.columnType === "PgArray" && base.baseColumn) base = base.baseColumn
    return arrayLiteral(value, dimensions, (one) => elementOf(encodeOwn(base, element, one)))
  }
  const made: unknown = column.mapToDriverValue(value)
  if (isSql(made)) return made
  if (element && Array.isArray(made)) return arrayLiteral(made, dimensions, (one) => bindable(one, element))
  return bindable(made, spec)
}

function elementOf(value: Value | SQL): Value {
  if (isSql(value)) throw new TypeError("an element of an array cannot be SQL")
  return value
}

/** What Drizzle would give the driver, as text or a number that every driver can bind. */
function bindable(value: unknown, spec: FieldSpec): Value {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return moment(value.toISOString(), spec)
  if (value instanceof Uint8Array) return ofBytes(Buffer.from(value), spec)
  if (value instanceof ArrayBuffer) return ofBytes(Buffer.from(value), spec)
  switch (typeof value) {
    case "bigint":
      return String(value)
    case "boolean":
      return dialectName === "postgres" ? value : Number(value)
    case "object":
      return JSON.stringify(value)
    case "string":
      return ofText(value, spec)
    case "number":
      if (Number.isNaN(value) && spec.unit) throw new RangeError("an invalid Date")
      return value
    default:
      throw new TypeError(`${typeof value} is no value of a column`)
  }
}

/** Bytes are bound as hexadecimal digits; of JSON and of digits, as the text that they are. */
const ofBytes = (bytes: Buffer, { type }: FieldSpec): string => {
  if (type !== "bytes") return bytes.toString()
  return `${dialectName === "postgres" ? "\\x" : ""}${bytes.toString("hex")}`
}

function ofText(text: string, spec: FieldSpec): string {
  if (spec.type === "bytes" && dialectName === "sqlite") return Buffer.from(text).toString("hex")
  return /^(timestamp|local_timestamp|date)$/.test(spec.type) ? (moment(text, spec) as string) : text
}

/** An instant as the database reads it. */
function moment(iso: string, { type, unit }: FieldSpec): Value {
  if (unit) return unit === "s" ? Math.floor(Date.parse(iso) / 1000) : Date.parse(iso)
  if (dialectName === "sqlite") return iso
  const text = toEra(iso)
  // A day of Drizzle is a Date at midnight in UTC.
  return type === "date" ? text.replace(/[Tt ]\d\d:.*?(?= BC$|$)/, "") : text
}
