import type { Change, Row, Statement } from "../db/driver.ts"
import { forbidden, notFound } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { exists } from "./access.ts"
import type { Call } from "./call.ts"
import { writeProblem } from "./conflicts.ts"

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

/** Runs a change of one row. Where no row was changed: 403 for one that the viewer can see, else 404. */
export async function changeOne(
  call: Call,
  resource: Resource,
  statement: Statement & { change: Change },
  id: Key,
  written: string[],
): Promise<Row> {
  let row: Row | undefined
  try {
    const results = await call.client().batch([statement])
    row = results[0]?.[0]
  } catch (error) {
    throw writeProblem(error, resource, written)
  }
  if (row) return row
  if (await exists(call, resource, id)) throw forbidden(`This row of ${resource.name} is not yours to change`)
  throw notFound()
}
