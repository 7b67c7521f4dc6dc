import { type Column, getTableColumns, getTableName, is, type Relations, Table } from "drizzle-orm"
import { type FieldSpec, specsOf } from "../db/dialect/field.ts"
import type { FieldType } from "../fields/type.ts"
import { fieldType } from "../fields/types.ts"
import type { Waiter } from "../lib/fair-queue.ts"
import type { Key } from "./key.ts"
import { pascal, singularOf } from "./names.ts"
import { type Quota, type QuotaOptions, quotaOf } from "./quota.ts"
import type { Reference } from "./references.ts"
import { anyone, nobody, type Rule } from "./rules.ts"
import type { Viewer } from "./viewer.ts"

/** A field that is written under another name and changed on the way, such as a password. */
export interface SecretInput {
  /** The name in request bodies. */
  as: string
  /** Fewest and most characters. */
  min: number
  max: number
  /** What is stored instead of what was sent. `waiter` is the request that it is for: costly work takes turns by it. */
  hash(value: string, waiter?: Waiter): Promise<string>
  /** Whether `value` is what was stored. */
  verify(value: string, stored: string, waiter?: Waiter): Promise<boolean>
  /** The member of a PATCH that must hold the present value (admins aside), of a DELETE as a header of that name. */
  confirm: string
}

/** Options of one field. */
export interface FieldOptions<C extends string = string> {
  /** Who sees the field. Default: whoever sees the row. */
  read?: Rule<C>
  /** Who may set the field. Default: whoever may create or update the row. */
  write?: Rule<C>
  /** Who may set it in a create. Default: `write`. */
  create?: Rule<C>
  /** Who may set it in an update: of the row as it is and as it will be. Default: `write`. */
  update?: Rule<C>
  /** Which rows of the table that it refers to a writer may name. Default: those that the writer may read. */
  refersTo?: Rule
  /** The value when a create does not set it. */
  initially?: (viewer: Viewer) => unknown
  /** The field is written under another name, and stored changed. */
  secret?: SecretInput
  /** Whether a change of it needs the row's present secret as well (admins aside). */
  confirm?: boolean
}

/** Options of a relation that clients may include. */
export interface EmbedOptions {
  /** Most rows of an embedded list. Default and most: 100. */
  limit?: number
  /** Sort of an embedded list, as in `sort=`. Default: `-id`, the newest first. */
  sort?: string
  /** `one`: single reads include it unless `include=` says otherwise. Default: only when asked for. */
  byDefault?: "one"
}

/** A resource's rules. An action without a rule is closed. `C` are its columns, `R` its relations. */
export interface ResourceOptions<C extends string = string, R extends string = string> {
  read?: Rule<C>
  create?: Rule<C>
  update?: Rule<C>
  /** What the row must be as an update leaves it. Default: `update`, for the row as it will be. */
  updatedRow?: Rule<C>
  delete?: Rule<C>
  fields?: { [Name in C]?: FieldOptions<C> }
  embed?: { [Name in R]?: EmbedOptions | undefined }
  /** Order of a list without `sort=`: columns, each with - for descending. Default: the primary key. */
  sort?: SortText<C> | SortText<C>[]
  /** What one row is called, in documents and operation names. Default: a guess from the table's name. */
  singular?: string
  /** Most rows of one owner: a create beyond it is a 403. */
  quota?: QuotaOptions<C>
  /** Whether a delete needs the row's present secret (admins aside), in the header that `confirmHeader` names. */
  confirmDelete?: boolean
}

type SortText<C extends string> = C | `-${C}`

export interface Field {
  name: string
  spec: FieldSpec
  type: FieldType
  column: Column
  nullable: boolean
  /** May be left out of a create. */
  optional: boolean
  /** The literal default, where there is one. */
  default: string | number | boolean | undefined
  unique: boolean
  read: Rule
  /** Undefined: never set by a client. */
  write: { create: Rule; update: Rule } | undefined
  initially: FieldOptions["initially"]
  secret: SecretInput | undefined
  /** Whether a change of it needs the row's present secret. */
  confirm: boolean
}

export interface Relation {
  name: string
  kind: "one" | "many"
  source: Resource
  target: Resource
  /** The column on this side. */
  local: string
  /** The column on the target's side. */
  foreign: string
  limit: number
  sort: string
  byDefault: boolean
}

/** The rows of one parent: `/users/1/items`. */
export interface Nested {
  relation: Relation
  within: Resource
  parentKey: Key
}

