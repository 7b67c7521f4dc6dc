import type { ColumnSnapshot, Snapshot, TableSnapshot } from "./snapshot.ts"

/** The latest Postgres type of each `table.column` in any migration. */
export type Kinds = Map<string, string>

/** The table of a name in a snapshot. */
export const tableOf = (snapshot: Snapshot, name: string): TableSnapshot | undefined =>
  Object.values(snapshot.tables).find((table) => table.name === name)

/** A table in Postgres's statements: its schema, where it has one of its own, and its name. */
const target = String.raw`((?:"[^"]+"\.)?"[^"]+")`
const addedColumn = new RegExp(`^ALTER TABLE ${target} ADD COLUMN "([^"]+)" `)
const changedType = new RegExp(`^ALTER TABLE ${target} ALTER COLUMN "([^"]+)" SET DATA TYPE ([^;]+);$`)

/** The table of a statement's target in a snapshot. */
function tableAt(snapshot: Snapshot, text: string): TableSnapshot | undefined {
  const [name = "", schema = "public"] = text.slice(1, -1).split('"."').reverse()
  return snapshot.tables[`${schema}.${name}`]
}

/** Values of types whose smallest is no number. */
const fillers: [RegExp, string][] = [
  [/\[\d*\]$/, "'{}'"],
  [/^uuid$/, "'00000000-0000-0000-0000-000000000000'"],
  [/^date$/, "'1970-01-01'"],
  [/^time\b/, "'00:00:00'"],
  [/^interval/, "'0'"],
  [/^bytea$/, "'\\x'"],
  [/^blob$/, "x''"],
]

/** Types of Postgres that SQLite keeps as text of some form. */
const ofText = /^(json|uuid|date|time)$/

/** SQL of a value for a required column whose own values are lost: the smallest that its CHECK allows. */
export function fillerOf(
  table: TableSnapshot,
  column: ColumnSnapshot,
  kinds: Kinds,
  { enums = {} }: Pick<Snapshot, "enums"> = {},
): string {
  const { name } = column
  const kind = kinds.get(`${table.name}.${name}`)
  // SQLite stores instants and JSON as text; the Postgres snapshots tell them apart.
  if (column.type === "text" && kind?.startsWith("timestamp")) return "'1970-01-01T00:00:00.000Z'"
  const type = column.type === "text" && kind && ofText.test(kind) ? kind : column.type
  const check =
    Object.values(table.checkConstraints).find(({ value }) => value.includes(`"${name}"`))?.value ?? ""
  const first = /\bin \('((?:[^']|'')*)'/.exec(check)?.[1]
  if (first !== undefined) return `'${first}'`
  const least = Number(/>= (-?\d+(?:\.\d+)?)/.exec(check)?.[1] ?? 0)
  const [label] = Object.values(enums).find((each) => each.name === type)?.values ?? []
  if (label !== undefined) return `'${label.replaceAll("'", "''")}'`
  const filler = fillers.find(([pattern]) => pattern.test(type))?.[1]
  if (filler !== undefined) return filler
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
      const [, name = "", columnName = ""] = addedColumn.exec(statement) ?? []
      const table = tableAt(to, name)
      const column = table?.columns[columnName]
      if (!table || !column || !mustBeFilled(column)) return [statement]
      return [
        statement.replace(/ NOT NULL;$/, ` DEFAULT ${fillerOf(table, column, new Map(), to)} NOT NULL;`),
        `ALTER TABLE ${name} ALTER COLUMN "${columnName}" DROP DEFAULT;`,
      ]
    })
}

/**
 * A change of type as Postgres takes it: with `USING`, without which it does not convert text to numbers, and without
 * the old default, which it does not convert at all.
 */
function withCast(statement: string, from: Snapshot, to: Snapshot, all: string[]): string[] {
  const match = changedType.exec(statement)
  if (!match) return [statement]
  const [, table = "", column = "", type = ""] = match
  const before = tableAt(from, table)?.columns[column]
  const isEnum = Object.values(from.enums ?? {}).some(({ name }) => name === before?.type)
  // Of an enum, drizzle-kit writes the cast itself, and sees to the default: one enum becomes another by its text.
  if (/ USING /.test(type))
    return [isEnum ? statement.replace(/ USING ("[^"]+")::/, " USING $1::text::") : statement]
  const intermediate = isEnum ? "::text" : before?.type === "boolean" && type !== "text" ? "::int" : ""
  const change = statement.replace(/;$/, ` USING "${column}"${intermediate}::${type};`)
  if (before?.default === undefined) return [change]
  const alter = `ALTER TABLE ${table} ALTER COLUMN "${column}"`
  const kept = tableAt(to, table)?.columns[column]?.default
  const isSet = all.some((one) => one.startsWith(`${alter} SET DEFAULT`))
  const again = kept === undefined || isSet ? [] : [`${alter} SET DEFAULT ${String(kept)};`]
  return [`${alter} DROP DEFAULT;`, change, ...again]
}
