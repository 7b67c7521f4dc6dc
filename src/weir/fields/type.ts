import type { z } from "@hono/zod-openapi"
import type { SQL } from "drizzle-orm"
import type { ColumnSql } from "../db/dialect/column-sql.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import type { Operator } from "./operators.ts"

export type { StorageClass } from "../db/dialect/column-sql.ts"

/** A value of a field that can be compared and bound. */
export type Scalar = string | number | boolean

/** Text that is no value of a field: why, in words for a client and as a code for a program. */
export class Invalid {
  readonly message: string
  readonly code: string
  constructor(message: string, code: string) {
    this.message = message
    this.code = code
  }
}

/** An operand that no value of a field equals: the values up to `below` are less, all others greater. */
export class Between {
  readonly below: Scalar
  constructor(below: Scalar) {
    this.below = below
  }
}

/**
 * A column type: how its values are parsed, validated, documented, compared, rendered and encoded. Each type is a
 * file of this folder; `types.ts` lists them.
 */
export interface FieldType {
  /** The filter operators, `is_null` apart. Without any, the field cannot be filtered or sorted by. */
  operators: readonly Operator[]
  /** Reads an operand of a filter. */
  parse(text: string): Scalar | Between | Invalid
  /** Reads an operand of that operator, where it is no value of the field; undefined where it is one. */
  parseOperand?(operator: Operator, text: string): Scalar | Between | Invalid | undefined
  /** The condition of a filter with that operator, where it is not the usual one. `value` is the bound operand. */
  comparison?(operator: Operator, column: SQL, value: SQL): SQL | undefined
  /** Reads a CSV cell that is not empty. */
  parseCell(text: string): unknown
  /** A value as a CSV cell. */
  toCell(value: unknown): unknown
  /** Whether a decoded JSON value can have come from the column: the check of a cursor's parts. */
  accepts(value: unknown): boolean
  /** The schema of a value in a request body; values are normalized by it. */
  input(): z.ZodType
  /** The schema of a value in a response. */
  output(): z.ZodType
  /** A value for the documents. */
  example(): Scalar | null | unknown[]
  /** The expression as it is compared for order. */
  ordered(expression: SQL): SQL
  /** Fewest bytes of a value's JSON. */
  minBytes: number
  /** Most bytes of a value's JSON; infinity where nothing bounds them. */
  maxBytes: number
  /** Whether values differ much in size, so that it is measured. */
  measured: boolean
  /** Whether a rendered value may hold line feeds. */
  multiline: boolean
  /** Whether the database makes the value when a row is created. */
  generated: boolean
  /** Whether values are so large that an answer has them only where they are asked for. */
  heavy: boolean
  sql: ColumnSql
}

/** Makes the type of a column from its description. */
export type MakeType = (spec: FieldSpec) => FieldType

/** What most types have in common: values of few bytes, which are compared, printed and sent as they are. */
export const usual = {
  toCell: (value: unknown): unknown => value,
  ordered: (expression: SQL): SQL => expression,
  measured: false,
  multiline: false,
  generated: false,
  heavy: false,
} satisfies Partial<FieldType>
