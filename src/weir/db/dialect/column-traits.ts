import type { z } from "zod"
import type { FieldSpec } from "./field.ts"

/** What is read off a column of Drizzle's own, beside its type: how it is stored, and what it can hold. */
export interface ColumnTraits {
  /** Read off a column: nothing is trimmed or put in lower case, and no CHECK keeps its bounds. */
  inferred?: boolean
  /** The type that values are cast to, without a length or a precision: a cast to these cuts or rounds silently. */
  sqlType?: string
  /** Most characters of a text. */
  length?: number
  /** Digits of a number in all, or digits of a second. */
  precision?: number
  /** Digits after the point. */
  scale?: number
  /** Whether the column keeps 15 digits of a decimal number: SQLite's does. */
  rounds?: boolean
  /** What an integer of SQLite counts that is an instant. */
  unit?: "s" | "ms"
  /** Whether the column's default is SQL that makes text, so that a column of integers may hold some. */
  mayHoldText?: boolean
  /** Whether the database itself keeps other values out of the column than those of its type. */
  isStrict?: boolean | undefined
  /** Whether a time has an offset, or an instant a zone. */
  zone?: boolean
  /** What the column holds, where it is not what its type holds by default. */
  storage?: "text" | "blob" | "number" | "bigint"
  /** Whether the values are those of an enumerated type of the database, which keeps and sorts them. */
  isEnum?: boolean
  /** The element of an array, and how deep arrays nest; the numbers of a vector. */
  element?: FieldSpec
  dimensions?: number
  /** What a value of JSON must be. */
  schema?: z.ZodType
  /** Whether the value is a document: its members are those of its row. */
  document?: boolean
  /** Whether the database alone makes the value. */
  readOnly?: boolean
}
