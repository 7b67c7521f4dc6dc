import { sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { hasKey, tableOf } from "./columns.ts"
import { compile, type Plan } from "./plan.ts"
import { Aliases, viewerSql } from "./where.ts"

/** Whether a row exists for the viewer: one row, or none. */
export function compileExists(resource: Resource, kind: ViewerKind): Plan {
  const { alias, row } = new Aliases().next(resource)
  const where = conjunction([hasKey(resource, row), resource.rules.read(row, viewerSql(kind))])
  return {
    ...compile(sql`select 1 from ${tableOf(resource)} ${alias} where ${clause(where)}`),
    bounded: true,
  }
}
