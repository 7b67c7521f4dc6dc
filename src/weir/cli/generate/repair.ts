import type { ColumnSnapshot, Snapshot, TableSnapshot } from "./snapshot.ts"

/** The Postgres type of each `table.column` that there ever was. */
export type Kinds = Map<string, string>

/** drizzle-kit's statements between two snapshots. */
export type Diff = (from: Snapshot, to: Snapshot) => Promise<string[]>

const tableOf = (snapshot: Snapshot, name: string): TableSnapshot | undefined =>
  Object.values(snapshot.tables).find((table) => table.name === name)

const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ")

/** A value for a column that must have one and whose own values are lost: the least that its CHECK allows. */
function fillerOf(table: TableSnapshot, column: ColumnSnapshot, kinds: Kinds): string {
  const { name } = column
  const kind = kinds.get(`${table.name}.${name}`)
  // SQLite keeps instants and JSON as text; what they are, the other dialect's snapshots know.
  if (column.type === "text" && kind?.startsWith("timestamp")) return "'1970-01-01T00:00:00.000Z'"
  const type = column.type === "text" && kind === "json" ? kind : column.type
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

export interface RepairOptions {
  /** On the way back: what must have a value and has lost it is given one. */
  fill: boolean
  empty: Snapshot
  diff: Diff
  kinds: Kinds
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

/** The columns that may hold nulls now and may not from then on. */
export function toBeRequired(from: Snapshot, to: Snapshot): string[] {
  return Object.entries(to.tables).flatMap(([key, table]) => {
    const before = from.tables[key]?.columns
    const come = Object.values(table.columns).filter((c) => c.notNull && before?.[c.name]?.notNull === false)
    return come.map((column) => `${table.name}.${column.name}`)
  })
}

/** Whether one value cannot fill the column in several rows, or in any: it is unique, or refers to rows. */
export function cannotBeFilled(to: Snapshot, name: string): boolean {
  return Object.values(to.tables).some((table) => {
    const alone = (columns: (string | { expression: string })[]) =>
      columns.length === 1 &&
      columns.some((c) => `${table.name}.${typeof c === "string" ? c : c.expression}` === name)
    const { indexes, uniqueConstraints, foreignKeys } = table
    return (
      Object.values(indexes).some(({ isUnique, columns }) => isUnique && alone(columns)) ||
      Object.values(uniqueConstraints).some(({ columns }) => alone(columns)) ||
      Object.values(foreignKeys).some(({ columnsFrom }) => alone(columnsFrom))
    )
  })
}

/**
 * A SQLite table made anew as the snapshot has it: its rows keep what both have, and what must have a value and
 * has none is filled. https://www.sqlite.org/lang_altertable.html#otheralter
 */
async function rebuild(
  table: TableSnapshot,
  before: TableSnapshot,
  options: RepairOptions,
): Promise<string[]> {
  const { empty, diff } = options
  const fresh = `__new_${table.name}`
  const made = await diff(empty, { ...empty, tables: { [fresh]: { ...table, name: fresh, indexes: {} } } })
  const indexes = (await diff(empty, { ...empty, tables: { [table.name]: table } })).filter((s) =>
    /^CREATE (UNIQUE )?INDEX/.test(s),
  )
  return [
    ...made,
    ...copyRows(table, before, options.fill, options.kinds),
    `DROP TABLE \`${table.name}\`;`,
    `ALTER TABLE \`${fresh}\` RENAME TO \`${table.name}\`;`,
    ...indexes,
  ]
}

/** The rows, and with them the last id that was given out: one that was used is never used again. */
function copyRows(table: TableSnapshot, before: TableSnapshot, fill: boolean, kinds: Kinds): string[] {
  const kept = Object.keys(table.columns).filter((name) => before.columns[name])
  const filled = fill
    ? Object.values(table.columns).filter((c) => !before.columns[c.name] && mustBeFilled(c))
    : []
  const values = [quoted(kept), ...filled.map((column) => fillerOf(table, column, kinds))]
    .filter(Boolean)
    .join(", ")
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
  options: RepairOptions,
): Promise<string[]> {
  let mended = statements.flatMap((statement) => {
    const name = /^INSERT INTO `__new_([^`]+)`\([^)]*\) SELECT [^;]* FROM `[^`]+`;$/.exec(statement)?.[1]
    const [table, before] = name ? [tableOf(to, name), tableOf(from, name)] : []
    return table && before ? copyRows(table, before, options.fill, options.kinds) : [statement]
  })
  for (const table of Object.values(to.tables)) {
    const added = new RegExp(`^ALTER TABLE \`${table.name}\` ADD \`([^\`]+)\``)
    const needs = mended.some((statement) => {
      const column = table.columns[added.exec(statement)?.[1] ?? ""]
      // ADD COLUMN takes constants only.
      const computed = typeof column?.default === "string" && column.default.startsWith("(")
      return computed || (options.fill && column !== undefined && mustBeFilled(column))
    })
    const before = tableOf(from, table.name)
    if (!needs || !before) continue
    const own = new RegExp(`^(ALTER TABLE \`${table.name}\` |CREATE (UNIQUE )?INDEX .* ON \`${table.name}\`)`)
    mended = [
      ...mended.filter((statement) => !own.test(statement)),
      ...(await rebuild(table, before, options)),
    ]
  }
  return mended
}

/** On the way back, a column that must have a value is added with one, which then stops being its default. */
export function repairPostgres(statements: string[], from: Snapshot, to: Snapshot, fill: boolean): string[] {
  return statements
    .map((statement) => withCast(statement, from))
    .flatMap((statement) => {
      if (!fill) return [statement]
      const [, name = "", columnName = ""] =
        /^ALTER TABLE "([^"]+)" ADD COLUMN "([^"]+)" /.exec(statement) ?? []
      const table = tableOf(to, name)
      const column = table?.columns[columnName]
      if (!table || !column || !mustBeFilled(column)) return [statement]
      return [
        statement.replace(/ NOT NULL;$/, ` DEFAULT ${fillerOf(table, column, new Map())} NOT NULL;`),
        `ALTER TABLE "${name}" ALTER COLUMN "${columnName}" DROP DEFAULT;`,
      ]
    })
}

/** Without `USING`, Postgres refuses to make a number of a text that holds one. */
function withCast(statement: string, from: Snapshot): string {
  const found = /^ALTER TABLE "([^"]+)" ALTER COLUMN "([^"]+)" SET DATA TYPE ([^;]+);$/.exec(statement)
  if (!found) return statement
  const [, table = "", column = "", type = ""] = found
  const before = tableOf(from, table)?.columns[column]?.type
  const by = before === "boolean" && type !== "text" ? "::int" : ""
  return statement.replace(/;$/, ` USING "${column}"${by}::${type};`)
}
