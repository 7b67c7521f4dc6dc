import { sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import type { ViewerGuard, ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "./columns.ts"
import { compile, type Plan } from "./plan.ts"
import { withinQuota } from "./quota.ts"
import { createRequirements, type Made, nothingMade, required, typedValue } from "./requirements.ts"
import { returnedRow, writtenRow } from "./returning.ts"
import { viewerSql } from "./where.ts"

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
  { guard, made = nothingMade }: { guard?: ViewerGuard | undefined; made?: Made } = {},
): Plan {
  const row = writtenRow(resource)
  const signsUp = resource.holdsViewers && kind === "anonymous"
  const viewer: ViewerSql = signsUp ? { kind: "user", id: row(resource.keys[0] as string) } : viewerSql(kind)
  const names = [...columns, ...Object.keys(made.expressions)].map((column) => columnName(resource, column))
  const requirements = createRequirements(resource, kind, columns, chosen, made)
  const conditions = [guard?.where, required(requirements), withinQuota(resource, columns)].filter(
    (part) => part !== undefined,
  )
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
