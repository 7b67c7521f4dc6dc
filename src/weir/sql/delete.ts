import { sql } from "drizzle-orm"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { type Held, isStill } from "./held.ts"
import { compile, type Plan } from "./plan.ts"
import { oneVisible, returnedKeys, writtenRow } from "./returning.ts"
import { viewerSql } from "./where.ts"

/** A row that the viewer may see: 1 where it is the viewer's to delete, else 0. */
export function compileDeletable(resource: Resource, kind: ViewerKind): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const holds = clause(resource.rules.delete(row, viewer))
  const visible = oneVisible(resource, row, viewer)
  return {
    ...compile(sql`select case when ${holds} then 1 else 0 end from ${tableOf(resource)} where ${visible}`),
    bounded: true,
  }
}

/**
 * One row's delete: `[1, primary key, …foreign keys]`, or no row where none of that key (bound as `id`) is the
 * viewer's to delete, or it is otherwise than `held`.
 */
export function compileDelete(resource: Resource, kind: ViewerKind, held: Held = {}): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([
    oneVisible(resource, row, viewer),
    ...isStill(resource, row, viewer, held),
    resource.rules.delete(row, viewer),
  ])
  return compile(
    sql`delete from ${tableOf(resource)} where ${clause(where)} returning 1, ${returnedKeys(resource, row)}`,
  )
}
