import type { ColumnSnapshot, Snapshot, TableSnapshot } from "./snapshot.ts"

/** The latest Postgres type of each `table.column` in any migration. */
export type Kinds = Map<string, string>

/** The table of a name in a snapshot. */
export const tableOf = (snapshot: Snapshot, name: string): TableSnapshot | undefined =>
  Object.values(snapshot.tables).find((table) => table.name === name)

/** SQL of a value for a required column whose own values are lost: the smallest that its CHECK allows. */
export function fillerOf(table: TableSnapshot, column: ColumnSnapshot, kinds: Kinds): string {
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

/** Whether existing rows need a value of this column when it is added. */
export const mustBeFilled = (column: ColumnSnapshot): boolean =>
  column.notNull && column.default === undefined

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
 * Repairs drizzle-kit's statements for Postgres: changes of type get a cast. With `fill`, required columns are added
 * with a default, which is dropped once it has filled the rows.
 */
export function repairPostgres(statements: string[], from: Snapshot, to: Snapshot, fill: boolean): string[] {
  const drops = statements.some((statement) => /^DROP TABLE .* CASCADE;$/.test(statement))
  return statements
    .flatMap((statement) => withCast(statement, from, to, statements))
    .map((statement) =>
      // With a table that is dropped, the references to it have gone already.
      drops ? statement.replace(/ DROP CONSTRAINT (?!IF EXISTS)/, " DROP CONSTRAINT IF EXISTS ") : statement,
    )
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

/**
 * A change of type as Postgres takes it: with `USING`, without which it does not convert text to numbers, and without
 * the old default, which it does not convert at all.
 */
function withCast(statement: string, from: Snapshot, to: Snapshot, all: string[]): string[] {
  const match = /^ALTER TABLE "([^"]+)" ALTER COLUMN "([^"]+)" SET DATA TYPE ([^;]+);$/.exec(statement)
  if (!match) return [statement]
  const [, table = "", column = "", type = ""] = match
  const before = tableOf(from, table)?.columns[column]
  const intermediate = before?.type === "boolean" && type !== "text" ? "::int" : ""
  const change = statement.replace(/;$/, ` USING "${column}"${intermediate}::${type};`)
  if (before?.default === undefined) return [change]
  const alter = `ALTER TABLE "${table}" ALTER COLUMN "${column}"`
  const kept = tableOf(to, table)?.columns[column]?.default
  const isSet = all.some((one) => one.startsWith(`${alter} SET DEFAULT`))
  const again = kept === undefined || isSet ? [] : [`${alter} SET DEFAULT ${String(kept)};`]
  return [`${alter} DROP DEFAULT;`, change, ...again]
}
