/** The part of drizzle-kit's snapshots that is used here. It is the same in both dialects. */
export interface Snapshot {
  id: string
  prevId: string
  tables: Record<string, TableSnapshot>
  /** Postgres's enums. */
  enums?: Record<string, { name: string; values: string[] }>
}

export interface TableSnapshot {
  name: string
  columns: Record<string, ColumnSnapshot>
  indexes: Record<string, { isUnique: boolean; columns: (string | { expression: string })[]; where?: string }>
  foreignKeys: Record<
    string,
    {
      tableFrom: string
      tableTo: string
      columnsFrom: string[]
      columnsTo: string[]
      onDelete?: string
      onUpdate?: string
    }
  >
  uniqueConstraints: Record<string, { columns: string[] }>
  compositePrimaryKeys: Record<string, { columns: string[] }>
  checkConstraints: Record<string, { name: string; value: string }>
  /** Postgres's policies. */
  policies?: Record<string, unknown>
}

export interface ColumnSnapshot {
  name: string
  type: string
  notNull: boolean
  primaryKey?: boolean
  default?: unknown
  autoincrement?: boolean
}

/** The rename of a table or a column; `column` is undefined for a table. */
export interface Rename {
  table: string
  column: string | undefined
  to: string
}

/** Parses `table=new` or `table.column=new`. Throws one line for anything else. */
export function parseRename(text: string): Rename {
  const match = /^([\w-]+)(?:\.([\w-]+))?=([\w-]+)$/.exec(text)
  if (!match) throw new Error(`--rename ${text}: write it as table.column=new_name, or table=new_name`)
  return { table: match[1] as string, column: match[2], to: match[3] as string }
}

/** The renames that undo the given ones, in the order to apply them. */
export const reversed = (renames: Rename[]): Rename[] =>
  [...renames]
    .reverse()
    .map(({ table, column, to }) =>
      column === undefined ? { table: to, column, to: table } : { table, column: to, to: column },
    )

/** The key of a table in a snapshot, by the table's name; undefined if there is none. */
export const keyOf = (snapshot: Snapshot, name: string): string | undefined =>
  Object.keys(snapshot.tables).find((key) => snapshot.tables[key]?.name === name)

/** A copy of a snapshot with the renames applied. Throws one line for a table or column that does not exist. */
export function withRenames<S extends Snapshot>(snapshot: S, renames: Rename[]): S {
  const copy = structuredClone(snapshot)
  for (const rename of renames) {
    const key = keyOf(copy, rename.table)
    const table = key === undefined ? undefined : copy.tables[key]
    if (!key || !table) throw new Error(`--rename: there is no table ${rename.table}`)
    if (rename.column === undefined) renameTable(copy, key, table, rename.to)
    else renameColumn(copy, table, rename.column, rename.to)
  }
  return copy
}

function renameTable(snapshot: Snapshot, key: string, table: TableSnapshot, to: string): void {
  for (const other of Object.values(snapshot.tables))
    for (const foreign of Object.values(other.foreignKeys)) {
      if (foreign.tableTo === table.name) foreign.tableTo = to
      if (foreign.tableFrom === table.name) foreign.tableFrom = to
    }
  if (keyOf(snapshot, to)) throw new Error(`--rename: there is a table ${to} already`)
  delete snapshot.tables[key]
  snapshot.tables[key.slice(0, key.length - table.name.length) + to] = table
  table.name = to
}

