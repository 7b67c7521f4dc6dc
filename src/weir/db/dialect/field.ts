import { type Column, getTableColumns, type Table } from "drizzle-orm"
import type { ColumnTraits } from "./column-traits.ts"
import { fullName } from "./table-name.ts"

/** The types of the column vocabulary. Each has the same JavaScript type on every dialect. */
export type VocabularyTypeName =
  | "id"
  | "text"
  | "integer"
  | "bigint"
  | "decimal"
  | "real"
  | "boolean"
  | "timestamp"
  | "date"
  | "time"
  | "uuid"
  | "json"
  | "bytes"

/**
 * The types that columns of people's own tables have beside those. `local_timestamp` has no zone and stays text,
 * `opaque` is text that only the database understands, such as an address of the network.
 */
export type ForeignTypeName = "interval" | "local_timestamp" | "vector" | "array" | "opaque"

/** Every type of a column. */
export type FieldTypeName = VocabularyTypeName | ForeignTypeName

/** Bounds of a text column. They apply in validation, in the OpenAPI document and as a CHECK. */
export interface TextBounds {
  /** Fewest characters, after trimming. Default 0. */
  min?: number
  /** Most characters, after trimming. Without it, the body of a request is the only bound. */
  max?: number
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

/** What every column of the vocabulary takes. */
export interface Named {
  /** The column's name in the database, where it is not the property's. */
  name?: string | undefined
}

/** Digits of a decimal number. */
export interface DecimalDigits {
  /** In all, 18 at the most: SQLite keeps the number as an integer of 64 bits. */
  precision: number
  /** After the point. */
  scale: number
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
  /** Set for a foreign key of one column: the column it refers to, whose type it has. */
  reference?: { to: () => Column; onDelete: string | undefined }
  /** The literal default as a value of JSON, where the database has it in another form. */
  initial?: string
  /** Set for an automatic timestamp: `created` is set at creation, `updated` at every update too; and for a version. */
  auto?: "created" | "updated" | "version"
}

const builderSpecs = new WeakMap<object, FieldSpec>()
const builderTables = new WeakMap<object, Table>()
const tableSpecs = new WeakMap<object, Record<string, FieldSpec>>()

/** Every table that is known, by its full name in the database, whether a resource exposes it or not. */
export const loadedTables = new Map<string, Table>()

/** Makes tables known, so that the cache sees reads and writes of them. */
export function loadTables(tables: Iterable<Table>): void {
  for (const table of tables) loadedTables.set(fullName(table), table)
}

/**
 * The vocabulary's description of a column; undefined where the table is not made of the vocabulary, and for a reference
 * to a table that is not.
 */
export function specOfColumn(table: Table, property: string): FieldSpec | undefined {
  const spec = tableSpecs.get(table)?.[property]
  if (!spec?.reference) return spec
  const target = spec.reference.to()
  const properties = Object.entries(getTableColumns(target.table))
  const [name] = properties.find(([, column]) => column === target) ?? []
  const referred = name === undefined ? undefined : specOfColumn(target.table, name)
  if (!referred) return undefined
  const { initial: _, auto: __, reference: ___, ...form } = referred
  return { ...spec, ...form, type: form.type === "id" ? "integer" : form.type }
}

/** Whether a table was built with the vocabulary, and so is of either dialect. */
export const isOfVocabulary = (table: object): boolean => tableSpecs.has(table)

/** Stores the spec of a column builder, and gives it its name: it stays plain Drizzle. */
export function describe<B extends object>(builder: B, spec: FieldSpec, { name }: Named = {}): B {
  if (name) Object.assign(configOf(builder), { name, keyAsName: false })
  builderSpecs.set(builder, spec)
  return builder
}

/** The part of Drizzle's own description of a builder that is read here. */
interface BuilderConfig {
  name: string
  primaryKey: boolean
  isUnique: boolean
}

/** Drizzle's own description of a column, which it lets nobody see. */
export const configOf = (builder: object): BuilderConfig => (builder as { config: BuilderConfig }).config

/** The name in the database of a builder's column, which it has from its property where it has none of its own. */
export const nameIn = (builder: object, property: string): string => configOf(builder)?.name || property

/** The spec of a column builder; undefined for one that is not of the vocabulary. */
export const specOf = (builder: object | undefined): FieldSpec | undefined =>
  builder && builderSpecs.get(builder)

/** A target of `references`: the table that the column is in. */
export const itself: unique symbol = Symbol("itself")

/** The primary key of the table that a column builder belongs to. Throws where no one column is the key. */
export function ownKey(builder: object): Column {
  const table = builderTables.get(builder)
  const key = Object.values(table ? getTableColumns(table) : {}).find(({ primary }) => primary)
  if (!key) throw new Error("references(itself): the table has no column that is its primary key")
  return key
}

/** The column that a builder has become in its table. */
export function columnOf(builder: object): Column {
  const table = builderTables.get(builder)
  const spec = builderSpecs.get(builder)
  const specs = table && tableSpecs.get(table)
  const name = specs && Object.keys(specs).find((key) => specs[key] === spec)
  if (!table || name === undefined) throw new Error("A column of the vocabulary is in no table")
  return getTableColumns(table)[name] as Column
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
