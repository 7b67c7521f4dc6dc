import { Invalid } from "../fields/type.ts"
import type { AppContext } from "../http/context.ts"
import { searchOf } from "../http/query-string.ts"
import { requireOpen } from "../operations/access.ts"
import type { Call } from "../operations/call.ts"
import { invalid, notFound } from "../problem.ts"
import { type Key, keyFields, keySegment, parseKey, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { signedIn } from "../resource/rules.ts"

/** The parameter with the key of a row that no segment of a path can name. */
const param = "key"

/** The segment that stands for a key which comes as a parameter. */
export const unnamed = "-"

/** Whether a key is one text: it may be empty, a dot, or a word that paths have for something else. */
export const isText = (resource: Resource): boolean => {
  const [field, ...others] = keyFields(resource)
  return field !== undefined && others.length === 0 && typeof field.type.parse("-") === "string"
}

/** The segment of a key as the document has it: `{id}`, or `{house},{number}`. */
export const keyTemplate = ({ keys }: Pick<Resource, "keys">): string =>
  keys.map((key) => `{${key}}`).join(",")

/** A row as its path and query string name it. */
export interface PathKey {
  key: RowKey
  /** The query string without the key, with its `?`, or nothing. */
  search: string
}

/** Where in the path a key stands, and whether it may come as `?key=` instead. */
interface Place {
  segment?: number
  named?: boolean
}

/**
 * The key in the path, or a 422. Where the rows are the viewers, `me` is the viewer's own. A text that the path cannot
 * hold comes as `?key=`.
 */
export function pathKeyOf(
  c: AppContext,
  call: Call,
  resource: Resource,
  { segment: place = 2, named: mayBeNamed = true }: Place = {},
): PathKey {
  const search = searchOf(c)
  const segment = c.req.path.split("/")[place] ?? ""
  const named = namedKey(resource, search, mayBeNamed || segment === unnamed)
  if (named)
    return { key: required(resource, parseKey(keyFields(resource), [named.text])), search: named.search }
  if (segment === "me" && resource.holdsViewers) {
    requireOpen(call, signedIn)
    return { key: call.viewer.id as Key, search }
  }
  const texts = resource.keys.length === 1 ? [segment] : segment.split(",")
  return { key: required(resource, parseKey(keyFields(resource), texts.map(decoded))), search }
}

/**
 * The text of a key that comes as `?key=`, and the query string without it. Below a row, `key` may be a filter of what is
 * listed there: it `mayBeNamed` then only where the path has no key.
 */
export function namedKey(
  resource: Resource,
  search: string,
  mayBeNamed: boolean,
): { text: string; search: string } | undefined {
  if (search.length <= 1 || !mayBeNamed || !isText(resource)) return undefined
  const params = new URLSearchParams(search)
  const [text, ...others] = params.getAll(param)
  if (text === undefined || others.length) return undefined
  params.delete(param)
  return { text, search: `?${params}` }
}

function required(resource: Resource, key: RowKey | null | Invalid): RowKey {
  if (key instanceof Invalid)
    throw invalid(`The ${resource.keys.join(",")} in the path is not valid`, [
      { path: resource.keys.join(","), message: key.message, code: key.code },
    ])
  if (key === null) throw notFound()
  return key
}

function decoded(text: string): string {
  if (!text.includes("%")) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Segments that are no key in a path: it would end there, be another, or be a route of its own. */
const special = new Set(["", ".", "..", "batch"])

/** The path of a row, below that of its resource. */
export function rowPath(resource: Resource, key: RowKey): string {
  const text = typeof key === "object" ? undefined : String(key)
  if (text !== undefined && (special.has(text) || (text === "me" && resource.holdsViewers)))
    return `/${resource.name}/${unnamed}?${param}=${encodeURIComponent(text)}`
  return `/${resource.name}/${keySegment(key)}`
}
