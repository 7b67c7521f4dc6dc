import type { SQL } from "drizzle-orm"
import type { Value } from "./statement.ts"

/** What a value of SQLite can be in any column, whatever its type. */
export type StorageClass = "integer" | "real" | "text" | "blob"

/** How a dialect stores, binds and renders one type of column. */
export interface ColumnSql {
  /** The column as a JSON value. */
  json(column: SQL): SQL
  /**
   * The same, and `otherwise` for values that nearly no column has, or a failure of the statement (`unsayable`), where it
   * takes less time without these.
   */
  quick?: (column: SQL, otherwise: SQL) => SQL
  /** The same as a column of a result, where a driver would not keep all digits of that: they are text then. */
  returned?: (column: SQL) => SQL
  /** A validated value, converted to what the driver binds. */
  encode(value: unknown): Value
  /** Whether an array holds all elements of another. */
  contains?: (column: SQL, elements: SQL) => SQL
  /** Whether the column has no value, where more than null says so. Default: it is null. */
  isNull?: (column: SQL) => SQL
  /** A bound value as a value of the column, where the driver cannot bind one: base64 as bytes. */
  bind(param: SQL): SQL
  /** The column as `bind` takes it, where that takes no value of the column. */
  bindable?: (column: SQL) => SQL
  /** What a cursor holds of the column, where its JSON value would lose digits. Default: `json`. */
  position?: (column: SQL) => SQL
  /**
   * Whether a value in JSON says what `position` would: null as well, or else of columns that are never null alone. Where
   * it does not, a statement must ask for it. Default: never.
   */
  shows?: (value: unknown) => boolean
  /**
   * A value of another kind than the column's, as a cursor holds it: beside its kind, digits of a number, or the
   * hexadecimal digits of text and bytes. Absent where the column has none.
   */
  stored?: (kind: StorageClass, digits: SQL) => SQL
  /** Whether an array of a cursor is such a value, or the beginning of one. */
  isStored?: (value: unknown[]) => boolean
  /** The column, or a value of it, as it is compared, where stored values do not compare as they should. */
  comparable?: (value: SQL) => SQL
  /** Whether rows may lack a value although the schema says that they have one: they are sorted as the least. */
  mayLack?: boolean
  /** Whether `comparable` may be null where the column is not. */
  mayCompareNull?: boolean
  /** The condition of a filter's operator with a bound value, where it is not the usual one. */
  compared?: (operator: string, column: SQL, value: SQL) => SQL | undefined
  /** The value, or null where JSON cannot say it, as for a number that is none: what rows are grouped by. */
  finite?: (value: SQL) => SQL
  /** The bytes of its JSON without quotes, at the least. Default: the bytes of its text. */
  size?: (column: SQL) => SQL
  /** A value cast to the column's type, for places where the statement does not imply the type. */
  typed(value: SQL): SQL
  /** SQL for: `expression` equals an element of `list`, a JSON array bound as one parameter. */
  oneOf(expression: SQL, list: SQL): SQL
  /** An encoded value, converted to an element of the JSON array that a bulk insert binds. */
  toElement(value: unknown): unknown
  /** The column as an element that `fromElement` reads, where JSON cannot hold its value, or loses some of it. */
  element?: (column: SQL) => SQL
  /** SQL for element `index` of such an array, as a value of the column. */
  fromElement(array: SQL, index: number): SQL
}
