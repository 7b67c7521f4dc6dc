import type { Column, Table } from "drizzle-orm"
import { dialectName } from "./choose.ts"
import { tableConfig as postgresConfig } from "./postgres/config.ts"
import { tableConfig as sqliteConfig } from "./sqlite/config.ts"

/** What a table is made of, as far as both dialects name it. */
export interface TableConfig {
  name: string
  columns: Column[]
  indexes: { config: { name?: string | undefined } }[]
  foreignKeys: { getName(): string }[]
  checks: { name: string }[]
  primaryKeys: { getName(): string }[]
  uniqueConstraints: { getName(): string | undefined }[]
}

/** The indexes, keys and constraints of a table of the dialect in use. */
export const tableConfig: (table: Table) => TableConfig =
  dialectName === "postgres" ? postgresConfig : sqliteConfig

/** Postgres cuts longer identifiers off. https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
const maxBytes = 63

/**
 * What is wrong with a table's names, a sentence each: identifiers of more than 63 bytes of UTF-8, and names made
 * of names. On either dialect, since one schema serves both: Postgres would cut them off, so that two become one
 * and each migration finds them changed.
 */
export function longNames(table: Table): string[] {
  const { name, columns, indexes, foreignKeys, checks, primaryKeys, uniqueConstraints } = tableConfig(table)
  const named: [string, string | undefined][] = [
    ["table", name],
    ...columns.flatMap((column): [string, string | undefined][] => [
      ["column", column.name],
      [`unique constraint of "${column.name}"`, column.isUnique ? column.uniqueName : undefined],
      [`sequence of "${column.name}"`, column.primary ? `${name}_${column.name}_seq` : undefined],
    ]),
    ...indexes.map(({ config }): [string, string | undefined] => ["index", config.name]),
    ...foreignKeys.map((key): [string, string] => ["foreign key", key.getName()]),
    ...checks.map((check): [string, string] => ["check", check.name]),
    ...primaryKeys.map((key): [string, string] => ["primary key", key.getName()]),
    ...uniqueConstraints.map((one): [string, string | undefined] => ["unique constraint", one.getName()]),
  ]
  return named.flatMap(([what, text]) => {
    const bytes = text === undefined ? 0 : Buffer.byteLength(text)
    return bytes > maxBytes
      ? [`the name of its ${what}, "${text}", has ${bytes} bytes; Postgres keeps ${maxBytes}`]
      : []
  })
}
