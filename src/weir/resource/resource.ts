import type { Table } from "drizzle-orm"
import type { CollectionOptions } from "../db/dialect/collections.ts"
import type { ApiTables } from "./api-tables.ts"
import type { Field } from "./field.ts"
import type { FieldOptions, SecretInput } from "./field-options.ts"
import type { History, HistoryOption } from "./history.ts"
import type { HookOptions } from "./hooks.ts"
import type { RowKey } from "./key.ts"
import type { Quota, QuotaOptions } from "./quota.ts"
import type { Reference } from "./references.ts"
import type { Rule } from "./rules.ts"
import type { Search, Searchable, SearchOption } from "./search.ts"

export type { Field } from "./field.ts"
export type { FieldOptions, SecretInput } from "./field-options.ts"

/** Options of a relation that clients may include. */
export interface EmbedOptions {
  /** Most rows of an embedded list. Default and most: 100. */
  limit?: number
  /** Sort of an embedded list, as in `sort=`. Default: the newest first, by the key or the time of creation. */
  sort?: string
  /** `one`: single reads include it unless `include=` says otherwise. Default: only when asked for. */
  byDefault?: "one"
  /** Whether a create may hold rows of this list, which are created with it, in the same transaction. */
  create?: boolean
}

/** An embed of many to many: the relation to the junction, and that from it to the rows. */
export interface JunctionEmbed extends EmbedOptions {
  junction: readonly [toJunction: string, toTarget: string]
}

/** How a relation is embedded; `true` as it is without options. */
export type Embed = true | EmbedOptions | JunctionEmbed

/** A resource's rules and options, but for its embeds. An action without a rule is closed. `C` are its columns. */
export interface TableOptions<C extends string = string> {
  read?: Rule<C>
  create?: Rule<C>
  update?: Rule<C>
  /** What the row must be as an update leaves it. Default: `update`, for the row as it will be. */
  updatedRow?: Rule<C>
  delete?: Rule<C>
  /**
   * The column that says when a row was deleted. DELETE sets it instead of deleting the row, which is hidden from then on;
   * it must be nullable, and no client sets it.
   */
  softDelete?: C
  /** Which deleted rows may be restored, of those that the viewer could see otherwise. Default: none. */
  restore?: Rule<C>
  fields?: { [Name in C]?: FieldOptions<C> }
  /** Order of a list without `sort=`: columns, each with - for descending. Default: the primary key. */
  sort?: SortText<C> | SortText<C>[]
  /** Its path, and its name in the documents. Default: the table's name, or the export's in `resourcesOf`. */
  name?: string
  /** What one row is called, in documents and operation names. Default: a guess from the table's name. */
  singular?: string
  /** Most rows of one owner: a create beyond it is a 403. */
  quota?: QuotaOptions<C>
  /** What `q=` searches: columns of text, and places in JSON. */
  search?: SearchOption<Searchable<C>>
  /**
   * Whether `PUT` replaces a row: what the body leaves out gets its default, or null. Where there is none, it is created,
   * if `create` is open and clients may give its key.
   */
  replace?: boolean
  /**
   * The unique keys by which `POST ?on_conflict=…` creates rows or merges them into those that exist: a column, or an array
   * of columns.
   */
  upsert?: readonly (C | readonly C[])[]
  /**
   * Whether many rows can be changed at once: `PATCH` of an array of rows with their keys, and `PATCH` and `DELETE` of all
   * rows that filters find.
   */
  bulk?: boolean
  /** `required`: PATCH, PUT and DELETE need `If-Match`, so that no change is lost; a 428 without. */
  conditional?: "required"
  /**
   * The column that row validators are made of, in place of all that their viewer sees: a whole number that is counted up by
   * each update, a time that each update sets, or Postgres's `xmin`. Default: a column made by `version()`.
   */
  version?: C | "xmin"
  /** Whether each change of a row leaves a version of it, and for how many days one is kept after it was replaced. */
  history?: HistoryOption
  /** Whether a delete needs the row's present secret (admins aside), in the header that `confirmHeader` names. */
  confirmDelete?: boolean
}

/** A resource's rules and options. `C` are its columns, `R` the relations that clients may embed; `true` for all. */
export interface ResourceOptions<C extends string = string, R extends string = string>
  extends TableOptions<C> {
  embed?: true | { [Name in R]?: Embed | undefined }
}

type SortText<C extends string> = C | `-${C}`

