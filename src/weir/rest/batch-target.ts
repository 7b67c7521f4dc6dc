import { Invalid } from "../fields/type.ts"
import { invalid, notFound } from "../problem.ts"
import { linkColumns } from "../resource/junction.ts"
import { keyFields, parseKey, type RowKey } from "../resource/key.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import type { Viewer } from "../resource/viewer.ts"
import { referenceSegment } from "./batch-references.ts"
import { isListedBelow } from "./below.ts"
import { namedKey, unnamed } from "./path-key.ts"

/** What an operation of a batch is about. */
export interface Target {
  resource: Resource
  /** The segments of the path behind the resource's name, but for its query string. */
  key: string | undefined
  /** The key where it comes as `?key=`. */
  named: string | undefined
  /** `batch`, `restore` or the name of a relation. */
  word: string | undefined
  relation: Relation | undefined
  /** The key of a link's target. */
  targetKey: string | undefined
  namedTarget: string | undefined
  /** With its `?`, or nothing, and without keys. */
  search: string
}

/** What a path names: by what is served, without its references. Throws a 404 for a path that nothing has. */
export function targetOf(path: string, resources: readonly Resource[]): Target {
  const [before = "", ...query] = path.split("?")
  const [first, key, word, targetKey, ...others] = before.replace(/\/$/, "").split("/").slice(1)
  const resource = resources.find(({ name }) => name === first)
  if (!resource || others.length) throw notFound()
  const search = query.length ? `?${query.join("?")}` : ""
  const relation =
    word !== undefined && Object.hasOwn(resource.relations, word) ? resource.relations[word] : undefined
  const isKnown = word === undefined || relation !== undefined || (word === "restore" && resource.softDelete)
  if (!isKnown || (targetKey !== undefined && !(relation && linkColumns(relation)))) throw notFound()
  if (key !== undefined && resource.keys.length === 0) throw notFound()
  if (relation && !isListedBelow({ relation, within: resource })) throw notFound()
  const named = key === undefined ? undefined : namedKey(resource, search, !relation || key === unnamed)
  const target = targetKey === undefined || !relation ? undefined : namedKey(relation.target, search, true)
  return {
    resource,
    key,
    named: named?.text,
    word,
    relation,
    targetKey,
    namedTarget: target?.text,
    search: (target ?? named)?.search ?? search,
  }
}

/** Reads the reference of a segment. */
type Referred = (reference: string, type: string) => unknown

/** The key of a row in a path: `me` is the viewer's own, and what stands in braces another operation's. */
export function keyIn(segment: string, resource: Resource, viewer: Viewer, referred: Referred): RowKey {
  if (segment === "me" && resource.holdsViewers && viewer.id !== undefined) return viewer.id
  const fields = keyFields(resource)
  const texts = fields.length === 1 ? [segment] : segment.split(",")
  const references = texts.map(decoded).map(referenceSegment)
  if (references.every((reference) => reference === undefined))
    return literalKey(texts.map(decoded), resource)
  if (texts.length !== fields.length) throw notFound()
  const parts = texts.map((text, i) => {
    const reference = references[i]
    const field = fields[i]
    if (reference === undefined || !field)
      return literalKey([decoded(text)], { ...resource, keys: [field?.name ?? ""] })
    return referred(reference, field.spec.type)
  })
  // A part that is known to the database alone stands in an array, as parts of keys do.
  return parts as unknown as RowKey
}

/** The key that texts are, one for each of its columns. */
export function literalKey(texts: string[], resource: Resource): RowKey {
  const key = parseKey(keyFields(resource), texts)
  if (key === null) throw notFound()
  if (!(key instanceof Invalid)) return key
  throw invalid("The operation is not valid", [{ path: "path", message: key.message, code: key.code }])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
