import { type Column, getTableColumns, getTableName, type SQL, sql, type Table } from "drizzle-orm"
import type { Api } from "../api.ts"
import { classify } from "../db/dialect/errors.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Client } from "../db/driver.ts"
import type { Resource } from "../resource/resource.ts"

/**
 * The columns of an API that its database has not, as `table.column`. They would be met by the first request: a schema
 * that nobody has migrated, or one whose names are made by Drizzle's `casing`, which `defineApi` does not know of.
 */
export async function missingColumns(client: Client, { resources, history }: Api): Promise<string[]> {
  const tables: Columns[] = history ? [...resources, columnsOf(history)] : [...resources]
  const lacking = await Promise.all(
    tables.map(async (resource) => {
      const names = Object.keys(resource.fields)
      if (await areThere(client, resource, names)) return []
      const found = await Promise.all(names.map((name) => areThere(client, resource, [name])))
      return names.filter((_, i) => !found[i]).map((name) => shown(resource, name))
    }),
  )
  return lacking.flat()
}

/** Notes which tables of SQLite number their rows. */
export async function noteRowNumbers(client: Client, { resources }: Api): Promise<void> {
  await Promise.all(
    resources.map(async (resource) => {
      resource.hasRowNumber = await isUnderstood(
        client,
        sql`select _rowid_ from ${resource.table} where 1 = 0`,
      )
    }),
  )
}

/** The columns of a table, by the names of its fields. */
interface Columns extends Pick<Resource, "table" | "tableName"> {
  fields: Record<string, { column: Column }>
}

/** Those of a table that is no resource. */
const columnsOf = (table: Table): Columns => ({
  table,
  tableName: getTableName(table),
  fields: Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([name, column]) => [name, { column }]),
  ),
})

const shown = ({ tableName, fields }: Columns, name: string): string =>
  `${tableName}.${fields[name]?.column.name ?? name}`

/** Whether a statement that reads these columns, and no row, is understood. */
async function areThere(client: Client, { table, fields }: Columns, names: string[]): Promise<boolean> {
  // Qualified, as Drizzle renders them: SQLite takes a name in quotes for text where there is no such column.
  const columns = names.map((name) => sql`${fields[name]?.column}`)
  return isUnderstood(client, sql`select ${sql.join(columns, sql`, `)} from ${table} where 1 = 0`)
}

async function isUnderstood(client: Client, query: SQL): Promise<boolean> {
  const { text } = expressions.render(query)
  try {
    await client.query({ text, params: [], bounded: true })
    return true
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
    return false
  }
}
