import type { ColumnSnapshot, Snapshot, TableSnapshot } from "./snapshot.ts"

/** drizzle-kit's statements between two snapshots. */
export type Diff = (from: Snapshot, to: Snapshot) => Promise<string[]>

const tableOf = (snapshot: Snapshot, name: string): TableSnapshot | undefined =>
  Object.values(snapshot.tables).find((table) => table.name === name)

const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ")

/** A value for a column that must have one and whose own values are lost: the least that its CHECK allows. */
function fillerOf(table: TableSnapshot, { name, type }: ColumnSnapshot): string {
  const check =
    Object.values(table.checkConstraints).find(({ value }) => value.includes(`"${name}"`))?.value ?? ""
  const first = /\bin \('((?:[^']|'')*)'/.exec(check)?.[1]
  if (first !== undefined) return `'${first}'`
  const least = Number(/>= (-?\d+(?:\.\d+)?)/.exec(check)?.[1] ?? 0)
  if (/^(text|varchar|char)/.test(type)) return `'${"-".repeat(least)}'`
  if (/^(json|jsonb)$/.test(type)) return "'null'"
  if (/^timestamp/.test(type)) return "now()"
  if (type === "boolean") return "false"
  return String(least)
}

const mustBeFilled = (column: ColumnSnapshot): boolean => column.notNull && column.default === undefined

/** The columns that come and must be filled in rows that are there: drizzle-kit leaves these to fail. */
export function toBeFilled(from: Snapshot, to: Snapshot): string[] {
  return Object.entries(to.tables).flatMap(([key, table]) => {
    const before = from.tables[key]
    if (!before) return []
    const come = Object.values(table.columns).filter((c) => !before.columns[c.name] && mustBeFilled(c))
    return come.map((column) => `${table.name}.${column.name}`)
  })
}

/**
 * A SQLite table made anew as the snapshot has it: its rows keep what both have, and what must have a value and
 * has none is filled. https://www.sqlite.org/lang_altertable.html#otheralter
 */
async function rebuild(
  table: TableSnapshot,
  before: TableSnapshot,
  empty: Snapshot,
  diff: Diff,
): Promise<string[]> {
  const fresh = `__new_${table.name}`
  const made = await diff(empty, { ...empty, tables: { [fresh]: { ...table, name: fresh, indexes: {} } } })
  const indexes = (await diff(empty, { ...empty, tables: { [table.name]: table } })).filter((s) =>
    /^CREATE (UNIQUE )?INDEX/.test(s),
  )
  return [
    ...made,
    ...copyRows(table, before, true),
    `DROP TABLE \`${table.name}\`;`,
    `ALTER TABLE \`${fresh}\` RENAME TO \`${table.name}\`;`,
    ...indexes,
  ]
}

/** The rows, and with them the last id that was given out: one that was used is never used again. */
function copyRows(table: TableSnapshot, before: TableSnapshot, fill: boolean): string[] {
  const kept = Object.keys(table.columns).filter((name) => before.columns[name])
  const filled = fill
    ? Object.values(table.columns).filter((c) => !before.columns[c.name] && mustBeFilled(c))
    : []
  const values = [quoted(kept), ...filled.map((column) => fillerOf(table, column))].filter(Boolean).join(", ")
  const names = quoted([...kept, ...filled.map(({ name }) => name)])
  const copy = `INSERT INTO \`__new_${table.name}\`(${names}) SELECT ${values} FROM \`${table.name}\`;`
  if (!Object.values(table.columns).some(({ autoincrement }) => autoincrement)) return [copy]
  return [
    copy,
    `DELETE FROM sqlite_sequence WHERE name = '__new_${table.name}';`,
    `INSERT INTO sqlite_sequence(name, seq) SELECT '__new_${table.name}', seq FROM sqlite_sequence WHERE name = '${table.name}';`,
  ]
}

/**
 * Mends what drizzle-kit gets wrong on SQLite. Its rebuild of a table selects columns that the old table does
 * not have, which SQLite reads as text: every row would hold the column's name. And with `fill`, on the way
 * back, a column that must have a value is given one.
 */
export async function repairSqlite(
  statements: string[],
  from: Snapshot,
  to: Snapshot,
  options: { fill: boolean; empty: Snapshot; diff: Diff },
): Promise<string[]> {
  let mended = statements.flatMap((statement) => {
    const name = /^INSERT INTO `__new_(\w+)`\([^)]*\) SELECT [^;]* FROM `\w+`;$/.exec(statement)?.[1]
    const [table, before] = name ? [tableOf(to, name), tableOf(from, name)] : []
    return table && before ? copyRows(table, before, options.fill) : [statement]
  })
  if (!options.fill) return mended
  for (const table of Object.values(to.tables)) {
    const added = new RegExp(`^ALTER TABLE \`${table.name}\` ADD \`(\\w+)\``)
    const needs = mended.some((statement) => {
      const column = table.columns[added.exec(statement)?.[1] ?? ""]
      return column !== undefined && mustBeFilled(column)
    })
    const before = tableOf(from, table.name)
    if (!needs || !before) continue
    const own = new RegExp(`^(ALTER TABLE \`${table.name}\` |CREATE (UNIQUE )?INDEX .* ON \`${table.name}\`)`)
    mended = [
      ...mended.filter((statement) => !own.test(statement)),
      ...(await rebuild(table, before, options.empty, options.diff)),
    ]
  }
  return mended
}

/** On the way back, a column that must have a value is added with one, which then stops being its default. */
export function repairPostgres(statements: string[], to: Snapshot, fill: boolean): string[] {
  if (!fill) return statements
  return statements.flatMap((statement) => {
    const [, name = "", columnName = ""] = /^ALTER TABLE "(\w+)" ADD COLUMN "(\w+)" /.exec(statement) ?? []
    const table = tableOf(to, name)
    const column = table?.columns[columnName]
    if (!table || !column || !mustBeFilled(column)) return [statement]
    return [
      statement.replace(/ NOT NULL;$/, ` DEFAULT ${fillerOf(table, column)} NOT NULL;`),
      `ALTER TABLE "${name}" ALTER COLUMN "${columnName}" DROP DEFAULT;`,
    ]
  })
}
