import type { ColumnSnapshot, Snapshot, TableSnapshot } from "./snapshot.ts"

/** The latest Postgres type of each `table.column` in any migration. */
export type Kinds = Map<string, string>

/** Generates drizzle-kit's statements from one snapshot to another. */
export type Diff = (from: Snapshot, to: Snapshot) => Promise<string[]>

const tableOf = (snapshot: Snapshot, name: string): TableSnapshot | undefined =>
  Object.values(snapshot.tables).find((table) => table.name === name)

const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ")

/** SQL of a value for a required column whose own values are lost: the smallest that its CHECK allows. */
function fillerOf(table: TableSnapshot, column: ColumnSnapshot, kinds: Kinds): string {
  const { name } = column
  const kind = kinds.get(`${table.name}.${name}`)
  // SQLite stores instants and JSON as text; the Postgres snapshots tell them apart.
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
  /** Whether required columns that are added get a value in existing rows. Set for down scripts. */
  fill: boolean
  /** drizzle-kit's snapshot of a database without tables. */
  empty: Snapshot
  diff: Diff
  kinds: Kinds
}

const mustBeFilled = (column: ColumnSnapshot): boolean => column.notNull && column.default === undefined

/** The added columns (`table.column`) that are required and have no default: drizzle-kit's statements fail on rows. */
export function toBeFilled(from: Snapshot, to: Snapshot): string[] {
  return Object.entries(to.tables).flatMap(([key, table]) => {
    const before = from.tables[key]
    if (!before) return []
    const added = Object.values(table.columns).filter((c) => !before.columns[c.name] && mustBeFilled(c))
    return added.map((column) => `${table.name}.${column.name}`)
  })
}

/** The columns (`table.column`) that become required. */
export function toBeRequired(from: Snapshot, to: Snapshot): string[] {
  return Object.entries(to.tables).flatMap(([key, table]) => {
    const before = from.tables[key]?.columns
    const required = Object.values(table.columns).filter(
      (c) => c.notNull && before?.[c.name]?.notNull === false,
    )
    return required.map((column) => `${table.name}.${column.name}`)
  })
}

/** Whether no single value can fill the column `name` (`table.column`) in all rows: it is unique or a foreign key. */
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
 * Statements that rebuild a SQLite table as the snapshot has it. Rows keep the columns of both versions; with `fill`,
 * required new columns get a value. https://www.sqlite.org/lang_altertable.html#otheralter
 */
async function rebuild(
  table: TableSnapshot,
  before: TableSnapshot,
  options: RepairOptions,
): Promise<string[]> {
  const { empty, diff } = options
  const fresh = `__new_${table.name}`
  const createTable = await diff(empty, {
    ...empty,
    tables: { [fresh]: { ...table, name: fresh, indexes: {} } },
  })
  const indexes = (await diff(empty, { ...empty, tables: { [table.name]: table } })).filter((s) =>
    /^CREATE (UNIQUE )?INDEX/.test(s),
  )
  return [
    ...createTable,
    ...copyRows(table, before, options.fill, options.kinds),
    `DROP TABLE \`${table.name}\`;`,
    `ALTER TABLE \`${fresh}\` RENAME TO \`${table.name}\`;`,
    ...indexes,
  ]
}

/** Statements that copy the rows into the rebuilt table, and the last generated id, so that no id is ever reused. */
function copyRows(table: TableSnapshot, before: TableSnapshot, fill: boolean, kinds: Kinds): string[] {
  const common = Object.keys(table.columns).filter((name) => before.columns[name])
  const filled = fill
    ? Object.values(table.columns).filter((c) => !before.columns[c.name] && mustBeFilled(c))
    : []
  const values = [quoted(common), ...filled.map((column) => fillerOf(table, column, kinds))]
    .filter(Boolean)
    .join(", ")
  const names = quoted([...common, ...filled.map(({ name }) => name)])
  const copy = `INSERT INTO \`__new_${table.name}\`(${names}) SELECT ${values} FROM \`${table.name}\`;`
  if (!Object.values(table.columns).some(({ autoincrement }) => autoincrement)) return [copy]
  return [
    copy,
    `DELETE FROM sqlite_sequence WHERE name = '__new_${table.name}';`,
    `INSERT INTO sqlite_sequence(name, seq) SELECT '__new_${table.name}', seq FROM sqlite_sequence WHERE name = '${table.name}';`,
  ]
}

/**
 * Repairs drizzle-kit's statements for SQLite. When drizzle-kit rebuilds a table, it selects columns that the old table
 * does not have; SQLite reads their quoted names as text, so that every row would get the column's name as its value.
 * With `fill`, required columns that are added get a value. Expressions of indexes are left unquoted.
 */
export async function repairSqlite(
  statements: string[],
  from: Snapshot,
  to: Snapshot,
  options: RepairOptions,
): Promise<string[]> {
  let repaired = statements.flatMap((statement) => {
    const name = /^INSERT INTO `__new_([^`]+)`\([^)]*\) SELECT [^;]* FROM `[^`]+`;$/.exec(statement)?.[1]
    const [table, before] = name ? [tableOf(to, name), tableOf(from, name)] : []
    return table && before ? copyRows(table, before, options.fill, options.kinds) : [statement]
  })
  for (const table of Object.values(to.tables)) {
    const added = new RegExp(`^ALTER TABLE \`${table.name}\` ADD \`([^\`]+)\``)
    const needs = repaired.some((statement) => {
      const column = table.columns[added.exec(statement)?.[1] ?? ""]
      // ADD COLUMN accepts constant defaults only.
      const computed = typeof column?.default === "string" && column.default.startsWith("(")
      return computed || (options.fill && column !== undefined && mustBeFilled(column))
    })
    const before = tableOf(from, table.name)
    if (!needs || !before) continue
    const own = new RegExp(`^(ALTER TABLE \`${table.name}\` |CREATE (UNIQUE )?INDEX .* ON \`${table.name}\`)`)
    repaired = [
      ...repaired.filter((statement) => !own.test(statement)),
      ...(await rebuild(table, before, options)),
    ]
  }
  return repaired.map(withExpressions)
}

/** An index as it should be: of a rebuilt table, drizzle-kit quotes an expression as if it were a column's name. */
const withExpressions = (statement: string): string =>
  /^CREATE (UNIQUE )?INDEX /.test(statement)
    ? statement.replace(/`([^`]*)`/g, (quoted, name) => (name.includes("(") ? name : quoted))
    : statement

/**
 * Repairs drizzle-kit's statements for Postgres: changes of type get a cast. With `fill`, required columns are added
 * with a default, which is dropped once it has filled the rows.
 */
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

/** Adds `USING` to a change of type. Without it, Postgres does not convert text to numbers. */
function withCast(statement: string, from: Snapshot): string {
  const match = /^ALTER TABLE "([^"]+)" ALTER COLUMN "([^"]+)" SET DATA TYPE ([^;]+);$/.exec(statement)
  if (!match) return statement
  const [, table = "", column = "", type = ""] = match
  const oldType = tableOf(from, table)?.columns[column]?.type
  const intermediate = oldType === "boolean" && type !== "text" ? "::int" : ""
  return statement.replace(/;$/, ` USING "${column}"${intermediate}::${type};`)
}
