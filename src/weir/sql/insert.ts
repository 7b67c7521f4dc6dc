import { type SQL, sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import type { ViewerGuard, ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "./columns.ts"
import { compile, type Plan } from "./plan.ts"
import { withinQuota } from "./quota.ts"
import { createRequirements, type Made, nothingMade, required, typedValue } from "./requirements.ts"
import { returnedRow, writtenRow } from "./returning.ts"
import { signedUp, viewerSql } from "./where.ts"

interface CreateParts {
  guard?: ViewerGuard | undefined
  made?: Made
  /** The chosen fields that must name rows which the viewer may see. Default: all of them. */
  named?: string[]
  /** Columns whose values no other row may have together: where one does, nothing is inserted. */
  unless?: readonly string[] | undefined
}

/**
 * One row's insert: `[body, primary key, …foreign keys]`, as far as the viewer may see it. Values are bound by
 * column name. Who signs up sees its own row as that new viewer. No row where the guard does not hold. Fails where the
 * quota is used up, and where a requirement does not hold.
 */
export function compileCreate(
  resource: Resource,
  kind: ViewerKind,
  columns: string[],
  chosen: string[],
  { guard, made = nothingMade, unless, named }: CreateParts = {},
): Plan {
  const row = writtenRow(resource)
  const signsUp = resource.holdsViewers && kind === "anonymous"
  const viewer: ViewerSql = signsUp ? signedUp(row(resource.keys[0] as string)) : viewerSql(kind)
  const names = [...columns, ...Object.keys(made.expressions)].map((column) => columnName(resource, column))
  const requirements = createRequirements(resource, kind, columns, chosen, made, named)
  const rules = required(requirements)
  const quota = withinQuota(resource, columns)
  // What is there already must pass the rules, and counts for no quota.
  const own = unless ? [inTurn(rules, isNew(resource, unless), quota)] : [rules, quota]
  const conditions = [guard?.where, ...own].filter((part) => part !== undefined)
  const isSelect = conditions.length > 0
  const values = sql.join(
    [
      ...columns.map((column) => (isSelect ? typedValue(resource, column) : boundValue(resource, column))),
      ...Object.values(made.expressions),
    ],
    sql`, `,
  )
  const rows = isSelect
    ? sql`select ${values} where ${sql.join(conditions, sql` and `)}`
    : sql`values (${values})`
  const source = names.length ? sql`(${sql.join(names, sql`, `)}) ${rows}` : sql`default values`
  return compile(
    sql`insert into ${tableOf(resource)} ${source} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** Whether no row has the values that are bound for these columns. */
const isNew = (resource: Resource, columns: readonly string[]): SQL => {
  const row = writtenRow(resource)
  const same = columns.map((column) => sql`${row(column)} = ${typedValue(resource, column)}`)
  return sql`not exists (select 1 from ${tableOf(resource)} where ${sql.join(same, sql` and `)})`
}

/** Conditions of which each is computed only where those before it hold. */
const inTurn = (...parts: (SQL | undefined)[]): SQL =>
  parts
    .filter((part) => part !== undefined)
    .reduceRight((rest, part) => sql`case when ${part} then ${rest} else 1 = 0 end`)
