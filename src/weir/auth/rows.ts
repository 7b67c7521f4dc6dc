import { is, SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import type { Values } from "../query/query.ts"
import type { Key } from "../resource/key.ts"
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

/** That both hold. */
export const both = (one: Only, other: Only | undefined): Only =>
  other
    ? {
        name: `${one.name}, ${other.name}`,
        where: sql`${one.where} and ${other.where}`,
        values: { ...one.values, ...other.values },
      }
    : one

/** That there is such a row. Of writes at once that ask for it, to change it, the others wait for the first. */
export const someRow = (resource: Resource, where: SQL): SQL =>
  sql`exists (select 1 from ${tableOf(resource)} where ${where}${expressions.forChange})`

/** That a row with such a value is there: what tells of its insert says nothing where it was not inserted. */
export const withRow = (resource: Resource, column: string, value: string): Only => ({
  name: `with:${resource.name}.${column}`,
  where: sql`exists (select 1 from ${tableOf(resource)} where ${columnName(resource, column)} = ${boundValue(resource, column, "@there")})`,
  values: { "@there": value },
})

/** The statement after which others that lock the rows of that account wait; none where there is one writer. */
export function accountLock(resource: Resource, account: Key): Statement[] {
  const { lockEach } = expressions
  if (!lockEach) return []
  const plan = planOf(resource, "own:lock", () => {
    const owner = sql`weir_owner`
    return compile(
      lockEach(
        `weir ${resource.name} `,
        owner,
        sql`(select ${typedValue(resource, "user_id")} as ${owner}) as owners`,
      ),
    )
  })
  return [withValues(plan, { user_id: columnValue(resource, "user_id", account) } as Values)]
}

/** That an account has fewer rows than `most`, of those that are `such`: inserts are counted in turn after `accountLock`. */
export const fewerThan = (resource: Resource, account: Key, most: number, such?: SQL): Only => ({
  name: `fewer:${most}`,
  where: sql`(select count(*) from ${tableOf(resource)} where ${columnName(resource, "user_id")} = ${boundValue(resource, "user_id", "@owner")}${such ? sql` and ${such}` : sql``}) < ${sql.raw(`${most}`)}`,
  values: { "@owner": columnValue(resource, "user_id", account) } as Values,
})

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
