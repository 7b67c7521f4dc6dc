import { isPlainMember } from "../fields/json-places.ts"
import { stepsOf } from "../resource/junction.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import { maxDepth } from "./query.ts"
import type { ParamReader } from "./reader.ts"

/** Most steps into JSON: as deep as a document may be. */
const maxSteps = 32
/** Most characters of a member's name, and most digits of an element's index. */
const [maxName, maxIndex] = [100, 6]

/** What a name such as `owner.meta.size.width` leads to. */
export interface Place {
  /** The relations on the way. */
  through: Relation[]
  /** The resource at their end. */
  end: Resource
  field: Field
  /** The names of the members and the indexes of the elements, where it leads into the JSON of the field. */
  members: (string | number)[] | undefined
}

/** Finds what a name leads to, `around` relations deep: undefined for nothing that this viewer may read. */
export function findPlace(
  reader: ParamReader,
  resource: Resource,
  name: string,
  around = 0,
): Place | undefined {
  // The members of aggregates are called as they were asked for, `owner.role`.
  const named = name.includes(".") ? reader.field(resource, name) : undefined
  if (named) return { through: [], end: resource, field: named, members: undefined }
  const { through, end, rest, depth } = walk(resource, name.split("."))
  if (around + depth > maxDepth) return undefined
  const [first = "", ...inner] = rest
  const field = reader.field(end, first)
  if (field && first !== end.document) {
    if (inner.length === 0) return { through, end, field, members: undefined }
    const members = field.spec.type === "json" ? membersOf(inner) : undefined
    return members && { through, end, field, members }
  }
  if (rest.length === 1 && Object.hasOwn(end.relations, first)) return undefined
  const whole = end.document === undefined ? undefined : reader.field(end, end.document)
  const members = whole && membersOf(rest)
  return members && { through, end, field: whole, members }
}

/** Follows relations as far as names lead, but for the last name. */
function walk(
  resource: Resource,
  names: string[],
): { through: Relation[]; end: Resource; rest: string[]; depth: number } {
  const through: Relation[] = []
  let end = resource
  let depth = 0
  while (depth < names.length - 1) {
    const name = names[depth] as string
    const relation = Object.hasOwn(end.relations, name) ? end.relations[name] : undefined
    if (!relation) break
    through.push(...stepsOf(relation))
    end = relation.target
    depth++
  }
  return { through, end, rest: names.slice(depth), depth }
}

/** Members and indexes, where each is one that can be named. */
function membersOf(names: string[]): (string | number)[] | undefined {
  if (names.length > maxSteps || !names.every(isName)) return undefined
  return names.map((name) => (/^\d+$/.test(name) ? Number(name) : name))
}

const isName = (name: string): boolean =>
  name.length > 0 &&
  name.length <= maxName &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they cannot be told apart in a path
  !/["\\[\]\u0000-\u001f\u007f]/.test(name) &&
  name.isWellFormed() &&
  (!/^\d+$/.test(name) || name.length <= maxIndex)

/** A step into JSON: a member whose name a statement may say, an element's index, or a member whose name is bound. */
export type Step = string | number | { param: string }

/** The steps of a place, which is part of the statement's shape: names that are not plain are bound. */
export function stepsInto(reader: ParamReader, members: readonly (string | number)[]): Step[] {
  return members.map((member) => {
    if (typeof member === "number" || isPlainMember(member)) return member
    const param = `@j${reader.nextBound()}`
    reader.values[param] = member
    return { param }
  })
}

/** Whether the statement binds a name of the place. */
export const hasBound = ({ members = [] }: Pick<Place, "members">): boolean =>
  members.some((member) => typeof member === "string" && !isPlainMember(member))

/** The text of a place, as clients write it. */
export const placeText = ({ name }: Field, members: readonly (string | number)[]): string =>
  [name, ...members].join(".")
