import type { SQL } from "drizzle-orm"
import type { Value } from "./statement.ts"

/** How a dialect stores, binds and renders one type of column. */
export interface ColumnSql {
  /** The column as a JSON value. */
  json(column: SQL): SQL
  /** A checked value as the driver binds it. */
  encode(value: unknown): Value
  /** A bound value with the column's type, where nothing else in the statement gives it one. */
  typed(value: SQL): SQL
  /** Whether the expression is an element of a JSON array that is bound as one parameter. */
  oneOf(expression: SQL, list: SQL): SQL
  /** An encoded value as an element of the JSON array that a bulk insert binds. */
  toElement(value: unknown): unknown
  /** An element of such an array as the column's value. */
  fromElement(array: SQL, index: number): SQL
}