export interface Resource {
  name: string
  table: Table
  module: Record<string, unknown>
  fields: Record<string, Field>
  key: string
  /** The columns that refer to other tables. */
  references: Set<string>
  /** The rows that its columns may name, by column. */
  refersTo: Map<string, Reference>
  rules: { read: Rule; create: Rule; update: Rule; updatedRow: Rule; delete: Rule }
  /** The columns of JSON: what is sent for them is kept as text. */
  json: Set<string>
  options: ResourceOptions
  relations: Record<string, Relation>
  /** What one row is called, `line_item`, and the name of its type in the documents, `LineItem`. */
  singular: string
  typeName: string
  quota: Quota | undefined
  /** Whether its rows are the API's viewers (`accounts` of `defineApi`). */
  holdsViewers: boolean
  /** The columns that one signs in with, where its rows are the API's viewers. */
  loginNames: readonly string[]
}

type TableIn<M> = Extract<M[keyof M], Table>
type ColumnsOf<M> = keyof TableIn<M>["_"]["columns"] & string
type RelationNames<M> = {
  [K in keyof M]: M[K] extends Relations<TableIn<M>["_"]["name"], infer Config>
    ? keyof Config & string
    : never
}[keyof M]
/** The relations that the module declares of its table; any name where they are declared elsewhere. */
type EmbedsOf<M> = [RelationNames<M>] extends [never] ? string : RelationNames<M>

/**
 * A resource from a schema file: the module with its table and relations, and the rules.
 * Throws at load, naming the culprit, when a rule, a field, a sort or an embed names what is not there.
 *
 * @example resource(items, { read: anyone, create: signedIn, update: owner, delete: owner })
 */
export function resource<M extends Record<string, unknown>>(
  module: M,
  options: ResourceOptions<ColumnsOf<M>, EmbedsOf<M>>,
): Resource {
  const tables = Object.values(module).filter((value) => is(value, Table))
  const table = tables[0]
  if (!table || tables.length > 1)
    throw new Error(`A schema file holds one table; this one holds ${tables.length}`)
  const name = getTableName(table)
  const specs = specsOf(table)
  // The options are typed by the table's columns outside, and named by text inside.
  const { fields: fieldOptions = {}, ...rest } = options as unknown as ResourceOptions
  const fields: Record<string, Field> = {}
  for (const [column, drizzleColumn] of Object.entries(getTableColumns(table)))
    fields[column] = fieldFrom(column, drizzleColumn, specs[column] as FieldSpec, fieldOptions[column] ?? {})
  for (const field of Object.keys(fieldOptions))
    if (!fields[field]) throw new Error(`${name}: fields names "${field}", which is no column`)
  const key = Object.keys(fields).find((field) => fields[field]?.spec.type === "id")
  if (!key) throw new Error(`${name}: a resource needs an id() column`)
  const singular = options.singular ?? singularOf(name)
  return {
    name,
    table,
    module,
    fields,
    key,
    references: new Set(Object.keys(fields).filter((field) => specs[field]?.reference)),
    refersTo: new Map(),
    json: new Set(Object.keys(fields).filter((field) => specs[field]?.type === "json")),
    rules: {
      read: rest.read ?? nobody,
      create: rest.create ?? nobody,
      update: rest.update ?? nobody,
      updatedRow: rest.updatedRow ?? rest.update ?? nobody,
      delete: rest.delete ?? nobody,
    },
    options: { ...rest, fields: fieldOptions },
    relations: {},
    singular,
    typeName: pascal(singular),
    quota: quotaOf(name, rest.quota, Object.keys(fields)),
    holdsViewers: false,
    loginNames: [],
  }
}

/** The field that a resource takes as a secret, a password: it costs a hash. */
export const secretOf = ({ fields }: Resource): Field | undefined =>
  Object.values(fields).find((field) => field.secret)

/**
 * The header in which a DELETE has the present secret: `X-Current-Password` for `current_password`. Its value is
 * percent-encoded UTF-8, since a header carries ASCII only. Proxies and clients may drop a DELETE's body (RFC 9110, 9.3.5).
 */
export const confirmHeader = ({ confirm }: SecretInput): string =>
  `X-${confirm.replace(/(^|_+)([^_])/g, (_all, mark, first) => `${mark && "-"}${first.toUpperCase()}`)}`

/** The order of a list without `sort=`, as in `sort=`; undefined for the primary key alone. */
export const defaultSort = ({ options: { sort } }: Resource): string | undefined =>
  Array.isArray(sort) ? sort.join(",") : sort

const writeRules = ({ write = anyone, create = write, update = write }: FieldOptions): Field["write"] => ({
  create,
  update,
})

function fieldFrom(name: string, column: Column, spec: FieldSpec, options: FieldOptions): Field {
  const type = fieldType(spec)
  const literal = ["string", "number", "boolean"].includes(typeof column.default)
  return {
    name,
    spec,
    type,
    column,
    nullable: !column.notNull,
    optional: type.generated || !column.notNull || column.hasDefault || options.initially !== undefined,
    default: literal ? (column.default as string | number | boolean) : undefined,
    unique: column.isUnique,
    read: options.read ?? anyone,
    write: type.generated ? undefined : writeRules(options),
    initially: options.initially,
    secret: options.secret,
    confirm: options.confirm === true,
  }
}
