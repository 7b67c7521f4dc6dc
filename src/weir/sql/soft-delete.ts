import { sql } from "drizzle-orm"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { SoftlyDeleted } from "../resource/soft-delete.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { hasKey, tableOf } from "./columns.ts"
import { type Held, isStill } from "./held.ts"
import { compile, type Plan } from "./plan.ts"
import type { Made } from "./requirements.ts"
import { oneVisible, returnedKeys, returnedRow, writtenRow } from "./returning.ts"
import { assignments } from "./update.ts"
import { viewerSql } from "./where.ts"

/**
 * One row's soft delete, whose time is bound by its column's name: `[1, primary key, …foreign keys]`, or no row where
 * none of that key (bound as `id`) is the viewer's to delete, or it is otherwise than `held`.
 */
export function compileSoftDelete(
  resource: SoftlyDeleted,
  kind: ViewerKind,
  made: Made,
  held: Held = {},
): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([
    oneVisible(resource, row, viewer),
    ...isStill(resource, row, viewer, held),
    resource.rules.delete(row, viewer),
  ])
  const sets = assignments(resource, [resource.softDelete.field.name], made)
  return compile(
    sql`update ${tableOf(resource)} set ${sets} where ${clause(where)} returning 1, ${returnedKeys(resource, row)}`,
  )
}

/**
 * One row's restoration, with null bound by its column's name: `[body, primary key, …foreign keys]`, or no row where none
 * of that key (bound as `id`) is deleted and the viewer's to restore.
 */
export function compileRestore(resource: SoftlyDeleted, kind: ViewerKind, made: Made): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const where = conjunction([isDeleted(resource, row, viewer), resource.rules.restore(row, viewer)])
  const sets = assignments(resource, [resource.softDelete.field.name], made)
  return compile(
    sql`update ${tableOf(resource)} set ${sets} where ${clause(where)} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** Whether a deleted row exists that the viewer could see otherwise: one row, or none. */
export function compileDeleted(resource: SoftlyDeleted, kind: ViewerKind): Plan {
  const where = clause(isDeleted(resource, writtenRow(resource), viewerSql(kind)))
  return { ...compile(sql`select 1 from ${tableOf(resource)} where ${where}`), bounded: true }
}

/** The row has the key that is bound, is deleted, and would be the viewer's to see. */
const isDeleted = (resource: SoftlyDeleted, row: RowSql, viewer: ViewerSql) =>
  conjunction([
    hasKey(resource, row),
    resource.softDelete.read(row, viewer),
    sql`${row(resource.softDelete.field.name)} is not null`,
  ])
