import { type Column, getTableColumns, getTableName, is, Table } from "drizzle-orm"
import { type FieldSpec, specsOf } from "../db/dialect/field.ts"
import { anyone, nobody, type Rule, type Viewer } from "./rules.ts"

/** A field that is written under another name and changed on the way, such as a password. */
export interface SecretInput {
  /** The name in request bodies. */
  as: string
  min: number
  max: number
  /** What is stored instead of what was sent. */
  hash(value: string): Promise<string>
  /** Whether `value` is what was stored. */
  verify(value: string, stored: string): Promise<boolean>
  /** The member of a PATCH that must hold the present value (admins aside). */
  confirm: string
}

/** Options of one field. */
export interface FieldOptions {
  /** Who sees the field. Default: whoever sees the row. */
  read?: Rule
  /** Who may set the field. Default: whoever may create or update the row. */
  write?: Rule
  /** The value when a create does not set it. */
  initially?: (viewer: Viewer) => number | string | boolean | null | undefined
  /** The field is written under another name, and stored changed. */
  secret?: SecretInput
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

/** A resource's rules. An action without a rule is closed. */
export interface ResourceOptions<Field extends string = string> {
  read?: Rule
  create?: Rule
  update?: Rule
  delete?: Rule
  fields?: Partial<Record<Field, FieldOptions>>
  embed?: Record<string, EmbedOptions>
  /** The rows are the API's viewers: who creates one is shown what it may see as that viewer. */
  viewers?: boolean
}

export interface Field {
  name: string
  spec: FieldSpec
  column: Column
  nullable: boolean
  /** May be left out of a create. */
  optional: boolean
  /** The literal default, where there is one. */
  default: string | number | boolean | undefined
  unique: boolean
  read: Rule
  /** Undefined: never set by a client. */
  write: Rule | undefined
  initially: FieldOptions["initially"]
  secret: SecretInput | undefined
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
  parentId: number
}

export interface Resource {
  name: string
  table: Table
  module: Record<string, unknown>
  fields: Record<string, Field>
  key: string
  /** The columns that refer to other tables. */
  references: Set<string>
  rules: { read: Rule; create: Rule; update: Rule; delete: Rule }
  options: ResourceOptions
  relations: Record<string, Relation>
}

type TableIn<M> = Extract<M[keyof M], Table>
type FieldsOf<M> = keyof TableIn<M>["_"]["columns"] & string

/**
 * A resource from a schema file: the module with its table and relations, and the rules.
 * Throws at load, naming the culprit, when a rule or an embed names what is not there.
 */
export function resource<M extends Record<string, unknown>>(
  module: M,
  options: ResourceOptions<FieldsOf<M>>,
): Resource {
  const tables = Object.values(module).filter((value) => is(value, Table))
  const table = tables[0]
  if (!table || tables.length > 1)
    throw new Error(`A schema file holds one table; this one holds ${tables.length}`)
  const name = getTableName(table)
  const specs = specsOf(table)
  const fieldOptions: Record<string, FieldOptions | undefined> = options.fields ?? {}
  const fields: Record<string, Field> = {}
  for (const [key, column] of Object.entries(getTableColumns(table)))
    fields[key] = fieldFrom(key, column, specs[key] as FieldSpec, fieldOptions[key] ?? {})
  for (const key of Object.keys(fieldOptions))
    if (!fields[key]) throw new Error(`${name}: fields names "${key}", which is no column`)
  const key = Object.keys(fields).find((k) => fields[k]?.spec.type === "id")
  if (!key) throw new Error(`${name}: a resource needs an id() column`)
  const rules = {
    read: options.read ?? nobody,
    create: options.create ?? nobody,
    update: options.update ?? nobody,
    delete: options.delete ?? nobody,
  }
  const references = new Set(Object.keys(fields).filter((k) => specs[k]?.reference))
  return {
    name,
    table,
    module,
    fields,
    key,
    references,
    rules,
    options: options as ResourceOptions,
    relations: {},
  }
}

/** What a resource takes as a secret, a password: it costs a hash. */
export const secretOf = ({ fields }: Resource): Field | undefined =>
  Object.values(fields).find((f) => f.secret)

/** Names that a list's own parameters have: a filter by such a field could not be told from them. */
const reserved = new Set(["after", "before", "count", "fields", "include", "limit", "skip", "sort"])

function fieldFrom(name: string, column: Column, spec: FieldSpec, options: FieldOptions): Field {
  if (reserved.has(name))
    throw new Error(`"${name}" is the name of a list's parameter: call the column otherwise`)
  const { pattern, example = "example" } = spec
  if (pattern && !new RegExp(pattern).test(example))
    throw new Error(`"${name}" has a pattern: give it an example that matches, beside it`)
  const made = spec.type === "id" || spec.auto !== undefined
  const literal = ["string", "number", "boolean"].includes(typeof column.default)
  return {
    name,
    spec,
    column,
    nullable: !column.notNull,
    optional: made || !column.notNull || column.hasDefault || options.initially !== undefined,
    default: literal ? (column.default as string | number | boolean) : undefined,
    unique: column.isUnique,
    read: options.read ?? anyone,
    write: made ? undefined : (options.write ?? anyone),
    initially: options.initially,
    secret: options.secret,
  }
}
