import { isSortable, tellsApart } from "../resource/field.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { type Filters, readFilters } from "./filters.ts"
import { includeTree, type Tree } from "./include-tree.ts"
import { findPlace, placeText, stepsInto } from "./place.ts"
import { placeFields } from "./place-field.ts"
import { addPlace, isOfMembers } from "./places-within.ts"
import { type Include, type RowCount, type Selection, type SortKey, sortText } from "./query.ts"
import { maxPlaces, type ParamReader } from "./reader.ts"
import { isVersion } from "./version.ts"

/** Reads `fields`, filters if `filtered`, and `include` with the parameters behind its prefixes. */
export function readSelection(
  reader: ParamReader,
  resource: Resource,
  { filtered, byDefault }: { filtered: boolean; byDefault: string[] },
): Selection {
  const chosen = readFields(reader, resource, "fields")
  const conditions = filtered ? readFilters(reader, resource, "") : unfiltered
  const tree = includeTree(reader, resource, byDefault)
  return { ...chosen, ...conditions, ...readNodes(reader, tree, "include.") }
}

/** What a row embeds, and which related rows are counted: those that pass the filters behind the same prefix. */
function readNodes(
  reader: ParamReader,
  nodes: Map<string, Tree>,
  prefix: string,
): Pick<Selection, "includes" | "counts"> {
  const includes: Include[] = []
  const counts: RowCount[] = []
  for (const node of nodes.values()) {
    const { relation, embedded, counted, children } = node
    const include = embedded ? readInclude(reader, node, prefix) : undefined
    if (include) includes.push(include)
    if (!counted) continue
    reader.shape += `n:${relation.name}(`
    const within = `${prefix}${relation.name}.`
    const { filters, conditions } =
      include ?? readFilters(reader, relation.target, within, listsWithin(children))
    reader.shape += ")"
    counts.push({ relation, filters, conditions })
  }
  return { includes, ...(counts.length && { counts }) }
}

const unfiltered: Filters = { filters: [], conditions: [] }

/** How many rows `rows` rows are at the most with the lists that they embed. */
export const rowsWith = (rows: number, includes: Include[]): number =>
  includes.reduce((sum, { relation, limit, includes }) => {
    const embedded = rowsWith(rows * limit, includes)
    return sum + (relation.kind === "many" ? embedded : embedded - rows)
  }, rows)

/** Most sort keys: what a page compares with grows with their square. */
export const maxSortKeys = 20

/**
 * The sort keys; the primary key is always the last, so that the order is total. Of a table without one, all other
 * fields that the viewer may see come last.
 */
export function readSort(
  reader: ParamReader,
  resource: Resource,
  name: string,
  byDefault?: string,
): SortKey[] {
  const keys: SortKey[] = []
  for (const part of (reader.single(name) ?? (byDefault || undefined))?.split(",") ?? []) {
    if (keys.length >= maxSortKeys) {
      reader.issue(
        name,
        `may have ${maxSortKeys} keys at the most, of which a place in JSON is three`,
        "too_many",
      )
      break
    }
    const descending = part.startsWith("-")
    const found = sortKeys(reader, resource, descending ? part.slice(1) : part, descending)
    const [first] = found
    if (!first) reader.issue(name, `cannot sort by "${part.slice(0, 80)}"`, "unknown_field")
    else if (keys.some((key) => key.field.name === first.field.name))
      reader.issue(name, `names ${part.slice(0, 80)} twice`, "repeated")
    else keys.push(...found)
  }
  // The primary key makes the order total; further keys would change nothing.
  const [first] = resource.keys
  const end = resource.keys.length === 1 ? keys.findIndex((key) => key.field.name === first) : -1
  if (end >= 0) return keys.slice(0, end + 1)
  const last = resource.keys.length
    ? keyFields(resource)
    : Object.values(resource.fields).filter(
        (field) => tellsApart(field) && reader.field(resource, field.name),
      )
  const others = last.filter((field) => keys.every((key) => key.field !== field))
  // In one direction, an index of the key serves the order.
  const descending =
    keys.length > 0 && keys.every((key) => key.descending && resource.keys.includes(key.field.name))
  return [...keys, ...others.map((field) => ({ field, descending }))]
}