export interface Relation {
  name: string
  kind: "one" | "many"
  source: Resource
  target: Resource
  /** The columns on this side. */
  local: readonly string[]
  /** The columns on the target's side, in the same order. */
  foreign: readonly string[]
  /** Whether at most one row of the target has the same values. */
  isUnique: boolean
  /** What its lists are called in the document, `UserItems`. */
  documentName: string
  limit: number
  sort: string
  byDefault: boolean
  /** Whether rows of it may be created with a row of `source`. */
  create: boolean
  /** Of many to many: the relation to the junction, and that from it. `local` is then of the first, `foreign` of the second. */
  via?: { toJunction: Relation; toTarget: Relation }
}

/** The rows of one parent: `/users/1/items`. */
export interface Nested {
  relation: Relation
  within: Resource
  parentKey: RowKey
}

/** The option `softDelete`, resolved. */
export interface SoftDelete {
  /** The column that says when. */
  field: Field
  /** Who sees a row, deleted or not. */
  read: Rule
  /** The row is not deleted. */
  present: Rule
}

/** The option `version`, resolved: the column, and whether each update counts it up. */
export interface RowVersion {
  field: Field | "xmin"
  counts: boolean
}

export interface Resource {
  /** Its path, and its name in the documents. */
  name: string
  /** The name of its table in the database. */
  tableName: string
  table: Table
  /** Where its relations may be declared. */
  module: Record<string, unknown>
  fields: Record<string, Field>
  /** The columns of its key, in the key's order; none for a table without one. */
  keys: readonly string[]
  /** The columns that refer to other tables by themselves. */
  references: Set<string>
  /** The columns by which an index finds rows. */
  indexed: Set<string>
  /** The rows that its columns may name, by each column. */
  refersTo: Map<string, Reference>
  rules: { read: Rule; create: Rule; update: Rule; updatedRow: Rule; delete: Rule; restore: Rule }
  /** The field that holds its rows as documents, where it is a collection. */
  document: string | undefined
  /** The columns of JSON: what is sent for them is kept as text. */
  json: Set<string>
  /** What its collection was declared with. */
  collection: CollectionOptions | undefined
  options: ResourceOptions & HookOptions
  relations: Record<string, Relation>
  /** How its rows are softly deleted, where they are. */
  softDelete: SoftDelete | undefined
  /** What its rows' validators are made of, where that is no digest of them. */
  version: RowVersion | undefined
  /** How the versions of its rows are kept, where they are. */
  history: History | undefined
  /** What `q=` searches, where it does. */
  search: Search | undefined
  /** The tables of the API that it is in. */
  tables: ApiTables | undefined
  /** What one row is called, `line_item`, and the name of its type in the documents, `LineItem`. */
  singular: string
  typeName: string
  quota: Quota | undefined
  /** Whether its rows are the API's viewers (`accounts` of `defineApi`). */
  holdsViewers: boolean
  /** The columns that one signs in with, where its rows are the API's viewers. */
  loginNames: readonly string[]
  /** How the addresses of accounts are kept verified, where they are. */
  addresses: Addresses | undefined
  /**
   * Whether the database is known to number the table's rows by itself: rows are found by it sooner than by a text.
   * SQLite's tables do, unless they are `without rowid`.
   */
  hasRowNumber: boolean
  /** What its team should know: columns that are hidden or left out. */
  notices: string[]
}

/** The columns of an account's address, and of when it was verified. */
export interface Addresses {
  email: string
  verified: string
  /** Whether nobody but admins sets an address that is not verified. */
  confirm: boolean
}

/** The field that a resource takes as a secret, a password: it costs a hash. */
export const secretOf = ({ fields }: Resource): Field | undefined =>
  Object.values(fields).find((field) => field.secret)

/** The field that says when a row was changed last, where one is set at each change. */
export const updatedField = ({ fields }: Resource): Field | undefined =>
  Object.values(fields).find(({ spec }) => spec.auto === "updated")

/**
 * The header in which a DELETE has the present secret: `X-Current-Password` for `current_password`. Its value is
 * percent-encoded UTF-8, since a header carries ASCII only. Proxies and clients may drop a DELETE's body (RFC 9110, 9.3.5).
 */
export const confirmHeader = ({ confirm }: SecretInput): string =>
  `X-${confirm.replace(/(^|_+)([^_])/g, (_all, mark, first) => `${mark && "-"}${first.toUpperCase()}`)}`

/** The order of a list without `sort=`, as in `sort=`; undefined for the primary key alone. */
export const defaultSort = ({ options: { sort } }: Resource): string | undefined =>
  Array.isArray(sort) ? sort.join(",") : sort
