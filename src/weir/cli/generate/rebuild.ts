import { converted } from "./convert.ts"
import { fillerOf, type Kinds, mustBeFilled, tableOf } from "./repair.ts"
import type { Snapshot, TableSnapshot } from "./snapshot.ts"

/** Generates drizzle-kit's statements from one snapshot to another. */
export type Diff = (from: Snapshot, to: Snapshot) => Promise<string[]>

export interface RebuildOptions {
  /** Whether required columns that are added get a value in existing rows. Set for down scripts. */
  fill: boolean
  /** drizzle-kit's snapshot of a database without tables. */
  empty: Snapshot
  diff: Diff
  kinds: Kinds
}

const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ")

/** The tables that refer to each table, in any of the snapshots. */
function childrenOf(snapshots: Snapshot[]): Map<string, Set<string>> {
  const children = new Map<string, Set<string>>()
  for (const { tables } of snapshots)
    for (const { name, foreignKeys } of Object.values(tables))
      for (const { tableTo } of Object.values(foreignKeys))
        if (tableTo !== name) children.set(tableTo, (children.get(tableTo) ?? new Set()).add(name))
  return children
}

/** The tables that a table's removal could delete or change rows of, each after those that it refers to. */
function descendantsOf(table: string, children: Map<string, Set<string>>): string[] {
  const ordered: string[] = []
  const visited = new Set<string>()
  const visit = (name: string) => {
    if (visited.has(name)) return
    visited.add(name)
    for (const child of children.get(name) ?? []) visit(child)
    ordered.unshift(name)
  }
  visit(table)
  return ordered.filter((name) => name !== table)
}

const kept = (table: string): string => `\`__keep_${table}\``

/**
 * Statements that put the rows of a table aside, and empty it, where foreign keys are on: there, dropping their parent
 * would delete or change them. Elsewhere they touch no row.
 */
const putAside = (table: string): { copy: string; empty: string } => {
  const rows = (columns: string) =>
    `SELECT ${columns} FROM pragma_foreign_keys AS \`__on\` CROSS JOIN \`${table}\` WHERE \`__on\`.foreign_keys`
  return {
    copy: `CREATE TABLE ${kept(table)} AS ${rows(`\`${table}\`.*`)};`,
    empty: `DELETE FROM \`${table}\` WHERE rowid IN (${rows(`\`${table}\`.rowid`)});`,
  }
}

const putBack = (table: string): string[] => [
  `INSERT INTO \`${table}\` SELECT * FROM ${kept(table)};`,
  `DROP TABLE ${kept(table)};`,
]

/**
 * Statements that rebuild a SQLite table as the snapshot has it. Rows keep the columns of both versions; with `fill`,
 * required new columns get a value. The rows of tables that refer to it are put aside meanwhile, where foreign keys
 * are on. https://www.sqlite.org/lang_altertable.html#otheralter
 */
export async function rebuild(
  table: TableSnapshot,
  before: TableSnapshot,
  { from, to }: { from: Snapshot; to: Snapshot },
  options: RebuildOptions,
): Promise<string[]> {
  const { empty, diff } = options
  const { name } = table
  const descendants = descendantsOf(name, childrenOf([from, to])).filter((each) => tableOf(from, each))
  const asides = descendants.map(putAside)
  // A table that refers to one of its descendants changes when they are emptied, so its own rows are put aside, too.
  const isInCycle = [before, table].some(({ foreignKeys }) =>
    Object.values(foreignKeys).some(({ tableTo }) => descendants.includes(tableTo)),
  )
  const indexes = (await diff(empty, { ...empty, tables: { [name]: table } })).filter((statement) =>
    /^CREATE (UNIQUE )?INDEX/.test(statement),
  )
  return [
    ...asides.map(({ copy }) => copy),
    ...(isInCycle ? [`CREATE TABLE ${kept(name)} AS SELECT * FROM \`${name}\`;`] : []),
    ...asides.map((aside) => aside.empty).reverse(),
    ...(await createNew(table, options)),
    ...copyRows(table, before, isInCycle ? kept(name) : `\`${name}\``, options),
    `DROP TABLE \`${name}\`;`,
    `ALTER TABLE \`__new_${name}\` RENAME TO \`${name}\`;`,
    ...indexes,
    ...descendants.flatMap(putBack),
    ...(isInCycle ? [`DROP TABLE ${kept(name)};`] : []),
  ]
}

/** The statements that create the new version of a table under a name of its own. */
function createNew(table: TableSnapshot, { empty, diff }: RebuildOptions): Promise<string[]> {
  const fresh = `__new_${table.name}`
  // A reference to the table itself names its new version, else dropping the old one would delete the copied rows.
  const foreignKeys = Object.fromEntries(
    Object.entries(table.foreignKeys).map(([key, value]) => [
      key,
      value.tableTo === table.name ? { ...value, tableTo: fresh } : value,
    ]),
  )
  return diff(empty, {
    ...empty,
    tables: { [fresh]: { ...table, name: fresh, foreignKeys, indexes: {} } },
  })
}

/**
 * Statements that copy the rows of `source` into the rebuilt table, and the last generated id, so that no id is ever
 * reused. They name the columns themselves: drizzle-kit selects columns that the old table does not have, and SQLite
 * reads their quoted names as text.
 */
function copyRows(
  after: TableSnapshot,
  before: TableSnapshot,
  source: string,
  { fill, kinds }: RebuildOptions,
): string[] {
  const { name: table, columns } = after
  const common = Object.keys(columns).filter((name) => before.columns[name])
  const filled = fill ? Object.values(columns).filter((c) => !before.columns[c.name] && mustBeFilled(c)) : []
  const copied = common.map((name) => converted(name, before.columns[name]?.type, columns[name]?.type))
  const values = [copied.join(", "), ...filled.map((column) => fillerOf(after, column, kinds))]
    .filter(Boolean)
    .join(", ")
  const names = quoted([...common, ...filled.map(({ name }) => name)])
  const copy = `INSERT INTO \`__new_${table}\`(${names}) SELECT ${values} FROM ${source};`
  if (!Object.values(columns).some(({ autoincrement }) => autoincrement)) return [copy]
  return [
    copy,
    `DELETE FROM sqlite_sequence WHERE name = '__new_${table}';`,
    `INSERT INTO sqlite_sequence(name, seq) SELECT '__new_${table}', seq FROM sqlite_sequence WHERE name = '${table}';`,
  ]
}
