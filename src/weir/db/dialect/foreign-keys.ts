import { type Column, getTableColumns, type Table } from "drizzle-orm"
import { dialectFault, tableConfig } from "./names.ts"

/** A foreign key of a table, by the columns of both sides in the same order. */
export interface ForeignKey {
  columns: Column[]
  foreignTable: Table
  foreignColumns: Column[]
  onDelete: string | undefined
  onUpdate: string | undefined
}

const foreignKeys = new WeakMap<Table, ForeignKey[]>()

/**
 * The foreign keys of a table, in the order of its declaration. None are known of a table of another dialect, which a schema may
 * hold.
 */
export function foreignKeysOf(table: Table): ForeignKey[] {
  let keys = foreignKeys.get(table)
  if (!keys) {
    const declared = dialectFault(table) ? [] : tableConfig(table).foreignKeys
    keys = declared.map((key) => {
      const { onDelete, onUpdate } = key
      return { ...key.reference(), onDelete, onUpdate }
    })
    foreignKeys.set(table, keys)
  }
  return keys
}

/** The property of a table's column; undefined for a column of another table. */
export function propertyOf(table: Table, column: Column): string | undefined {
  for (const [property, own] of Object.entries(getTableColumns(table)))
    if (own === column || own.name === column.name) return property
  return undefined
}

/** The columns of the primary key, in its order; none for a table without one. */
export function primaryKeyOf(table: Table): Column[] {
  const own = Object.values(getTableColumns(table)).filter(({ primary }) => primary)
  return own.length ? own : (tableConfig(table).primaryKeys[0]?.columns ?? [])
}

/** The first columns of the table's indexes and constraints: rows are found by them. */
export function indexedColumns(table: Table): Set<string> {
  const { indexes, uniqueConstraints } = tableConfig(table)
  const names = new Set<string>()
  for (const column of Object.values(getTableColumns(table)))
    if (column.primary || column.isUnique) names.add(column.name)
  const firsts = [
    ...indexes.map(({ config }) => (config.where === undefined ? config.columns?.[0] : undefined)),
    ...uniqueConstraints.map(({ columns }) => columns[0]),
    primaryKeyOf(table)[0],
  ]
  for (const first of firsts) {
    const name = (first as { name?: unknown } | undefined)?.name
    if (typeof name === "string") names.add(name)
  }
  return names
}

/** The sets of columns that no two rows share, but the primary key. */
export function uniqueSets(table: Table): string[][] {
  const { indexes, uniqueConstraints } = tableConfig(table)
  return [
    ...Object.values(getTableColumns(table)).flatMap(({ isUnique, name }) => (isUnique ? [[name]] : [])),
    ...uniqueConstraints.map(({ columns }) => columns.map(({ name }) => name)),
    ...indexes.flatMap(({ config }) => {
      const names = (config.columns ?? []).map((column) => (column as { name?: unknown }).name)
      const isWhole = config.unique && config.where === undefined && names.every((n) => typeof n === "string")
      return isWhole ? [names as string[]] : []
    }),
  ]
}
