import { type Column, getTableColumns, is, type SQL, Table } from "drizzle-orm"
import { getTableConfig as configOfPg, PgTable } from "drizzle-orm/pg-core"
import { getTableConfig as configOfSqlite, type SQLiteTable } from "drizzle-orm/sqlite-core"

/** A foreign key, in properties. */
export interface ReferenceFacts {
  columns: string[]
  target: Table
  foreign: string[]
  onDelete: string
}

/** What Drizzle itself knows of a table, by the properties of its columns. */
export interface TableFacts {
  /** The export's name. */
  name: string
  table: Table
  columns: Record<string, Column>
  key: string[]
  /** What is unique beside the key. */
  uniques: string[][]
  references: ReferenceFacts[]
}

interface Index {
  config: { unique?: boolean | undefined; columns: (Named | SQL)[] }
}
type Named = { name: string }

const isNamed = (column: Named | SQL): column is Named => typeof (column as Partial<Named>).name === "string"

/** The property of a column, or of what stands for it in an index or a key. */
const propertyOf = (table: Table, column: Named): string => {
  const found = Object.entries(getTableColumns(table)).find(([, { name }]) => name === column.name)
  if (!found) throw new Error(`no property of column ${column.name}`)
  return found[0]
}

function factsOf(name: string, table: Table): TableFacts {
  const columns = getTableColumns(table)
  const config = is(table, PgTable) ? configOfPg(table) : configOfSqlite(table as SQLiteTable)
  const named = (list: Named[], of: Table = table) => list.map((column) => propertyOf(of, column))
  const composite = config.primaryKeys[0]?.columns
  const indexes = (config.indexes as Index[]).filter((index) => index.config.unique)
  return {
    name,
    table,
    columns,
    key: named(composite ?? Object.values(columns).filter((column) => column.primary)),
    uniques: [
      ...Object.keys(columns)
        .filter((property) => columns[property]?.isUnique)
        .map((property) => [property]),
      ...config.uniqueConstraints.map((constraint) => named(constraint.columns)),
      ...indexes
        .filter((index) => index.config.columns.every(isNamed))
        .map((index) => named(index.config.columns.filter(isNamed))),
    ],
    references: config.foreignKeys.map((foreignKey) => {
      const { columns, foreignTable, foreignColumns } = foreignKey.reference()
      return {
        columns: named(columns),
        target: foreignTable,
        foreign: named(foreignColumns, foreignTable),
        onDelete: foreignKey.onDelete ?? "no action",
      }
    }),
  }
}

/** The tables among a module's exports. */
export const tablesOf = (module: Record<string, unknown>): TableFacts[] =>
  Object.entries(module)
    .filter((entry): entry is [string, Table] => is(entry[1], Table))
    .map(([name, table]) => factsOf(name, table))

/** How a column's values compare. */
export type Kind = "text" | "enum" | "uuid" | "number" | "numeric" | "boolean" | "instant" | "json"

/** Kinds by Drizzle's `columnType`. */
const kinds: Record<string, Kind> = {
  PgText: "text",
  PgVarchar: "text",
  PgEnumColumn: "enum",
  PgUUID: "uuid",
  PgInteger: "number",
  PgSerial: "number",
  PgNumeric: "numeric",
  PgBoolean: "boolean",
  PgTimestamp: "instant",
  PgJson: "json",
  SQLiteText: "text",
  SQLiteTextJson: "json",
  SQLiteInteger: "number",
  SQLiteReal: "number",
  SQLiteBoolean: "boolean",
  SQLiteTimestamp: "instant",
}

export function kindOf(column: Column): Kind {
  const kind = kinds[column.columnType]
  if (!kind) throw new Error(`${column.name}: this battery knows no ${column.columnType}`)
  return kind === "text" && column.enumValues?.length ? "enum" : kind
}

/** Whether an instant is kept in whole seconds. */
export const inSeconds = (column: Column): boolean =>
  column.columnType === "SQLiteTimestamp" && (column as Column & { mode?: string }).mode === "timestamp"

/** Whether a create must give it. */
export const isRequired = (column: Column): boolean => column.notNull && !column.hasDefault

/** Whether rows of the table are in use by rows of another in a way that forbids their delete. */
export const holdersOf = (tables: TableFacts[], { table }: TableFacts): [TableFacts, ReferenceFacts][] =>
  tables.flatMap((facts) =>
    facts.references
      .filter(({ target, onDelete }) => target === table && onDelete === "no action")
      .map((reference): [TableFacts, ReferenceFacts] => [facts, reference]),
  )
