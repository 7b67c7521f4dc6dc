import type { Change } from "../db/driver.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"

/** The description of a write, for the cache: `written` are the columns that an update sets. */
export function changeOf(resource: Resource, verb: Change["verb"], id?: Key, written: string[] = []): Change {
  const { name: table, key: column } = resource
  return {
    verb,
    table,
    ...(id === undefined ? {} : { row: { table, column, value: id } }),
    references: [...resource.references],
    moves: verb === "update" && written.some((name) => resource.references.has(name)),
  }
}
