import type { Column, SQL, Table } from "drizzle-orm"
import { type DialectName, dialectName } from "./choose.ts"
import { isOfVocabulary } from "./field.ts"
import { tableConfig as postgresConfig } from "./postgres/config.ts"
import { tableConfig as sqliteConfig } from "./sqlite/config.ts"
import { dialectOfTable, tableFunction } from "./table-dialect.ts"
import { schemaOf } from "./table-name.ts"

/** The named parts of a table that both dialects have. */
export interface TableConfig {
  name: string
  columns: Column[]
  indexes: {
    config: { name?: string | undefined; columns?: unknown[]; unique?: boolean; where?: unknown }
  }[]
  foreignKeys: {
    getName(): string
    onDelete: string | undefined
    onUpdate: string | undefined
    reference(): { columns: Column[]; foreignTable: Table; foreignColumns: Column[] }
  }[]
  checks: { name: string; value: SQL }[]
  primaryKeys: { columns: Column[]; getName(): string }[]
  uniqueConstraints: { columns: Column[]; getName(): string | undefined }[]
}

const configOf: (table: Table) => TableConfig =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgresConfig : sqliteConfig

const configs = new WeakMap<Table, TableConfig>()

/** The indexes, keys and constraints of a table of the dialect in use. Drizzle would build them for each call. */
export function tableConfig(table: Table): TableConfig {
  const config = configs.get(table) ?? configOf(table)
  configs.set(table, config)
  return config
}

const titles: Record<DialectName, string> = { postgres: "Postgres", sqlite: "SQLite" }

/** Why a table cannot be served by the database of `DATABASE_URL`; undefined where it can. */
export function dialectFault(table: Table): string | undefined {
  const dialect = dialectOfTable(table)
  if (dialect === dialectName) return undefined
  if (dialect === null) return "the table is of a dialect that Weir does not serve: Postgres and SQLite are"
  return `the table is made by ${tableFunction[dialect]}, and DATABASE_URL is that of ${titles[dialectName]}: give the URL of a ${titles[dialect]} database`
}

/** Postgres truncates longer identifiers. https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
const maxBytes = 63

/**
 * One message for each identifier of a table, given or derived from others, that is longer than 63 bytes of UTF-8.
 * Checked on both dialects of the vocabulary, since one schema serves both: Postgres would truncate it, so that two
 * identifiers can collide and every migration sees the name as changed. To be served, a team's own table needs short names of
 * itself and its columns alone: its database has truncated the others long ago, and no statement has them.
 */
export function longNames(table: Table, toServe = false): string[] {
  const isOwn = !isOfVocabulary(table)
  if (isOwn && dialectOfTable(table) === "sqlite") return []
  const { name, columns, indexes, foreignKeys, checks, primaryKeys, uniqueConstraints } = tableConfig(table)
  const identifiers: [string, string | undefined][] = [
    ["table", name],
    ...columns.flatMap((column): [string, string | undefined][] => [
      ["column", column.name],
      [`unique constraint of "${column.name}"`, column.isUnique ? column.uniqueName : undefined],
      [`sequence of "${column.name}"`, sequenceOf(name, column)],
      [`enum of "${column.name}"`, (column as { enum?: { enumName?: string } }).enum?.enumName],
    ]),
    ...indexes.map(({ config }): [string, string | undefined] => ["index", indexName(name, config)]),
    ...foreignKeys.map((key): [string, string] => ["foreign key", key.getName()]),
    ...checks.map((check): [string, string] => ["check", check.name]),
    ...primaryKeys.map((key): [string, string] => ["primary key", key.getName()]),
    ...uniqueConstraints.map((unique): [string, string | undefined] => [
      "unique constraint",
      unique.getName(),
    ]),
  ]
  return identifiers.flatMap(([kind, identifier]) => {
    if (isOwn && toServe && kind !== "table" && kind !== "column") return []
    const bytes = identifier === undefined ? 0 : Buffer.byteLength(identifier)
    return bytes > maxBytes
      ? [`the name of its ${kind}, "${identifier}", has ${bytes} bytes; Postgres keeps ${maxBytes}`]
      : []
  })
}

/** The sequence that a key or an identity column has. */
function sequenceOf(table: string, column: Column): string | undefined {
  const { generatedIdentity, primary } = column
  if (generatedIdentity?.sequenceName !== undefined) return generatedIdentity.sequenceName
  return primary || generatedIdentity ? `${table}_${column.name}_seq` : undefined
}

/** An index's name, or the one that drizzle-kit derives for it from its columns. */
function indexName(table: string, { name, columns }: TableConfig["indexes"][number]["config"]) {
  if (name !== undefined) return name
  const names = columns?.map((column) => (column as { name?: unknown }).name)
  return names?.every((one) => typeof one === "string") ? `${table}_${names.join("_")}_index` : undefined
}

/** A message for each index that has the name of another: a schema has one namespace for all of its indexes. */
export function repeatedNames(tables: readonly Table[]): string[] {
  const owners = new Map<string, string>()
  const messages: string[] = []
  for (const table of new Set(tables)) {
    const { name: owner, indexes } = tableConfig(table)
    for (const { config } of indexes) {
      if (config.name === undefined) continue
      const full = `${schemaOf(table)}.${config.name}`
      const other = owners.get(full)
      if (other !== undefined)
        messages.push(`${owner}: the index name "${config.name}" is taken by an index of ${other}`)
      owners.set(full, owner)
    }
  }
  return messages
}
