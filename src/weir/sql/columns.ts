import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Value } from "../db/dialect/statement.ts"
import { LaterValue } from "../lib/later-value.ts"
import type { Values } from "../query/query.ts"
import { keyFields, keyParts, type RowKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import { bound, ownValue } from "./plan.ts"

/** The table of a resource, unaliased. */
export const tableOf = ({ table }: Resource): SQL => sql`${table}`

/** The name of a field's column, as SQL writes it. */
export const columnName = ({ fields }: Resource, field: string): SQL =>
  sql`${sql.identifier(fields[field]?.column.name ?? field)}`

/** A value of a field that is bound by the field's name, or by another. */
export const boundValue = ({ fields }: Resource, field: string, name = field): SQL =>
  fields[field]?.type.sql.bind(bound(name)) ?? bound(name)

/** A value as it is bound; one that is made later stays what it is. */
export const encoded = (field: Field | undefined, value: unknown): Value =>
  value instanceof LaterValue
    ? (value as unknown as Value)
    : (field?.type.sql.encode(value) ?? (value as Value))

/** The names by which the parts of a key are bound. */
const partName = (name: string, i: number): string => (i === 0 ? name : `${name}${i}`)

/** The values of a key, by the names that `hasKey` binds. */
export function keyValues(resource: Resource, key: RowKey, name: string = ownValue.key): Values {
  const fields = keyFields(resource)
  const values: Values = {}
  for (const [i, part] of keyParts(key).entries()) values[partName(name, i)] = encoded(fields[i], part)
  return values
}

/** The condition that a row has the key that is bound, in these columns of it: by default, those of its key. */
export function hasKey(
  resource: Resource,
  row: RowSql,
  name: string = ownValue.key,
  columns: readonly string[] = resource.keys,
): SQL {
  const parts = columns.map(
    (column, i) => sql`${row(column)} = ${boundValue(resource, column, partName(name, i))}`,
  )
  return parts.length === 1 ? (parts[0] as SQL) : sql.join(parts, sql` and `)
}

/** The key of a row as the text of a JSON array, whose elements are those of bound arrays. */
export const keyArray = (resource: Resource, row: RowSql): SQL =>
  expressions.jsonArray(
    keyFields(resource).map(({ name, type }) => type.sql.element?.(row(name)) ?? row(name)),
  )

/** What tells the rows of an alias apart, for reading some of them by it: the key, or the database's own number. */
export function rowKey({ keys, fields, hasRowNumber }: Resource, alias: SQL, row: RowSql): SQL[] {
  const [key] = keys
  // A whole number is the database's own number, or found as quickly.
  const isNumber =
    keys.length === 1 && key !== undefined && /^(id|integer)$/.test(fields[key]?.spec.type ?? "")
  return keys.length && (isNumber || !hasRowNumber) ? keys.map(row) : [expressions.rowNumber(alias)]
}
