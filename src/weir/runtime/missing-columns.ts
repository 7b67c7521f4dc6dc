import { sql } from "drizzle-orm"
import type { Api } from "../api.ts"
import { classify } from "../db/dialect/errors.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Client } from "../db/driver.ts"
import type { Resource } from "../resource/resource.ts"

/**
 * The columns of an API that its database has not, as `table.column`. They would be met by the first request: a schema
 * that nobody has migrated, or one whose names are made by Drizzle's `casing`, which `defineApi` does not know of.
 */
export async function missingColumns(client: Client, { resources }: Api): Promise<string[]> {
  const lacking = await Promise.all(
    resources.map(async (resource) => {
      const names = Object.keys(resource.fields)
      if (await areThere(client, resource, names)) return []
      const found = await Promise.all(names.map((name) => areThere(client, resource, [name])))
      return names.filter((_, i) => !found[i]).map((name) => shown(resource, name))
    }),
  )
  return lacking.flat()
}

const shown = ({ tableName, fields }: Resource, name: string): string =>
  `${tableName}.${fields[name]?.column.name ?? name}`

/** Whether a statement that reads these columns, and no row, is understood. */
async function areThere(client: Client, { table, fields }: Resource, names: string[]): Promise<boolean> {
  // Qualified, as Drizzle renders them: SQLite takes a name in quotes for text where there is no such column.
  const columns = names.map((name) => sql`${fields[name]?.column}`)
  const { text } = expressions.render(sql`select ${sql.join(columns, sql`, `)} from ${table} where 1 = 0`)
  try {
    await client.query({ text, params: [], bounded: true })
    return true
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
    return false
  }
}
