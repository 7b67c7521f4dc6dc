import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { columnName, hasKey, tableOf } from "./columns.ts"
import { wholeShape } from "./embed.ts"
import { rowText } from "./row.ts"
import { Aliases } from "./where.ts"

/** The row that a write is about, by its table's own name. */
export const writtenRow = (resource: Resource): RowSql =>
  rowOf(resource, (column) => sql`${tableOf(resource)}.${columnName(resource, column)}`)

/** The row as the viewer may see it, and its keys. */
export const returnedRow = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  sql`${wholeText(resource, row, viewer)}, ${returnedKeys(resource, row)}`

/** The text of a row as its viewer may see it, without embeds: what its validator is made of. */
export function wholeText(
  resource: Resource,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases = new Aliases(),
): SQL {
  return expressions.jsonText(rowText(wholeShape(resource, row, { viewer, aliases })))
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
