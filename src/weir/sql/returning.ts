import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { rowShape } from "./embed.ts"
import { bound, ownValue } from "./plan.ts"
import { asJson } from "./rendering.ts"
import { rowObject } from "./row.ts"
import { Aliases, tableOf } from "./where.ts"

const wholeRow = { fields: undefined, filters: [], includes: [] }

/** The row that a write is about, by its table's own name. */
export const writtenRow =
  (resource: Resource): RowSql =>
  (column) =>
    sql`${tableOf(resource)}.${sql.identifier(column)}`

/** The row as the viewer may see it, and its keys. */
export function returnedRow(resource: Resource, row: RowSql, viewer: ViewerSql): SQL {
  const context = { viewer, aliases: new Aliases(), rendering: asJson }
  const shape = rowShape(resource, wholeRow, row, context)
  return sql`${expressions.jsonText(rowObject(shape))}, ${returnedKeys(resource, row)}`
}

/** The primary key of a row, and its foreign keys: what the cache is invalidated by. */
export const returnedKeys = (resource: Resource, row: RowSql): SQL =>
  sql.join([resource.key, ...resource.references].map(row), sql`, `)

/**
 * The one row whose key is bound as `id`, if the viewer may see it. The key is always part of the predicate, so
 * that no rule can make a write touch a whole table.
 */
export const oneVisible = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  clause(conjunction([sql`${row(resource.key)} = ${bound(ownValue.key)}`, resource.rules.read(row, viewer)]))
