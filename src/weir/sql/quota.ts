import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/dialect/statement.ts"
import type { Values } from "../query/query.ts"
import type { Quota } from "../resource/quota.ts"
import type { Field, Resource } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import { boundValue, columnName, tableOf } from "./columns.ts"
import { bound, compile, planOf, withValues } from "./plan.ts"

/**
 * A condition that holds while rows with `value` in the quota's column are at most `most`; else its statement fails,
 * and with it the whole batch.
 */
function holds(resource: Resource, { column }: Quota, value: SQL, most: number): SQL {
  const limit = (rows: number) => sql.raw(`${rows}`)
  const rows = sql`select 1 from ${tableOf(resource)} where ${tableOf(resource)}.${columnName(resource, column)} = ${value} limit ${limit(most + 1)}`
  const failure = expressions.failure("quota", sql`n`)
  return sql`(select case when n <= ${limit(most)} then 1 else ${failure} end from (select count(*) as n from (${rows}) as found) as counted) = 1`
}

/** The condition of an insert whose values are bound by column name; undefined where it is not limited. */
export function withinQuota(resource: Resource, columns: string[]): SQL | undefined {
  const { quota } = resource
  if (!quota || !columns.includes(quota.column)) return undefined
  return holds(resource, quota, boundValue(resource, quota.column), quota.rows - 1)
}

/** The same of an update that gives a row to another owner. */
export function quotaAfter(resource: Resource, columns: string[], row: RowSql): SQL | undefined {
  const holds = withinQuota(resource, columns)
  const { quota } = resource
  // Not an `or`: SQLite may compute both of its sides.
  return (
    holds &&
    quota &&
    sql`case when ${row(quota.column)} = ${boundValue(resource, quota.column)} then 1 = 1 else ${holds} end`
  )
}

/** Statements around those that insert rows, in one transaction. */
interface QuotaStatements {
  before: Statement[]
  after: Statement[]
}

/** The statements around inserts of many rows each, whose own conditions would not see each other's rows. */
export function quotaOfRows(resource: Resource, rows: Values[]): QuotaStatements {
  const { quota } = resource
  if (!quota) return { before: [], after: [] }
  const owners = ownersOf(quota, rows)
  const field = resource.fields[quota.column] as Field
  const from = sql`select ${field.type.sql.fromElement(sql`value`, 0)} as weir_owner from ${expressions.elements(bound("owners"))}`
  return around(resource, quota, from, { owners })
}

/** The same for the rows that a staging table holds. */
export function quotaOfStaged(resource: Resource, staging: SQL, shapes: string[]): QuotaStatements {
  const { quota } = resource
  const selects = shapes.flatMap((shape) => {
    const index = quota ? shape.split(",").indexOf(quota.column) : -1
    if (!quota || index < 0) return []
    const { fromElement } = (resource.fields[quota.column] as Field).type.sql
    return [
      sql`select ${fromElement(sql`"array"`, index)} as weir_owner from ${staging} where shape = ${sql.raw(`'${shape}'`)}`,
    ]
  })
  if (!quota || selects.length === 0) return { before: [], after: [] }
  return around(resource, quota, sql.join(selects, sql` union `), {})
}

function around(resource: Resource, quota: Quota, owners: SQL, values: Values): QuotaStatements {
  const distinct = sql`(select distinct weir_owner from (${owners}) as named order by weir_owner) as owners`
  const check = sql`select 1 from ${distinct} where not ${holds(resource, quota, sql`weir_owner`, quota.rows)}`
  const lock = lockOf(resource, quota, distinct)
  return {
    before: lock ? [withValues(compile(lock), values)] : [],
    after: [withValues(compile(check), values)],
  }
}

/** The statements before the writes of rows: on Postgres, those for one owner wait for each other. */
export function quotaLocks(resource: Resource, rows: Values[]): Statement[] {
  const { quota } = resource
  if (!quota || !expressions.lockEach || rows.every((row) => row[quota.column] === undefined)) return []
  const plan = planOf(resource, "quota:lock", () => {
    const { fromElement } = (resource.fields[quota.column] as Field).type.sql
    const owners = sql`(select ${fromElement(sql`value`, 0)} as weir_owner from ${expressions.elements(bound("owners"))} order by 1) as owners`
    return compile(lockOf(resource, quota, owners) as SQL)
  })
  const owners = ownersOf(quota, rows)
  const claims = (JSON.parse(owners) as unknown[]).map((owner) => `quota of ${resource.name} ${owner}`)
  return [{ ...withValues(plan, { owners }), claims }]
}

const lockOf = (resource: Resource, { column }: Quota, owners: SQL): SQL | undefined =>
  expressions.lockEach?.(`weir quota ${resource.name}.${column} `, sql`weir_owner`, owners)

/** The different values of the quota's column in rows, as a JSON array of arrays. */
function ownersOf({ column }: Quota, rows: Values[]): string {
  const values = new Set(
    rows
      .map((row) => row[column])
      // Of an owner that the same transaction makes, nobody else creates rows.
      .filter((value) => value !== undefined && value !== null && typeof value !== "object"),
  )
  return JSON.stringify([...values].map((value) => [value]))
}
