import { type Column, getTableColumns, type Table } from "drizzle-orm"

/** What a column holds on the wire. The same JavaScript type on every dialect. */
export type FieldTypeName = "id" | "text" | "integer" | "real" | "boolean" | "timestamp" | "json"

/** Bounds of a text column: stated once, they show in validation, in OpenAPI and as a CHECK. */
export interface TextBounds {
  /** Fewest characters, after trimming. Default 0. */
  min?: number
  /** Most characters, after trimming. Required: unbounded text is a way to fill a disk. */
  max: number
  /** A regular expression the whole value must match (ECMA 262, as in JSON Schema). */
  pattern?: string
  /** A value for the documents; needed with a pattern that `example` does not match. */
  example?: string
  /** `email` is checked and lower-cased, so that it is unique however it is typed. */
  format?: "email"
}

/** Bounds of a number column, inclusive. */
export interface NumberBounds {
  min?: number
  max?: number
}

/** The description of a column beside Drizzle's own: what Weir validates and documents. */
export interface FieldSpec extends Partial<TextBounds>, NumberBounds {
  type: FieldTypeName
  /** The allowed values of an enumerated text column. */
  values?: readonly string[]
  /** Holds another table's primary key, and what becomes of the row when that row is deleted. */
  reference?: { table: () => string; onDelete: string | undefined }
  /** Filled by the database: at creation, or at creation and at every update. */
  auto?: "created" | "updated"
}

const builderSpecs = new WeakMap<object, FieldSpec>()
const builderTables = new WeakMap<object, Table>()
const tableSpecs = new WeakMap<object, Record<string, FieldSpec>>()

/** The specs of every table that is loaded, exposed or not, by its name. */
export const loadedTables = new Map<string, Record<string, FieldSpec>>()

/** Remembers what a column builder holds; the builder itself stays plain Drizzle. */
export function describe<B extends object>(builder: B, spec: FieldSpec): B {
  builderSpecs.set(builder, spec)
  return builder
}

/** In place of the target of `references`: the table itself. */
export const itself: unique symbol = Symbol("itself")

/** The primary key of the table that a column builder was used in. */
export function ownKey(builder: object): Column {
  const table = builderTables.get(builder)
  const columns = table ? getTableColumns(table) : {}
  const key = Object.keys(columns).find((name) => table && tableSpecs.get(table)?.[name]?.type === "id")
  if (key === undefined) throw new Error("references(itself): the table has no id() column")
  return columns[key] as Column
}

/** Keeps the specs of a table's columns. Throws for a column that the vocabulary did not make. */
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
  loadedTables.set(name, specs)
}

/** The specs of a table made by the vocabulary, by column name. */
export function specsOf(table: object): Record<string, FieldSpec> {
  const specs = tableSpecs.get(table)
  if (!specs) throw new Error("This table was not made with table() of #weir/schema")
  return specs
}

/** The CHECKs that a table's bounds amount to: constraint name and SQL, the same text on both dialects. */
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
