import { Problem } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Call } from "./call.ts"
import { checkOne, read } from "./read.ts"
import { jsonOf } from "./validator.ts"

/** What a write is answered with: the written row, in the shape that its query string asks for. */
export type Shape = (key: RowKey | undefined, body: string) => Promise<string>

/**
 * The rows of a write in their shape: one after the other, since they share the connection of the request; of a rehearsal
 * together, so that the write is repeated once for all.
 */
export async function allShaped<Row>(
  { isRehearsal }: Call,
  rows: readonly Row[],
  shape: (row: Row) => Promise<string>,
): Promise<string[]> {
  if (isRehearsal) return Promise.all(rows.map(shape))
  const bodies: string[] = []
  for (const row of rows) bodies.push(await shape(row))
  return bodies
}

const asWritten: Shape = async (_, body) => jsonOf(body)

/**
 * Reads the query string of a write, `fields` and `include` as those of a single read. Throws a 422 that names every wrong
 * parameter, so that nothing is written then. The row is read after its commit; where it is gone by then, or is no longer
 * the viewer's to see, the answer is the row as it was written.
 */
export function shapeOf(call: Call, resource: Resource, search: string): Shape {
  if (search.length <= 1) return asWritten
  // Nothing is embedded that was not asked for.
  const asked = /[?&]include=/.test(search) ? search : `${search}&include=`
  checkOne(call, resource, asked)
  return async (key, body) => {
    if (key === undefined) return jsonOf(body)
    try {
      const found = await read({ ...call, bypass: "no-store" }, resource, key, asked)
      return found.body
    } catch (error) {
      if (error instanceof Problem && [401, 403, 404].includes(error.status)) return jsonOf(body)
      throw error
    }
  }
}
