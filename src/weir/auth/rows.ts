import { is, SQL, sql } from "drizzle-orm"
import type { Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, encoded, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { typedValue } from "../sql/requirements.ts"

/** A value of a column as it is bound. */
export const columnValue = ({ fields }: Resource, name: string, value: unknown) =>
  encoded(fields[name], value)

/** The values that a table's own functions give to a new row, beside those that are given. */
export function withMade({ fields }: Resource, given: Record<string, unknown>): Record<string, unknown> {
  const values = { ...given }
  for (const { name, made } of Object.values(fields)) {
    const value = values[name] === undefined ? made?.() : undefined
    if (value !== undefined && !is(value, SQL)) values[name] = value
  }
  return values
}

/** What a write returns for the cache: 1, the key, and the columns that refer to other rows. */
export const returned = (resource: Resource): SQL =>
  sql.join(
    [sql`1`, ...[...resource.keys, ...resource.references].map((name) => columnName(resource, name))],
    sql`, `,
  )

/** Under which condition a row is inserted. Its name tells conditions of different texts apart. */
export interface Only {
  name: string
  where: SQL
  values: Values
}

/** The insert of one row of the engine's own. It returns what `returned` says. */
export function insertOf(resource: Resource, given: Record<string, unknown>, only?: Only): Statement {
  const values = withMade(resource, given)
  const names = Object.keys(values).filter((name) => values[name] !== undefined)
  const plan = planOf(resource, `own:insert:${names}${only ? `:${only.name}` : ""}`, () => {
    const columns = names.map((name) => columnName(resource, name))
    const bounds = names.map((name) => (only ? typedValue : boundValue)(resource, name))
    const list = sql.join(bounds, sql`, `)
    const rows = only ? sql`select ${list} where ${only.where}` : sql`values (${list})`
    return compile(
      sql`insert into ${tableOf(resource)} (${sql.join(columns, sql`, `)}) ${rows} returning ${returned(resource)}`,
    )
  })
  const encodedValues: Values = Object.fromEntries(
    names.map((name) => [name, columnValue(resource, name, values[name])]),
  ) as Values
  return { ...withValues(plan, { ...encodedValues, ...only?.values }), change: changeOf(resource, "insert") }
}
