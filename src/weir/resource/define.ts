import { type Column, getTableColumns, getTableName, type Table } from "drizzle-orm"
import { collectionOf, documentColumn } from "../db/dialect/collections.ts"
import {
  foreignKeysOf,
  indexedColumns,
  primaryKeyOf,
  propertyOf,
  uniqueSets,
} from "../db/dialect/foreign-keys.ts"
import { dialectFault } from "../db/dialect/names.ts"
import { requireType } from "../fields/types.ts"
import { type Field, fieldFrom, isComparable } from "./field.ts"
import { isTable, loadOwn, tablesIn } from "./load-tables.ts"
import { looksSecret, pascal, singularOf } from "./names.ts"
import type { OwnOptions, SchemaOptions } from "./option-types.ts"
import { quotaOf } from "./quota.ts"
import type { Resource, ResourceOptions } from "./resource.ts"
import { rowVersionOf } from "./row-version.ts"
import { admin, all, nobody, type Rule } from "./rules.ts"
import { type ScopeAction, withinScopes } from "./scopes.ts"
import { softDeleteOf } from "./soft-delete.ts"

/**
 * A resource from a table, or from a schema file: the module with its table and relations. Throws at load, naming the
 * culprit, when a rule, a field, a sort or an embed names what is not there.
 *
 * @example resource(items, { read: anyone, create: signedIn, update: owner, delete: owner })
 */
export function resource<S extends Table | Record<string, unknown>, E = Record<string, unknown>>(
  source: S,
  ownOptions: OwnOptions<S, E>,
): Resource {
  const options = ownOptions as unknown as ResourceOptions
  // The options are typed by the table's columns outside, and named by text inside.
  if (isTable(source)) return made(source, {}, options, getTableName(source))
  const tables = tablesIn(source)
  const [table] = tables
  if (!table || tables.length > 1)
    throw new Error(
      `resource() takes one table, and this schema file holds ${tables.length}: name one, or use resourcesOf()`,
    )
  return made(table, source, options, getTableName(table))
}

/**
 * Resources from a whole schema: a block for each table that is served, by the name of its export, which is its path as
 * well. Tables that are not named are not served.
 *
 * @example
 * import * as schema from "./schema/index.ts"
 * export const resources = resourcesOf(schema, { tasks: { read: signedIn, create: signedIn } })
 */
export function resourcesOf<S extends Record<string, unknown>>(
  schema: S,
  options: SchemaOptions<S>,
): Resource[] {
  loadOwn(tablesIn(schema))
  return Object.entries(options as Record<string, ResourceOptions>).map(([name, own]) => {
    const table = Object.hasOwn(schema, name) ? schema[name] : undefined
    if (!isTable(table)) throw new Error(`resourcesOf: "${name}" is no table of the schema`)
    return made(table, schema, own, name)
  })
}

function made(
  table: Table,
  module: Record<string, unknown>,
  options: ResourceOptions,
  byDefault: string,
): Resource {
  const name = options.name ?? byDefault
  const fault = dialectFault(table)
  if (fault) throw new Error(`${name}: ${fault}`)
  loadOwn([table])
  const notices: string[] = []
  const columns = primaryKeyOf(table).flatMap((column) => propertyOf(table, column) ?? [])
  const collection = collectionOf(table)
  const { fields, closed } = fieldsOf(
    table,
    name,
    columns,
    collection?.owner ? ownedBy(options) : options,
    notices,
  )
  const keys = namedBy(columns, fields, name, notices) ? columns : []
  const singular = options.singular ?? singularOf(name)
  const indexed = indexedColumns(table)
  const { create = nobody, ...rest } = options
  const rules = rulesOf(
    { ...rest, create: closed ? nobody : create },
    secretKey(fields, keys, name, options, notices),
    name,
  )
  const softDelete = softDeleteOf(name, options, fields, rules)
  const version = rowVersionOf(name, options, fields, keys)
  const document = collection && documentColumn
  return {
    name,
    tableName: getTableName(table),
    table,
    module,
    fields,
    keys,
    references: referencesOf(table, fields),
    indexed: new Set(Object.keys(fields).filter((field) => indexed.has(fields[field]?.column.name ?? ""))),
    refersTo: new Map(),
    json: new Set(
      Object.keys(fields).filter((field) => fields[field]?.spec.type === "json" && field !== document),
    ),
    document,
    collection,
    rules,
    options: { ...options, fields: options.fields ?? {} },
    relations: {},
    softDelete,
    version,
    history: undefined,
    search: undefined,
    tables: undefined,
    singular,
    typeName: pascal(singular),
    quota: quotaOf(name, options.quota, Object.keys(fields)),
    holdsViewers: false,
    loginNames: [],
    addresses: undefined,
    notices,
    hasRowNumber: false,
  }
}

