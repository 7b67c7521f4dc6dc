/** The part of drizzle-kit's snapshots that is looked at here, the same in both dialects. */
export interface Snapshot {
  id: string
  prevId: string
  tables: Record<string, TableSnapshot>
}

export interface TableSnapshot {
  name: string
  columns: Record<string, ColumnSnapshot>
  indexes: Record<string, { isUnique: boolean; columns: (string | { expression: string })[] }>
  foreignKeys: Record<
    string,
    { tableFrom: string; tableTo: string; columnsFrom: string[]; columnsTo: string[]; onDelete?: string }
  >
  uniqueConstraints: Record<string, { columns: string[] }>
  compositePrimaryKeys: Record<string, { columns: string[] }>
  checkConstraints: Record<string, { name: string; value: string }>
}

export interface ColumnSnapshot {
  name: string
  type: string
  notNull: boolean
  default?: unknown
  autoincrement?: boolean
}

/** A table or a column that goes by another name from now on; `column` is undefined for a table. */
export interface Rename {
  table: string
  column: string | undefined
  to: string
}

/** Reads `table=new` or `table.column=new`. Throws one line for anything else. */
export function parseRename(text: string): Rename {
  const match = /^([\w-]+)(?:\.([\w-]+))?=([\w-]+)$/.exec(text)
  if (!match) throw new Error(`--rename ${text}: write it as table.column=new_name, or table=new_name`)
  return { table: match[1] as string, column: match[2], to: match[3] as string }
}

export const reversed = (renames: Rename[]): Rename[] =>
  [...renames]
    .reverse()
    .map(({ table, column, to }) =>
      column === undefined ? { table: to, column, to: table } : { table, column: to, to: column },
    )

export const keyOf = (snapshot: Snapshot, name: string): string | undefined =>
  Object.keys(snapshot.tables).find((key) => snapshot.tables[key]?.name === name)

/** The snapshot of a database in which the renames have been done. Throws one line for what is not there. */
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
 * What two snapshots have in common, as the first has it. Two steps by way of it, first what goes and then what
 * comes, leave drizzle-kit nothing to ask.
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
    ] as const)
      for (const name of Object.keys(table[part]))
        if (JSON.stringify(table[part][name]) !== JSON.stringify(other[part][name])) delete table[part][name]
  }
  return copy
}

/** What goes and what comes, where drizzle-kit would ask whether it is the same thing by another name. */
export function doubts(
  from: Snapshot,
  to: Snapshot,
): { table: string | undefined; gone: string[]; come: string[] }[] {
  const gone = Object.keys(from.tables).filter((key) => !to.tables[key])
  const come = Object.keys(to.tables).filter((key) => !from.tables[key])
  const nameOf = (snapshot: Snapshot, key: string) => snapshot.tables[key]?.name ?? key
  const found: ReturnType<typeof doubts> = []
  if (gone.length && come.length)
    found.push({
      table: undefined,
      gone: gone.map((key) => nameOf(from, key)),
      come: come.map((key) => nameOf(to, key)),
    })
  for (const [key, table] of Object.entries(from.tables)) {
    const other = to.tables[key]
    if (!other) continue
    const lost = Object.keys(table.columns).filter((name) => !other.columns[name])
    const made = Object.keys(other.columns).filter((name) => !table.columns[name])
    if (lost.length && made.length) found.push({ table: table.name, gone: lost, come: made })
  }
  return found
}

const widening = new Set([
  "integer>bigint",
  "integer>real",
  "integer>double precision",
  "real>double precision",
])

/** What the way from one snapshot to the other loses, one line each. */
export function losses(from: Snapshot, to: Snapshot): string[] {
  const found: string[] = []
  for (const [key, table] of Object.entries(from.tables)) {
    const other = to.tables[key]
    if (!other) {
      found.push(`drops the table ${table.name}`)
      continue
    }
    for (const column of Object.values(table.columns)) {
      const next = other.columns[column.name]
      if (!next) found.push(`drops the column ${table.name}.${column.name}`)
      else if (
        next.type !== column.type &&
        next.type !== "text" &&
        !widening.has(`${column.type}>${next.type}`)
      )
        found.push(`${table.name}.${column.name} becomes ${next.type}, and was ${column.type}`)
    }
  }
  return found
}
