import { type Column, getTableColumns, getTableName, is, Table } from "drizzle-orm"
import { type FieldSpec, loadedTables } from "./field.ts"
import { primaryKeyOf } from "./foreign-keys.ts"

/** A JSON Schema (draft 2020-12, or of draft 7 what is the same). */
export type JsonSchema = Record<string, unknown> | boolean

/** A table that documents refer to. A function where it is declared later, or is the collection itself. */
export type Target = Table | (() => Table)

/** A member of documents that holds the key of another row. */
export interface DocumentReference {
  to: Target
  /** Whether each document must have it. */
  required?: boolean
  /** What becomes of documents whose row is deleted: by default the member becomes null, or they go where it is required. */
  onDelete?: "cascade" | "set null" | "restrict"
}

/** What a collection is declared with. */
export interface CollectionOptions {
  /** Who each document belongs to: a row of that table, or with `true` of the accounts, a table called `users`. */
  owner?: Table | true
  /** What a document's own members must be. */
  schema?: JsonSchema
  /** Places that have an index, such as `color` or `size.width`. */
  index?: readonly string[]
  /** Members that hold keys of other rows, `{ item_id: items }`: each is a column with a foreign key. */
  references?: Record<string, Target | DocumentReference>
}

/** The members of a document that the engine sets. */
export const systemMembers = ["_id", "_created_at", "_updated_at", "_owner_id"] as const

/** Whether the engine sets the member of that name. */
export const isSystemMember = (name: string): boolean => (systemMembers as readonly string[]).includes(name)

/** The column that holds a document's own members. */
export const documentColumn = "data"

const collections = new WeakMap<Table, CollectionOptions>()

/** Says that a table is a collection. */
export const declareCollection = (table: Table, collection: CollectionOptions): void => {
  collections.set(table, collection)
}

/** What a table was declared with, where it is a collection. */
export const collectionOf = (table: Table): CollectionOptions | undefined => collections.get(table)

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
  return keyOfOne(table, `${name}: the owner`)
}

/** A reference with all that it may be declared with. */
export const referenceOf = (declared: Target | DocumentReference): DocumentReference =>
  typeof declared === "function" || is(declared, Table) ? { to: declared } : declared

/** The key of the rows that a collection's reference names: looked up once all tables are made. */
export function referencedKey(name: string, member: string, { to }: DocumentReference): Column {
  const table = typeof to === "function" ? to() : to
  if (!is(table, Table)) throw new Error(`${name}: references names "${member}", which leads to no table`)
  return keyOfOne(table, `${name}: "${member}" refers to`)
}

/** The key of a table whose rows others belong to. Throws one line, which begins with `before`, where it is not one column. */
export function keyOfOne(table: Table, before: string): Column {
  const [key, ...others] = primaryKeyOf(table)
  if (!key || others.length)
    throw new Error(`${before} ${getTableName(table)}, which must have a key of one column`)
  return Object.values(getTableColumns(table)).find((column) => column === key) ?? key
}
