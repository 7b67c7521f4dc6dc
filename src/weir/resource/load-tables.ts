import { is, Table } from "drizzle-orm"
import { type Casing, fixNames, nameColumns } from "../db/dialect/casing.ts"
import { loadTables } from "../db/dialect/field.ts"
import { foreignKeysOf } from "../db/dialect/foreign-keys.ts"
import { dialectFault } from "../db/dialect/names.ts"
import { hasPrototype } from "../lib/prototype.ts"
import type { Resource } from "./resource.ts"

export type { Casing } from "../db/dialect/casing.ts"

/** Whether an export of a schema is a table. It may be anything, such as a namespace, which has no prototype. */
export const isTable = (value: unknown): value is Table => hasPrototype(value) && is(value, Table)

/** The tables among the exports of a schema, each once: one may be its default export as well. */
export const tablesIn = (schema: Record<string, unknown>): Table[] => [
  ...new Set(Object.values(schema).filter(isTable)),
]

/** The tables that resources and a schema lead to, by foreign keys as well. */
export function tablesOf(resources: readonly Resource[], schema: Record<string, unknown>): Set<Table> {
  const modules = new Set([schema, ...resources.map(({ module }) => module)])
  const tables = new Set([...[...modules].flatMap(tablesIn), ...resources.map(({ table }) => table)])
  // A set that grows while it is gone through: what is added is gone through as well.
  for (const table of tables)
    if (!dialectFault(table)) for (const { foreignTable } of foreignKeysOf(table)) tables.add(foreignTable)
  return tables
}

/** Names the columns of all tables that the resources and the schema lead to, and makes the tables known. */
export function loadSchema(
  resources: readonly Resource[],
  schema: Record<string, unknown>,
  casing: Casing | undefined,
): void {
  const tables = tablesOf(resources, schema)
  if (casing) nameColumns(tables, casing)
  fixNames(tables)
  loadOwn(tables)
}

/** Makes tables known that are of the dialect in use: the cache asks them for their foreign keys. */
export const loadOwn = (tables: Iterable<Table>): void =>
  loadTables([...tables].filter((table) => !dialectFault(table)))
