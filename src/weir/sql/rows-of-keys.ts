import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import { bound, ownValue } from "./plan.ts"
import { writtenRow } from "./returning.ts"

/** The key of a row is one of those in a JSON array of arrays; `at` is where these have its parts. Default: they come first. */
export function isAmongKeys(resource: Resource, row: RowSql, list: SQL, at?: number[]): SQL {
  const fields = keyFields(resource)
  const own = fields.map(({ name }) => row(name))
  const parts = fields.map(({ type }, i) => type.sql.fromElement(sql`value`, at?.[i] ?? i))
  const [first, ...others] = own
  const isFirst = expressions.isAmong(
    first as SQL,
    sql`select ${parts[0]} from ${expressions.elements(list)}`,
  )
  if (others.length === 0) return isFirst
  const all = sql`(${sql.join(own, sql`, `)}) in (select ${sql.join(parts, sql`, `)} from ${expressions.elements(list)})`
  return sql`${isFirst} and ${all}`
}

/** Where the key stands among the columns of bound rows; undefined where the database makes it. */
export function keyPlaces({ keys }: Resource, columns: string[]): number[] | undefined {
  const places = keys.map((name) => columns.indexOf(name))
  return places.length && places.every((place) => place >= 0) ? places : undefined
}

/** The rows whose keys are in those that are bound as `@rows`, which have these columns. */
export function keysAmong(resource: Resource, columns: string[]): SQL | undefined {
  const places = keyPlaces(resource, columns)
  return places && isAmongKeys(resource, writtenRow(resource), bound(ownValue.rows), places)
}
