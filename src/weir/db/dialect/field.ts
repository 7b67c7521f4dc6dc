import { type Column, getTableColumns, getTableName, type Table } from "drizzle-orm"
import type { ColumnTraits } from "./column-traits.ts"

/** The types of the column vocabulary. Each has the same JavaScript type on every dialect. */
export type VocabularyTypeName = "id" | "text" | "integer" | "real" | "boolean" | "timestamp" | "json"

/**
 * The types that columns of people's own tables have beside those. `local_timestamp` has no zone and stays text,
 * `opaque` is text that only the database understands, such as an address of the network.
 */
export type ForeignTypeName =
  | "uuid"
  | "bigint"
  | "decimal"
  | "date"
  | "time"
  | "interval"
  | "local_timestamp"
  | "bytes"
  | "vector"
  | "array"
  | "opaque"

/** Every type of a column. */
export type FieldTypeName = VocabularyTypeName | ForeignTypeName

/** Bounds of a text column. They apply in validation, in the OpenAPI document and as a CHECK. */
export interface TextBounds {
  /** Fewest characters, after trimming. Default 0. */
  min?: number
  /** Most characters, after trimming. Required, since unbounded text lets a client fill the disk. */
  max: number
  /** A regular expression the whole value must match (ECMA 262, as in JSON Schema). */
  pattern?: string
  /** An example value for the OpenAPI document. Needed with a pattern that the default, "example", does not match. */
  example?: string
  /**
   * `email` is validated and stored in one spelling: NFC, lower case, its domain in ASCII. `username` keeps its case, and
   * a unique column is unique whatever the case. Neither holds characters that nobody sees.
   */
  format?: "email" | "username"
}

/** Bounds of a number column, inclusive. */
export interface NumberBounds {
  min?: number
  max?: number
}

/** How Weir validates and documents a column, in addition to Drizzle's own description of it. */
export interface FieldSpec extends Partial<TextBounds>, NumberBounds, ColumnTraits {
  type: FieldTypeName
  /** The allowed values of an enumerated text column. */
  values?: readonly string[]
  /** Set for a foreign key of one column: the column it refers to, and the `on delete` action. */
  reference?: { to: () => Column; onDelete: string | undefined }
  /** Set for an automatic timestamp: `created` is set at creation, `updated` at every update too. */
  auto?: "created" | "updated"
}

const builderSpecs = new WeakMap<object, FieldSpec>()
const builderTables = new WeakMap<object, Table>()
const tableSpecs = new WeakMap<object, Record<string, FieldSpec>>()

/** Every table that is known, by its name in the database, whether a resource exposes it or not. */
export const loadedTables = new Map<string, Table>()

/** Makes tables known, so that the cache sees reads and writes of them. */
export function loadTables(tables: Iterable<Table>): void {
  for (const table of tables) loadedTables.set(getTableName(table), table)
}

/** The vocabulary's description of a column; undefined where the table is not made of the vocabulary. */
export const specOfColumn = (table: Table, property: string): FieldSpec | undefined =>
  tableSpecs.get(table)?.[property]

/** Whether a table was built with the vocabulary, and so is of either dialect. */
export const isOfVocabulary = (table: object): boolean => tableSpecs.has(table)

/** Stores the spec of a column builder, and returns the builder unchanged: it stays plain Drizzle. */
export function describe<B extends object>(builder: B, spec: FieldSpec): B {
  builderSpecs.set(builder, spec)
  return builder
}

/** The spec of a column builder; undefined for one that is not of the vocabulary. */
export const specOf = (builder: object | undefined): FieldSpec | undefined =>
  builder && builderSpecs.get(builder)

/** A target of `references`: the table that the column is in. */
export const itself: unique symbol = Symbol("itself")

/** The primary key of the table that a column builder belongs to. Throws where the table has no `id()` column. */
export function ownKey(builder: object): Column {
  const table = builderTables.get(builder)
  const columns = table ? getTableColumns(table) : {}
  const key = Object.keys(columns).find((name) => table && tableSpecs.get(table)?.[name]?.type === "id")
  if (key === undefined) throw new Error("references(itself): the table has no id() column")
  return columns[key] as Column
}

/** Stores the specs of a table's columns. Throws for a column that was not built with the vocabulary. */
export function describeTable(table: Table, name: string, builders: Record<string, object>): void {
  const specs: Record<string, FieldSpec> = {}
  for (const [key, builder] of Object.entries(builders)) {
    const spec = builderSpecs.get(builder)
    if (!spec)
      throw new Error(
        `${name}.${key}: build columns with #weir/schema (id, text, integer, …), not with drizzle-orm directly`,
      )
    specs[key] = spec
    builderTables.set(builder, table)
  }
  tableSpecs.set(table, specs)
  loadedTables.set(name, table)
}

/** The CHECK constraints for the bounds of a table's columns: names and SQL, the same text on both dialects. */
export function checksOf(table: string, builders: Record<string, object>): { name: string; sql: string }[] {
  const checks: { name: string; sql: string }[] = []
  for (const [key, builder] of Object.entries(builders)) {
    const spec = builderSpecs.get(builder)
    if (!spec) continue
    const parts: string[] = []
    if (spec.values)
      parts.push(`"${key}" in (${spec.values.map((v) => `'${v.replaceAll("'", "''")}'`).join(", ")})`)
    else if (spec.type === "text") {
      if (spec.min) parts.push(`length("${key}") >= ${spec.min}`)
      if (spec.max !== undefined) parts.push(`length("${key}") <= ${spec.max}`)
    } else {
      if (spec.min !== undefined) parts.push(`"${key}" >= ${spec.min}`)
      if (spec.max !== undefined) parts.push(`"${key}" <= ${spec.max}`)
    }
    if (parts.length) checks.push({ name: `${table}_${key}_check`, sql: parts.join(" and ") })
  }
  return checks
}