/** The keys of one name: a column, or the kind, the number and the text of a place in JSON. None where there is no such. */
function sortKeys(reader: ParamReader, resource: Resource, name: string, descending: boolean): SortKey[] {
  const place = findPlace(reader, resource, name)
  if (!place || place.through.length) return []
  const { field, members } = place
  if (!members) return isSortable(field) ? [{ field, descending }] : []
  const steps = stepsInto(reader, members)
  return placeFields(placeText(field, members)).map(({ part, field: key }) => ({
    field: key,
    descending,
    place: { of: field, steps, part },
  }))
}

function readInclude(reader: ParamReader, { relation, children }: Tree, parentPrefix: string): Include {
  const prefix = `${parentPrefix}${relation.name}.`
  const many = relation.kind === "many"
  const n = reader.nextBound()
  reader.shape += `i:${relation.name}(`
  let sort: SortKey[] = []
  let limit = 1
  let skip: number | undefined
  if (many) {
    limit = reader.integer(`${prefix}limit`, 0, relation.limit) ?? relation.limit
    skip = reader.integer(`${prefix}skip`, 0, Number.MAX_SAFE_INTEGER)
    reader.values[`s${n}`] = skip
    sort = readSort(reader, relation.target, `${prefix}sort`, relation.sort)
    reader.shape += `${sortText(sort)};${limit}${skip === undefined ? "" : "s"};`
  }
  const chosen = readFields(reader, relation.target, `${prefix}fields`)
  const conditions = many ? readFilters(reader, relation.target, prefix, listsWithin(children)) : unfiltered
  const embeds = readNodes(reader, children, prefix)
  reader.shape += ")"
  const skipped = skip === undefined ? undefined : `s${n}`
  return { ...chosen, ...conditions, ...embeds, relation, sort, limit, skip: skipped }
}

/** The paths of the lists below a node, such as `owner.items.`: what begins with one is a parameter of that list. */
const listsWithin = (children: Tree["children"]): string[] =>
  [...children.values()].flatMap(({ relation, children }) => {
    const inner = listsWithin(children).map((path) => `${relation.name}.${path}`)
    return relation.kind === "many" ? [`${relation.name}.`, ...inner] : inner
  })

/** The fields of an answer, and of which of them only some members. */
type Chosen = Pick<Selection, "fields" | "members" | "version">

function readFields(reader: ParamReader, resource: Resource, name: string): Chosen {
  const text = reader.single(name)
  if (text === undefined) return { fields: undefined, members: new Map() }
  const whole = new Set<string>()
  const members: Chosen["members"] = new Map()
  let version = false
  for (const part of text.split(",")) {
    if (isVersion(resource, part)) {
      version = true
      continue
    }
    const place = findPlace(reader, resource, part)
    if (place?.members && !reader.countPlace()) {
      reader.issue(name, `names more than ${maxPlaces} places in JSON`, "too_many")
      break
    }
    if (!place || !isOfMembers(place)) {
      const message = `"${part.slice(0, 80)}" is not a field of ${resource.name} that you can read`
      reader.issue(name, message, "unknown_field")
    } else if (place.members) {
      const known = members.get(place.field.name) ?? []
      members.set(place.field.name, known)
      addPlace(known, place.members, stepsInto(reader, place.members))
      reader.shape += `${JSON.stringify([place.field.name, ...place.members])};`
    } else whole.add(place.field.name)
  }
  for (const field of whole) members.delete(field)
  // In the table's order, so that the same fields in any order are one statement.
  const fields = Object.keys(resource.fields).filter((field) => whole.has(field) || members.has(field))
  reader.shape += `f:${fields.join(",")};${version ? "v;" : ""}`
  return { fields: new Set(fields), members, ...(version && { version }) }
}
