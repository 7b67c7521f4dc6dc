import { type MemberNames, onlyMembers } from "../lib/json-members.ts"
import { Problem } from "../problem.ts"
import type { PlacesWithin } from "../query/places-within.ts"
import type { Selection } from "../query/query.ts"
import { isRowAlone } from "../query/version.ts"
import type { RowKey } from "../resource/key.ts"
import { versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import type { Call } from "./call.ts"
import { read, selectionOf } from "./read.ts"
import { jsonOf, validatorOf } from "./validator.ts"

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
 * parameter, so that nothing is written then. The row is read after its commit; where it is gone by then, is no longer
 * the viewer's to see, or cannot be read in time, the answer has its own fields as they were written. So it has with `isStep`, which stands for a
 * step of a batch, where nothing else is asked for: later ones may have changed the row by then.
 */
export function shapeOf(
  call: Call,
  resource: Resource,
  search: string,
  isStep = call.collector !== undefined,
): Shape {
  if (search.length <= 1) return asWritten
  // Nothing is embedded that was not asked for.
  const asked = /[?&]include=/.test(search) ? search : `${search}&include=`
  const selection = selectionOf(call, resource, asked)
  const own: Shape = (_, body) => fieldsOf(call, resource, selection, body)
  if (isStep && isOwn(resource, selection)) return own
  return async (key, body) => {
    if (key === undefined) return own(key, body)
    try {
      const found = await read({ ...call, bypass: "no-store" }, resource, key, asked)
      return found.body
    } catch (error) {
      const isGone = error instanceof Problem && [401, 403, 404].includes(error.status)
      // The write is done: an answer that says otherwise would have it done twice.
      if (call.isRehearsal && !isGone) throw error
      if (!isGone)
        call.hooks?.noted(`What a write of ${resource.name} is answered with could not be read`, error)
      return own(key, body)
    }
  }
}

/** Whether a written row has all that is asked for: embeds are not in it, nor are values that must be asked for. */
const isOwn = ({ fields }: Resource, selection: Selection): boolean =>
  isRowAlone(selection) && ![...(selection.fields ?? [])].some((name) => fields[name]?.type.heavy)

/** The fields of a row that are asked for, by its text as a write returns it. */
async function fieldsOf(
  { viewer }: Call,
  resource: Resource,
  { fields, members, version }: Selection,
  text: string,
): Promise<string> {
  const row = jsonOf(text)
  if (!fields) return row
  const names = new Map<string, MemberNames>()
  for (const name of fields) if (name !== resource.document) names.set(name, namesIn(members.get(name) ?? []))
  // The members of a document stand beside the fields of its row, whose names come first.
  for (const [name, inner] of namesIn(members.get(resource.document ?? "") ?? []))
    if (!names.has(name)) names.set(name, inner)
  const part = onlyMembers(row, names, (name) => fields.has(name))
  if (!version) return part
  const tag = (await validatorOf(text, viewer)).slice(1, -1)
  return `${part.slice(0, -1)}${part.length > 2 ? "," : ""}"${versionName}":${JSON.stringify(tag)}}`
}

const namesIn = (places: PlacesWithin[]): MemberNames =>
  new Map(places.map(({ name, members }) => [name, namesIn(members)]))
