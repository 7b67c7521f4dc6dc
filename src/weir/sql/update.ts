import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import { quotaAfter } from "./quota.ts"
import { updateRequirements } from "./requirements.ts"
import { oneVisible, returnedRow, writtenRow } from "./returning.ts"
import { tableOf, viewerSql } from "./where.ts"

/**
 * One row's update: `[body, primary key, …foreign keys]`, or no row where none of that key (bound as `id`) is the
 * viewer's to change, or a requirement does not hold. Fails where it moves the row to an owner whose quota is used up.
 */
export function compileUpdate(resource: Resource, kind: ViewerKind, columns: string[]): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const sets = columns.map((column) => sql`${sql.identifier(column)} = ${bound(column)}`)
  for (const field of Object.values(resource.fields))
    if (field.spec.auto === "updated") sets.push(sql`${sql.identifier(field.name)} = ${expressions.now()}`)
  const requirements = updateRequirements(resource, kind, columns)
  const allowed = conjunction([oneVisible(resource, row, viewer), ...requirements.map(({ holds }) => holds)])
  const quota = quotaAfter(resource, columns, row)
  const where = quota ? afterwards(resource, row, allowed, quota) : clause(allowed)
  return compile(
    sql`update ${tableOf(resource)} set ${sql.join(sets, sql`, `)} where ${where} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** The quota is asked of rows that are the viewer's to change alone: its failure would tell others that they are there. */
const afterwards = (resource: Resource, row: RowSql, allowed: SQL | boolean, quota: SQL): SQL =>
  sql`${row(resource.key)} = ${bound(ownValue.key)} and case when ${clause(allowed)} then ${quota} else ${clause(false)} end`
