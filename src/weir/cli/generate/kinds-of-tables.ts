import { getTableName, type Table } from "drizzle-orm"
import type { DialectName } from "../../db/dialect/choose.ts"
import { isOfVocabulary } from "../../db/dialect/field.ts"
import { dialectOfTable, tableFunction } from "../../db/dialect/table-dialect.ts"

/** The names of tables, by what made them: the vocabulary, Drizzle for one dialect, or Drizzle for one that is not served. */
export type TableNames = Record<"vocabulary" | DialectName | "other", string[]>

export function namesOf(tables: Table[]): TableNames {
  const names: TableNames = { vocabulary: [], postgres: [], sqlite: [], other: [] }
  for (const table of tables)
    names[isOfVocabulary(table) ? "vocabulary" : (dialectOfTable(table) ?? "other")].push(getTableName(table))
  return names
}

/** Most names in a message. */
const mostNamed = 3

const listed = (names: string[]): string =>
  names.length > mostNamed + 1
    ? `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`
    : names.join(", ")

const isAre = (names: string[]): string => (names.length === 1 ? "is" : "are")

/** Whether a schema, as it is under a dialect, has tables of that dialect and of the vocabulary alone. */
export const isOf = (dialect: DialectName, tables: TableNames | undefined): boolean =>
  tables !== undefined && tables.other.length === 0 && tables[otherThan[dialect]].length === 0

const otherThan = { postgres: "sqlite", sqlite: "postgres" } as const

/** A line that says why a schema is of neither dialect, as it is under each that it loads under. */
export function whyNone(loaded: TableNames[]): string {
  const names = loaded.find(({ other }) => other.length) ?? loaded[0]
  if (!names) return "the schema cannot be loaded"
  const { postgres, sqlite, other } = names
  if (other.length)
    return `${listed(other)} ${isAre(other)} of a dialect that Weir does not serve: Postgres and SQLite are`
  return `${listed(postgres)} ${isAre(postgres)} made by ${tableFunction.postgres}, and ${listed(sqlite)} by ${tableFunction.sqlite}: a schema is of one dialect`
}

/** A line that says why the other dialect has no migration. */
export function whyOnly(only: DialectName, names: TableNames): string {
  const [other, plain] = only === "postgres" ? ["sqlite", "Postgres"] : ["postgres", "SQLite"]
  const { vocabulary } = names
  const beside = vocabulary.length
    ? `, so that ${listed(vocabulary)} of #weir/schema ${isAre(vocabulary)} made for ${plain} alone as well`
    : ""
  return `${other}: no migration, since ${listed(names[only])} ${isAre(names[only])} made by ${tableFunction[only]}${beside}`
}
