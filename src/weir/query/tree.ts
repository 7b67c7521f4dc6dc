import { parseExactly } from "../lib/exact-json.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import type { Condition, Quantifier } from "./condition.ts"
import { findPlace } from "./place.ts"
import { maxDepth } from "./query.ts"
import { maxFilters, type ParamReader } from "./reader.ts"
import { readOperators } from "./tree-operators.ts"

/** Most characters of a tree, most levels of it, and most parts of all of its `and` and `or`. */
const [maxText, maxLevels, maxParts] = [16_384, 8, 4 * maxFilters]

/** A tree of filters that is being read. */
export interface TreeReader {
  reader: ParamReader
  /** Relations that lead here, and levels of the tree around. */
  depth: number
  level: number
  /** Parts read so far. */
  count: { parts: number }
}

/** Reads a tree of filters from the text of its JSON. Without issues, it is one condition. */
export function readTree(reader: ParamReader, resource: Resource, at: string, text: string): Condition[] {
  if (text.length > maxText) {
    reader.issue(at, `may have ${maxText} characters at the most`, "too_many")
    return []
  }
  let tree: unknown
  try {
    tree = parseExactly(text)
  } catch {
    reader.issue(at, "is not JSON", "invalid_json")
    return []
  }
  reader.shape += "{"
  const condition = readNode({ reader, depth: 0, level: 1, count: { parts: 0 } }, resource, at, tree)
  reader.shape += "}"
  return condition ? [condition] : []
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype

function readNode(tree: TreeReader, resource: Resource, at: string, node: unknown): Condition | undefined {
  const { reader, level } = tree
  if (!isObject(node)) {
    reader.issue(at, "must be an object of filters", "invalid_value")
    return undefined
  }
  if (level > maxLevels) {
    reader.issue(at, `is deeper than ${maxLevels}`, "too_deep")
    return undefined
  }
  const parts: Condition[] = []
  reader.shape += "&("
  for (const [name, value] of Object.entries(node)) {
    if (!countPart(tree, at)) return undefined
    const part = readMember(
      { ...tree, level: level + 1 },
      resource,
      `${at}.${name.slice(0, 100)}`,
      name,
      value,
    )
    if (part) parts.push(part)
    if (reader.isFull) return undefined
  }
  reader.shape += ")"
  return { kind: "and", parts }
}

/** Counts a part of a tree; the first of too many is an issue. */
function countPart({ reader, count }: TreeReader, at: string): boolean {
  count.parts += 1
  if (count.parts === maxParts + 1) reader.issue(at, `has more than ${maxParts} parts`, "too_many")
  return count.parts <= maxParts
}

function readMember(
  tree: TreeReader,
  resource: Resource,
  at: string,
  name: string,
  value: unknown,
): Condition | undefined {
  const { reader } = tree
  if (name === "and" || name === "or") {
    if (!Array.isArray(value)) {
      reader.issue(at, "must be an array of objects of filters", "invalid_value")
      return undefined
    }
    reader.shape += `${name}[`
    const parts = value.map((part, i) =>
      countPart(tree, at) ? readNode(tree, resource, `${at}[${i}]`, part) : undefined,
    )
    reader.shape += "]"
    return { kind: name, parts: parts.filter((part) => part !== undefined) }
  }
  if (name === "not") {
    reader.shape += "!"
    const part = readNode(tree, resource, at, value)
    return part && { kind: "not", part }
  }
  return readName(tree, resource, at, name, value)
}

/** A field, a place in JSON, or a relation with what its rows must pass. */
function readName(
  tree: TreeReader,
  resource: Resource,
  at: string,
  name: string,
  value: unknown,
): Condition | undefined {
  const { reader } = tree
  const place = findPlace(reader, resource, name, tree.depth)
  if (place) return readOperators(reader, at, place, value)
  const relation = Object.hasOwn(resource.relations, name) ? resource.relations[name] : undefined
  if (!relation || tree.depth >= maxDepth) {
    reader.issue(at, `is not a field of ${resource.name} that you can read`, "unknown_field")
    return undefined
  }
  if (!reader.countSteps(relation.via ? 2 : 1)) {
    reader.issue(at, "is too much: the filters go through too many relations", "too_many")
    return undefined
  }
  return readRelation({ ...tree, depth: tree.depth + 1 }, relation, at, value)
}

const quantifiers: readonly Quantifier[] = ["some", "none", "every"]

function readRelation(
  tree: TreeReader,
  relation: Relation,
  at: string,
  value: unknown,
): Condition | undefined {
  const { reader } = tree
  const given = isObject(value) ? Object.keys(value) : []
  const named = quantifiers.filter(
    (one) => relation.kind === "many" && given.includes(one) && !hasName(reader, relation.target, one),
  )
  if (named.length === 0) return related(tree, relation, "some", at, value)
  if (named.length < given.length) {
    reader.issue(at, `may have ${quantifiers.join(", ")} alone`, "invalid_value")
    return undefined
  }
  const parts = named.map((one) =>
    related(tree, relation, one, `${at}.${one}`, (value as Record<string, unknown>)[one]),
  )
  return { kind: "and", parts: parts.filter((part) => part !== undefined) }
}

/** Whether the related rows have a field of that name, which comes first. */
const hasName = (reader: ParamReader, target: Resource, name: string): boolean =>
  target.document === undefined && findPlace(reader, target, name) !== undefined

function related(
  tree: TreeReader,
  relation: Relation,
  quantifier: Quantifier,
  at: string,
  value: unknown,
): Condition | undefined {
  tree.reader.shape += `${relation.name}:${quantifier}`
  const part = readNode(tree, relation.target, at, value)
  return part && { kind: "related", relation, quantifier, part }
}