/** The options of a collection: a document is its creator's, unless an admin says otherwise by the path. */
const ownedBy = (options: ResourceOptions): ResourceOptions => ({
  ...options,
  fields: {
    ...options.fields,
    _owner_id: {
      create: admin,
      update: nobody,
      initially: (viewer) => viewer.id,
      ...options.fields?._owner_id,
    },
  },
})

/** The columns that are a foreign key by themselves. */
const referencesOf = (table: Table, fields: Record<string, Field>): Set<string> =>
  new Set(
    foreignKeysOf(table).flatMap(({ columns: [column, ...others] }) => {
      const name = column && others.length === 0 ? propertyOf(table, column) : undefined
      return name !== undefined && fields[name] ? [name] : []
    }),
  )

/** The fields of a table, and whether none can be created, since a column that must be filled is left out. */
function fieldsOf(
  table: Table,
  resource: string,
  keys: string[],
  { fields: options = {} }: ResourceOptions,
  notices: string[],
): { fields: Record<string, Field>; closed: boolean } {
  const fields: Record<string, Field> = {}
  let closed = false
  const columns = getTableColumns(table)
  const uniques = new Set(uniqueSets(table).flatMap((names) => (names.length === 1 ? names : [])))
  for (const [name, column] of Object.entries(columns)) {
    const isKey = keys.includes(name)
    const own = options[name] ?? {}
    requireType(`${resource}.${name}`, own.type)
    const field = fieldFrom({
      table,
      name,
      column,
      isKey,
      isWholeKey: isKey && keys.length === 1,
      uniques,
      options: own,
    })
    if (field) fields[name] = field
    else {
      notices.push(
        `${resource}.${name} is left out: its type ${column.getSQLType()} is not known (fields: { ${name}: { type: … } } names one)`,
      )
      if (isRequired(column)) {
        closed = true
        notices.push(`${resource}: rows cannot be created, since ${name} must have a value`)
      }
    }
    if (field?.hidden)
      notices.push(
        `${resource}.${name} is hidden: its name looks like a secret (fields: { ${name}: { read: … } } shows it)`,
      )
  }
  for (const name of Object.keys(options))
    if (!Object.hasOwn(columns, name))
      throw new Error(`${resource}: fields names "${name}", which is no column`)
  return { fields, closed }
}

const isRequired = ({ notNull, hasDefault, generated, generatedIdentity }: Column): boolean =>
  notNull && !hasDefault && !generated && !generatedIdentity

/** Whether paths and cursors can name rows by their key, whose columns must be known and looked up by value. */
function namedBy(
  keys: string[],
  fields: Record<string, Field>,
  resource: string,
  notices: string[],
): boolean {
  const known = keys.map((key) => fields[key])
  const unnamed = known.find((field) => field && !isComparable(field))
  if (unnamed)
    notices.push(
      `${resource}: its rows have no path, and pages go by skip, since no path holds a value of its key's ${unnamed.name}`,
    )
  return !unnamed && known.every(Boolean)
}

/** A key that looks like a secret, and that no rule of its own shows: it stands in the path of its row. */
function secretKey(
  fields: Record<string, Field>,
  keys: string[],
  resource: string,
  { fields: options = {} }: ResourceOptions,
  notices: string[],
): boolean {
  const name = keys.find(
    (key) =>
      fields[key]?.spec.inferred && !options[key]?.read && looksSecret([key, fields[key]?.column.name ?? ""]),
  )
  if (name === undefined) return false
  notices.push(
    `${resource} is closed to all but admins: its key ${name} looks like a secret, and a key stands in its row's path (fields: { ${name}: { read: … } } opens it)`,
  )
  return true
}

function rulesOf(options: ResourceOptions, adminsOnly: boolean, name: string): Resource["rules"] {
  const of = (action: ScopeAction, rule: Rule = nobody): Rule =>
    withinScopes(name, action, adminsOnly && rule !== nobody ? all(admin, rule) : rule)
  const update = of("update", options.update)
  return {
    read: of("read", options.read),
    create: of("create", options.create),
    update,
    updatedRow: options.updatedRow ? of("update", options.updatedRow) : update,
    delete: of("delete", options.delete),
    restore: of("update", options.restore),
  }
}
