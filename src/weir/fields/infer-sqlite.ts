import { type Column, is, SQL } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { readSqlType, specFrom } from "./sql-type.ts"

type SqliteColumn = Column & { mode?: string }

const makesText = /current_(timestamp|date|time)\b|\b(date|time|datetime)\s*\(|\bstrftime\s*\(\s*'(?!%s')/i
const makesNumber = /\bcast\s*\(|\bunixepoch\s*\(|\bjulianday\s*\(/i

/** Whether a column's default is SQL that makes the text of a time. */
function hasTextDefault({ default: value }: Column): boolean {
  if (!is(value, SQL)) return false
  const { text } = expressions.render(value)
  return makesText.test(text) && !makesNumber.test(text)
}

const text = (column: Column, length?: number): FieldSpec =>
  specFrom({ type: "text", length, values: column.enumValues?.length ? column.enumValues : undefined })

type Make = (column: SqliteColumn) => FieldSpec

const byColumn: Record<string, Make> = {
  SQLiteText: (column) => text(column, readSqlType(column.getSQLType()).numbers[0]),
  SQLiteTextJson: () => specFrom({ type: "json", storage: "text" }),
  // A primary key of whole numbers is SQLite's own number of the row.
  SQLiteInteger: (column) => specFrom({ type: "integer", isStrict: column.primary || undefined }),
  SQLiteTimestamp: (column) =>
    specFrom({
      type: "timestamp",
      unit: column.mode === "timestamp" ? "s" : "ms",
      mayHoldText: hasTextDefault(column) || undefined,
    }),
  SQLiteBoolean: () => specFrom({ type: "boolean" }),
  SQLiteReal: () => specFrom({ type: "real" }),
  SQLiteNumeric: () => specFrom({ type: "decimal", rounds: true }),
  SQLiteNumericNumber: () => specFrom({ type: "decimal", storage: "number", rounds: true }),
  SQLiteNumericBigInt: () => specFrom({ type: "decimal", storage: "bigint", rounds: true }),
  SQLiteBlobBuffer: () => specFrom({ type: "bytes" }),
  SQLiteBlobJson: () => specFrom({ type: "json", storage: "blob" }),
  SQLiteBigInt: () => specFrom({ type: "bigint", storage: "blob" }),
}

/** Custom types, by their names in SQL. */
const byName: [RegExp, (column: Column, numbers: number[]) => FieldSpec][] = [
  [/^(text|clob|uuid|citext|(native |n)?(var)?char(acter)?( varying)?)$/, (c, [length]) => text(c, length)],
  [/^(int|integer|int2|int4|smallint|mediumint|tinyint)$/, () => specFrom({ type: "integer" })],
  [/^(bigint|int8)$/, () => specFrom({ type: "bigint" })],
  [/^(real|float|double|double precision)$/, () => specFrom({ type: "real" })],
  [/^(numeric|decimal)$/, () => specFrom({ type: "decimal", rounds: true })],
  [/^(bool|boolean)$/, () => specFrom({ type: "boolean" })],
  [/^(blob|bytea)$/, () => specFrom({ type: "bytes" })],
  [/^json$/, () => specFrom({ type: "json", storage: "text" })],
]

/** The spec of a column of SQLite; undefined for a type that is not known. */
export function inferSqlite(column: SqliteColumn): FieldSpec | undefined {
  const make = byColumn[column.columnType]
  if (make) return make(column)
  const { name, numbers } = readSqlType(column.getSQLType())
  return byName.find(([pattern]) => pattern.test(name))?.[1](column, numbers)
}
