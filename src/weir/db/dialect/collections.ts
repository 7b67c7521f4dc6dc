import { type Column, getTableColumns, getTableName, type Table } from "drizzle-orm"
import { type FieldSpec, loadedTables } from "./field.ts"
import { primaryKeyOf } from "./foreign-keys.ts"

/** A JSON Schema (draft 2020-12, or of draft 7 what is the same). */
export type JsonSchema = Record<string, unknown> | boolean

/** What a collection is declared with. */
export interface CollectionOptions {
  /** Who each document belongs to: a row of that table, or with `true` of the accounts, a table called `users`. */
  owner?: Table | true
  /** What a document's own members must be. */
  schema?: JsonSchema
  /** Places that have an index, such as `color` or `size.width`. */
  index?: readonly string[]
}

/** A collection, as far as its table does not tell. */
export type Collection = Pick<CollectionOptions, "owner" | "schema" | "index">

/** The members of a document that the engine sets. */
export const systemMembers = ["_id", "_created_at", "_updated_at", "_owner_id"] as const

/** The column that holds a document's own members. */
export const documentColumn = "data"

const collections = new WeakMap<Table, Collection>()

/** Says that a table is a collection. */
export const declareCollection = (table: Table, collection: Collection): void => {
  collections.set(table, collection)
}

/** What a table was declared with, where it is a collection. */
export const collectionOf = (table: Table): Collection | undefined => collections.get(table)

/** Words that stand for something else in paths. */
const reserved = "batch|me|\\.\\.?"

/** A document's key: of the characters that a path takes as they are (RFC 3986, 2.3). */
export const documentIdSpec: FieldSpec = {
  type: "text",
  min: 1,
  max: 100,
  pattern: `^(?!(?:${reserved})$)[A-Za-z0-9_.~-]{1,100}$`,
  example: "02oZ3kT9xJ5bQ1mVfYcA7d",
}

/** The table of accounts, by the name that it must have for `owner: true`. */
const accountsTable = "users"

/** The key of the rows that own a collection's documents: looked up once all tables are made. */
export function ownerKey(name: string, owner: Table | true): Column {
  const table = owner === true ? loadedTables.get(accountsTable) : owner
  if (!table)
    throw new Error(
      `${name}: owner: true is for accounts in a table ${accountsTable}; name the table instead`,
    )
  const [key, ...others] = primaryKeyOf(table)
  if (!key || others.length)
    throw new Error(`${name}: the owner ${getTableName(table)} must have a key of one column`)
  return Object.values(getTableColumns(table)).find((column) => column === key) ?? key
}
