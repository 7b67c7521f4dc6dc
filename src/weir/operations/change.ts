import type { Change, Part } from "../db/driver.ts"
import { keyName, type RowKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"

/** One row as a part of its table, for the cache. */
export const partOf = ({ tableName, keys }: Resource, key: RowKey): Part => ({
  table: tableName,
  column: keys.join(","),
  value: keyName(key),
})

/**
 * Whether a key may be written in several ways, `1` for `1.0`: an answer that is kept under one is outdated by writes under
 * the others, so that it depends on the whole table.
 */
export const hasSpellings = ({ keys, fields }: Resource): boolean =>
  keys.some((key) => {
    const { type, sqlType = "" } = (fields[key] as Field).spec
    return manySpellings.has(type) || manySpellings.has(sqlType)
  })

/** Types of fields, and of columns of Postgres, whose equal values may be written differently. */
const manySpellings = new Set<string>(["opaque", "interval", "decimal", "citext", "bpchar"])

/** Whether a relation is over the only column of a key. */
export const isOnly = (keys: readonly string[], columns: readonly string[]): boolean =>
  keys.length === 1 && columns.length === 1 && keys[0] === columns[0]

/** Whether a relation is over a column that refers to other rows by itself. */
export const isReference = ({ references }: Resource, [column, ...others]: readonly string[]): boolean =>
  others.length === 0 && column !== undefined && references.has(column)

/** The description of a write, for the cache: `written` are the columns that an update sets. */
export function changeOf(
  resource: Resource,
  verb: Change["verb"],
  key?: RowKey,
  written: string[] = [],
): Change {
  const { tableName: table, references, fields } = resource
  const isUpdate = verb === "update"
  return {
    verb,
    table,
    ...(key === undefined ? {} : { row: partOf(resource, key) }),
    references: [...references],
    moves: isUpdate && written.some((name) => references.has(name)),
    cascades: isUpdate && written.some((name) => fields[name]?.unique),
  }
}
