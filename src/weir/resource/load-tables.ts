import { is, Table } from "drizzle-orm"
import { type Casing, nameColumns } from "../db/dialect/casing.ts"
import { loadTables } from "../db/dialect/field.ts"
import type { Resource } from "./resource.ts"

export type { Casing } from "../db/dialect/casing.ts"

/** Whether an export of a schema is a table. It may be anything, such as a namespace, which has no prototype. */
export const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== null && is(value, Table)

/** The tables among the exports of a schema, each once: one may be its default export as well. */
export const tablesIn = (schema: Record<string, unknown>): Table[] => [
  ...new Set(Object.values(schema).filter(isTable)),
]

/** Names the columns of all tables that the resources and the schema lead to, and makes the tables known. */
export function loadSchema(
  resources: readonly Resource[],
  schema: Record<string, unknown>,
  casing: Casing | undefined,
): void {
  const modules = [...new Set([schema, ...resources.map(({ module }) => module)])]
  const tables = [...modules.flatMap(tablesIn), ...resources.map(({ table }) => table)]
  if (casing) nameColumns(tables, casing)
  loadTables(tables)
}
