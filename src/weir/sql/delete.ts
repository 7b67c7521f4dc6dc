import { sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { compile, type Plan } from "./plan.ts"
import { oneVisible, returnedKeys, writtenRow } from "./returning.ts"
import { viewerSql } from "./where.ts"

/**
 * One row's delete: `[1, primary key, …foreign keys]`, or no row where none of that key (bound as `id`) is the
 * viewer's to delete.
 */
export function compileDelete(resource: Resource, kind: ViewerKind): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([oneVisible(resource, row, viewer), resource.rules.delete(row, viewer)])
  return compile(
    sql`delete from ${tableOf(resource)} where ${clause(where)} returning 1, ${returnedKeys(resource, row)}`,
  )
}
