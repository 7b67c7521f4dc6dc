import { entityKind, type Table } from "drizzle-orm"
import type { DialectName } from "./choose.ts"

/** The dialects of Drizzle's table classes; null for those that Weir does not serve. */
const dialects: Record<string, DialectName | null> = {
  PgTable: "postgres",
  SQLiteTable: "sqlite",
  MySqlTable: null,
  SingleStoreTable: null,
  GelTable: null,
}

/** The function of drizzle-orm that makes a table of a dialect. */
export const tableFunction: Record<DialectName, string> = { postgres: "pgTable", sqlite: "sqliteTable" }

/** The dialect of a Drizzle table; null for one that Weir does not serve. It is asked by name, so that no dialect is loaded. */
export function dialectOfTable(table: Table): DialectName | null {
  // A column may be called `constructor`.
  let type: unknown = (Object.getPrototypeOf(table) as object).constructor
  for (; type; type = Object.getPrototypeOf(type)) {
    const dialect = dialects[(type as { [entityKind]?: string })[entityKind] ?? ""]
    if (dialect !== undefined) return dialect
  }
  return null
}