function renameColumn(snapshot: Snapshot, table: TableSnapshot, from: string, to: string): void {
  const column = table.columns[from]
  if (!column) throw new Error(`--rename: ${table.name} has no column ${from}`)
  if (table.columns[to]) throw new Error(`--rename: ${table.name} has a column ${to} already`)
  const swap = (names: string[]) => names.map((name) => (name === from ? to : name))
  table.columns = Object.fromEntries(
    Object.entries(table.columns).map(([name, c]) => (c === column ? [to, { ...c, name: to }] : [name, c])),
  )
  for (const index of Object.values(table.indexes))
    index.columns = index.columns.map((c) =>
      typeof c === "string" ? (c === from ? to : c) : c.expression === from ? { ...c, expression: to } : c,
    )
  for (const group of [
    ...Object.values(table.uniqueConstraints),
    ...Object.values(table.compositePrimaryKeys),
  ])
    group.columns = swap(group.columns)
  for (const check of Object.values(table.checkConstraints))
    check.value = check.value.replaceAll(`"${from}"`, `"${to}"`)
  for (const other of Object.values(snapshot.tables))
    for (const foreign of Object.values(other.foreignKeys)) {
      if (foreign.tableFrom === table.name) foreign.columnsFrom = swap(foreign.columnsFrom)
      if (foreign.tableTo === table.name) foreign.columnsTo = swap(foreign.columnsTo)
    }
}

/**
 * The intersection of two snapshots, in the version of the first. In two steps through it, first removals and then
 * additions, drizzle-kit cannot mistake a drop and an addition for a rename, and asks nothing.
 */
export function common<S extends Snapshot>(from: S, to: S): S {
  const copy = structuredClone(from)
  for (const [key, table] of Object.entries(copy.tables)) {
    const other = to.tables[key]
    if (!other) {
      delete copy.tables[key]
      continue
    }
    for (const name of Object.keys(table.columns)) if (!other.columns[name]) delete table.columns[name]
    for (const part of [
      "indexes",
      "foreignKeys",
      "uniqueConstraints",
      "compositePrimaryKeys",
      "checkConstraints",
      "policies",
    ] as const)
      for (const name of Object.keys(table[part] ?? {}))
        if (JSON.stringify(table[part]?.[name]) !== JSON.stringify(other[part]?.[name]))
          delete table[part]?.[name]
  }
  return copy
}

/** A table's columns, or the tables if `table` is undefined, that could be renames: some were removed, others added. */
interface Doubt {
  table: string | undefined
  removed: string[]
  added: string[]
}

/** The cases in which drizzle-kit would ask whether something was renamed. */
export function doubts(from: Snapshot, to: Snapshot): Doubt[] {
  const removed = Object.keys(from.tables).filter((key) => !to.tables[key])
  const added = Object.keys(to.tables).filter((key) => !from.tables[key])
  const nameOf = (snapshot: Snapshot, key: string) => snapshot.tables[key]?.name ?? key
  const cases: Doubt[] = []
  if (removed.length && added.length)
    cases.push({
      table: undefined,
      removed: removed.map((key) => nameOf(from, key)),
      added: added.map((key) => nameOf(to, key)),
    })
  for (const [key, table] of Object.entries(from.tables)) {
    const other = to.tables[key]
    if (!other) continue
    const removedColumns = Object.keys(table.columns).filter((name) => !other.columns[name])
    const addedColumns = Object.keys(other.columns).filter((name) => !table.columns[name])
    if (removedColumns.length && addedColumns.length)
      cases.push({ table: table.name, removed: removedColumns, added: addedColumns })
  }
  return cases
}

/** Changes of type that lose no data, besides those to text. */
const widening = new Set([
  "integer>bigint",
  "integer>real",
  "integer>double precision",
  "real>double precision",
])

/** The data that a migration from one snapshot to another loses, one line each. */
export function losses(from: Snapshot, to: Snapshot): string[] {
  const lines: string[] = []
  for (const [key, table] of Object.entries(from.tables)) {
    const other = to.tables[key]
    const shown = key.replace(/^public\./, "")
    if (!other) {
      lines.push(`drops the table ${shown}`)
      continue
    }
    for (const column of Object.values(table.columns)) {
      const next = other.columns[column.name]
      if (!next) lines.push(`drops the column ${shown}.${column.name}`)
      else if (
        next.type !== column.type &&
        next.type !== "text" &&
        !widening.has(`${column.type}>${next.type}`)
      )
        lines.push(`${shown}.${column.name} becomes ${next.type}, and was ${column.type}`)
    }
  }
  return lines
}
