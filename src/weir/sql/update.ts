import { type SQL, sql } from "drizzle-orm"
import { expressions, historySql } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { boundValue, columnName, hasKey, tableOf } from "./columns.ts"
import { type Held, isStill } from "./held.ts"
import { compile, type Plan } from "./plan.ts"
import { quotaAfter } from "./quota.ts"
import { type Made, nothingMade, updateRequirements } from "./requirements.ts"
import { oneVisible, returnedRow, writtenRow } from "./returning.ts"
import { countedField, nextVersion } from "./validator.ts"
import { viewerSql } from "./where.ts"

/**
 * One row's update: `[body, primary key, …foreign keys]`, or no row where none of that key (bound as `id`) is the
 * viewer's to change, or a requirement does not hold. Fails where it moves the row to an owner whose quota is used up.
 * Nor is there one where the row is otherwise than `held`.
 */
export function compileUpdate(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  made: Made = nothingMade,
  held: Held = {},
): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const requirements = updateRequirements(resource, kind, columns, made)
  const allowed = conjunction([
    oneVisible(resource, row, viewer),
    ...isStill(resource, row, viewer, held),
    ...requirements.map(({ holds }) => holds),
  ])
  const quota = quotaAfter(resource, columns, row)
  const where = quota ? afterwards(resource, row, allowed, quota) : clause(allowed)
  return compile(
    sql`update ${tableOf(resource)} set ${assignments(resource, columns, made)} where ${where} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** What an update of these columns (bound by name) sets: them, and those that are set by themselves. */
export function assignments(resource: Resource, columns: string[], made: Made): SQL {
  const sets = [...columns, ...made.bound].map(
    (column) => sql`${columnName(resource, column)} = ${boundValue(resource, column)}`,
  )
  // A row that another transaction held has changed after it, as its versions say.
  const now = resource.history ? historySql.moment : expressions.now
  for (const field of Object.values(resource.fields))
    if (field.spec.auto === "updated") sets.push(sql`${columnName(resource, field.name)} = ${now()}`)
  const counted = countedField(resource)
  if (counted) sets.push(sql`${columnName(resource, counted.name)} = ${nextVersion(resource, counted)}`)
  for (const [column, expression] of Object.entries(made.expressions))
    sets.push(sql`${columnName(resource, column)} = ${expression}`)
  return sql.join(sets, sql`, `)
}

/** The quota is asked of rows that are the viewer's to change alone: its failure would tell others that they are there. */
const afterwards = (resource: Resource, row: RowSql, allowed: SQL | boolean, quota: SQL): SQL =>
  sql`${hasKey(resource, row)} and case when ${clause(allowed)} then ${quota} else ${clause(false)} end`
