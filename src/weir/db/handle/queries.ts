import {
  createTableRelationsHelpers,
  extractTablesRelationalConfig,
  type RelationalSchemaConfig,
  type TablesRelationalConfig,
} from "drizzle-orm"
import { hasPrototype } from "../../lib/prototype.ts"
import type { Casing } from "../dialect/casing.ts"
import type { Row } from "../driver.ts"

/** What a handle is made with. */
export interface HandleOptions {
  /** All tables and relations of a team, for relational queries. */
  schema?: Record<string, unknown> | undefined
  casing?: Casing | undefined
}

/** A team's tables with their relations, as Drizzle reads them. */
export type Relational = RelationalSchemaConfig<TablesRelationalConfig>

/** What Drizzle makes of a schema. Exports such as a namespace have no prototype, which Drizzle fails at. */
export function relationalOf(schema: Record<string, unknown>): Relational {
  const fullSchema = Object.fromEntries(Object.entries(schema).filter(([, value]) => hasPrototype(value)))
  const { tables, tableNamesMap } = extractTablesRelationalConfig(fullSchema, createTableRelationsHelpers)
  return { fullSchema, schema: tables, tableNamesMap }
}

/** Drizzle's database, which makes its relational queries when they are first asked for: it makes one for each table. */
export function withRelations<D extends { query: object; _: object }>(
  open: (relational: Relational | undefined) => D,
  relational: Relational | undefined,
): D {
  const db = open(undefined)
  if (!relational) return db
  Object.assign(db._, relational)
  let query: object | undefined
  Object.defineProperty(db, "query", {
    get: () => {
      query ??= open(relational).query
      return query
    },
  })
  return db
}

/**
 * Runs the text of a query. It calls on the client at once, so that a batch can collect what its queries run. With
 * `header`, a first row has the columns' names.
 */
export type Run = (text: string, params: unknown[], header: boolean) => Promise<Row[]>

/** Rows as objects, from those that begin with the columns' names. */
export function objectsOf([names = [], ...rows]: Row[]): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])))
}

/** There are none on D1, and over a network they are slow. */
export const noTransaction = (): Promise<never> =>
  Promise.reject(
    new Error(
      "c.var.db has no transaction(): give what must happen together to db.batch((tx) => [tx.insert(…), tx.update(…)])",
    ),
  )
