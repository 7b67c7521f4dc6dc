import { type Column, getTableColumns, Table } from "drizzle-orm"
import { CasingCache } from "drizzle-orm/casing"

/** Drizzle's option of that name. */
export type Casing = "snake_case" | "camelCase"

/**
 * Gives columns that have no name of their own the one that Drizzle's option makes of their property. Once, for the
 * whole process: whatever renders the columns afterwards has their right names.
 */
export function nameColumns(tables: Iterable<Table>, casing: Casing): void {
  const names = new CasingCache(casing)
  const renamed = new Map<object, string>()
  for (const table of new Set(tables))
    for (const column of [...Object.values(getTableColumns(table)), ...extraColumns(table)]) {
      if (!column.keyAsName) continue
      const named = column as { name: string; keyAsName: boolean }
      renamed.set(named, names.getColumnCasing(column))
    }
  for (const [column, name] of renamed) Object.assign(column, { name, keyAsName: false })
}

/** The columns as a table's indexes and constraints have them, which are objects of their own. */
function extraColumns(table: Table): Column[] {
  const symbol = (Table as unknown as { Symbol: Record<string, symbol> }).Symbol.ExtraConfigColumns
  const columns = symbol && (table as unknown as Record<symbol, Record<string, Column> | undefined>)[symbol]
  return Object.values(columns ?? {})
}

/**
 * Says of columns that their names are final. Drizzle would look them up by the name of their table, which two tables of one
 * process may share.
 */
export function fixNames(tables: Iterable<Table>): void {
  for (const table of tables)
    for (const column of Object.values(getTableColumns(table))) Object.assign(column, { keyAsName: false })
}
