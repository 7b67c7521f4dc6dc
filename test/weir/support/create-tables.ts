import { getTableName, is, SQL, type Table } from "drizzle-orm"
import {
  isPgEnum,
  type PgColumn,
  PgDialect,
  type PgTable,
  getTableConfig as pgConfig,
} from "drizzle-orm/pg-core"
import { SQLiteAsyncDialect, type SQLiteTable, getTableConfig as sqliteConfig } from "drizzle-orm/sqlite-core"
import type { Database } from "../../../src/weir/db/driver.ts"

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && Symbol.for("drizzle:IsDrizzleTable") in value

/**
 * Makes the tables of a schema anew, empty: columns, keys, unique columns, defaults and checks, as far as a test needs
 * them. With `foreignKeys`, these as well: the schema then names a table before those that refer to it.
 */
export async function createTables(
  database: Database,
  schema: Record<string, unknown>,
  { foreignKeys = false } = {},
): Promise<void> {
  const isPostgres = database.dialect === "postgres"
  const text = (value: SQL) =>
    isPostgres ? new PgDialect().sqlToQuery(value).sql : new SQLiteAsyncDialect().sqlToQuery(value).sql
  const statements: string[] = []
  for (const value of Object.values(schema))
    if (isPgEnum(value)) {
      const values = value.enumValues.map((one) => `'${one}'`).join(", ")
      statements.push(`drop type if exists "${value.enumName}" cascade`)
      statements.push(`create type "${value.enumName}" as enum (${values})`)
    }
  for (const table of Object.values(schema).filter(isTable)) {
    const config = isPostgres ? pgConfig(table as PgTable) : sqliteConfig(table as SQLiteTable)
    const columns = config.columns.map((column) => {
      const { name, primary, isUnique } = column
      const byDefault = column.default
      const preset = is(byDefault, SQL)
        ? `default (${text(byDefault)})`
        : byDefault === undefined
          ? ""
          : `default ${typeof byDefault === "string" ? `'${byDefault}'` : String(isPostgres ? byDefault : Number(byDefault))}`
      const keys = `${primary ? "primary key" : ""} ${isUnique ? "unique" : ""} ${column.notNull ? "not null" : ""}`
      const identity = column.generatedIdentity
        ? `generated ${column.generatedIdentity.type === "always" ? "always" : "by default"} as identity`
        : ""
      return `"${name}" ${(column as PgColumn).getSQLType()} ${keys} ${preset} ${identity}`
    })
    for (const { columns: keyed } of config.primaryKeys)
      columns.push(`primary key (${keyed.map(({ name }) => `"${name}"`).join(", ")})`)
    if (foreignKeys)
      for (const { reference, onDelete } of config.foreignKeys) {
        const { columns: own, foreignTable, foreignColumns } = reference()
        const names = (all: { name: string }[]) => all.map(({ name }) => `"${name}"`).join(", ")
        const action = onDelete ? ` on delete ${onDelete}` : ""
        columns.push(
          `foreign key (${names(own)}) references "${getTableName(foreignTable)}" (${names(foreignColumns)})${action}`,
        )
      }
    for (const { name, value } of config.checks) columns.push(`constraint "${name}" check (${text(value)})`)
    statements.push(
      `drop table if exists "${config.name}"`,
      `create table "${config.name}" (${columns.join(", ")})`,
    )
  }
  const client = database.connect()
  await client.batch(statements.map((statement) => ({ text: statement, params: [] })))
  await client.close?.()
}
