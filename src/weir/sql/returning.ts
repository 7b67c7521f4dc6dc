import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { columnName, hasKey, tableOf } from "./columns.ts"
import { rowShape } from "./embed.ts"
import { asJson } from "./rendering.ts"
import { rowText } from "./row.ts"
import { Aliases } from "./where.ts"

const wholeRow = { fields: undefined, members: new Map(), filters: [], conditions: [], includes: [] }

/** The row that a write is about, by its table's own name. */
export const writtenRow = (resource: Resource): RowSql =>
  rowOf(resource, (column) => sql`${tableOf(resource)}.${columnName(resource, column)}`)

/** The row as the viewer may see it, and its keys. */
export function returnedRow(resource: Resource, row: RowSql, viewer: ViewerSql): SQL {
  const context = { viewer, aliases: new Aliases(), rendering: asJson }
  const shape = rowShape(resource, wholeRow, row, context)
  return sql`${expressions.jsonText(rowText(shape))}, ${returnedKeys(resource, row)}`
}

/**
 * The primary key of a row, and its foreign keys: what the cache is invalidated by. They are as in JSON; a key of several
 * columns is an array of JSON.
 */
export function returnedKeys(resource: Resource, row: RowSql): SQL {
  const value = (column: string): SQL => resource.fields[column]?.type.sql.json(row(column)) ?? row(column)
  const [key, ...others] = resource.keys
  const whole =
    key === undefined
      ? sql`null`
      : others.length
        ? expressions.jsonArray(resource.keys.map(value))
        : value(key)
  return sql.join([whole, ...[...resource.references].map(value)], sql`, `)
}

/**
 * The one row whose key is bound as `id`, if the viewer may see it. The key is always part of the predicate, so
 * that no rule can make a write touch a whole table.
 */
export const oneVisible = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  clause(conjunction([hasKey(resource, row), resource.rules.read(row, viewer)]))
