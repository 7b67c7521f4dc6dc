import { type SQL, sql } from "drizzle-orm"
import type { Client, Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { rowText } from "../sql/row.ts"
import { columnValue, returned } from "./rows.ts"

/** The columns of a table in SQL, and values for them. */
export interface Parts {
  column(name: string): SQL
  /** A value of the column that is bound by another name. */
  value(column: string, name?: string): SQL
}

export const partsOf = (resource: Resource): Parts => ({
  column: (name) => columnName(resource, name),
  value: (column, name) => boundValue(resource, column, name),
})

/** The values to bind: each is of the column of its name, or of the column that its name begins with (`last_step now`). */
export const valuesOf = (resource: Resource, values: Record<string, unknown>): Values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      columnValue(resource, name.split(" ")[0] as string, value),
    ]),
  ) as Values

/** The rows that have a value in a column, whole, oldest first: few, as one knows. */
export async function rowsWith<T>(
  client: Client,
  resource: Resource,
  name: string,
  wanted: unknown,
): Promise<T[]> {
  const plan = planOf(resource, `own:rows:${name}`, () => {
    const { column, value } = partsOf(resource)
    const members = Object.values(resource.fields).map(({ name, type }) => ({
      name,
      value: type.sql.json(column(name)),
      when: undefined,
    }))
    return {
      ...compile(
        sql`select ${rowText({ members, conditions: new Map() })} from ${tableOf(resource)} where ${column(name)} = ${value(name)} order by ${column("id")}`,
      ),
      bounded: true,
    }
  })
  const rows = await client.query(withValues(plan, valuesOf(resource, { [name]: wanted })))
  // Postgres' driver reads JSON itself.
  return rows.map(([row]) => (typeof row === "string" ? JSON.parse(row) : row) as T)
}

/** A statement that changes rows and returns those that it has changed. A name that begins with `delete` is of one that deletes them. */
export function changing(
  resource: Resource,
  name: string,
  build: (parts: Parts) => { set?: SQL; where: SQL },
  values: Record<string, unknown>,
): Statement {
  const plan = planOf(resource, `own:${name}`, () => {
    const { set, where } = build(partsOf(resource))
    const table = tableOf(resource)
    return compile(
      sql`${set ? sql`update ${table} set ${set}` : sql`delete from ${table}`} where ${where} returning ${returned(resource)}`,
    )
  })
  const verb = name.startsWith("delete") ? "delete" : "update"
  return { ...withValues(plan, valuesOf(resource, values)), change: changeOf(resource, verb) }
}

/** They belong to the account that is bound. */
export const ofAccount = ({ column, value }: Parts): SQL => sql`${column("user_id")} = ${value("user_id")}`
