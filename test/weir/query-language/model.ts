import type { Json } from "./values.ts"

/** What the oracle knows of the tables: the fields and relations that a viewer may name, and what hides them. */

export type Row = Record<string, Json>
export type FieldKind = "text" | "integer" | "decimal" | "boolean" | "timestamp" | "json"

export interface Relation {
  kind: "one" | "many"
  target: TableName
  local: string
  foreign: string
}

export interface Table {
  fields: Record<string, FieldKind>
  relations: Record<string, Relation>
  /** The fields that may be read in open rows alone. */
  guarded: string[]
  key: "id" | "_id"
  /** What holds the members of a document, in a collection. */
  document?: string
}

export type TableName = "makers" | "things" | "parts" | "papers"
export type Data = Record<TableName, Row[]>

export const model: Record<TableName, Table> = {
  makers: {
    fields: { id: "integer", name: "text", rank: "integer", profile: "json", hidden: "boolean" },
    relations: {
      things: { kind: "many", target: "things", local: "id", foreign: "maker_id" },
      papers: { kind: "many", target: "papers", local: "id", foreign: "_owner_id" },
    },
    guarded: [],
    key: "id",
  },
  things: {
    fields: {
      id: "integer",
      title: "text",
      amount: "integer",
      price: "decimal",
      active: "boolean",
      moment: "timestamp",
      meta: "json",
      note: "text",
      inner: "json",
      rival_id: "integer",
      open: "boolean",
      maker_id: "integer",
      hidden: "boolean",
    },
    relations: {
      maker: { kind: "one", target: "makers", local: "maker_id", foreign: "id" },
      rival: { kind: "one", target: "makers", local: "rival_id", foreign: "id" },
      parts: { kind: "many", target: "parts", local: "id", foreign: "thing_id" },
    },
    guarded: ["note", "inner", "rival_id"],
    key: "id",
  },
  parts: {
    fields: {
      id: "integer",
      thing_id: "integer",
      label: "text",
      size: "integer",
      info: "json",
      hidden: "boolean",
    },
    relations: { thing: { kind: "one", target: "things", local: "thing_id", foreign: "id" } },
    guarded: [],
    key: "id",
  },
  papers: {
    fields: { _id: "text", _created_at: "timestamp", _updated_at: "timestamp", _owner_id: "integer" },
    relations: { _owner: { kind: "one", target: "makers", local: "_owner_id", foreign: "id" } },
    guarded: ["_updated_at"],
    key: "_id",
    document: "data",
  },
}

/** The kind of a field; undefined for what is none. */
export const kindOfField = (table: TableName, field: string): FieldKind | undefined => {
  const { fields, document } = model[table]
  return field === document ? "json" : Object.hasOwn(fields, field) ? fields[field] : undefined
}

/** The fields that may not be null: they have no `is_null`. */
export const required = ["id", "hidden", "open", "name", "_id", "_created_at", "_updated_at", "_owner_id"]

export const isShown = (row: Row): boolean => row.hidden === false

export const isReadable = (table: TableName, row: Row, field: string): boolean =>
  row.open === true || !model[table].guarded.includes(field)

/** The value that a viewer sees; undefined for what is hidden in that row. */
export const seen = (table: TableName, row: Row, field: string): Json | undefined =>
  isReadable(table, row, field) ? (row[field] ?? null) : undefined

/** Where a key begins with `x`, nobody may see the document; where with `o`, everybody all of it. */
export const documentRow = (_id: string, _owner_id: number, at: string, data: Json): Row => ({
  _id,
  _owner_id,
  _created_at: at,
  _updated_at: at,
  data,
  open: _id.startsWith("o"),
  hidden: _id.startsWith("x"),
})
