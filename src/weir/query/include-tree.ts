import type { Relation, Resource } from "../resource/resource.ts"
import { maxDepth } from "./query.ts"
import type { ParamReader } from "./reader.ts"

/** The relations to embed, as a tree. */
export interface Tree {
  relation: Relation
  children: Map<string, Tree>
  /** Whether its rows are embedded, and whether they are counted. */
  embedded: boolean
  counted: boolean
}

/** The last name of a path whose rows are counted, `items.count()`. */
const count = "count()"

/** The member of a row that holds how many related rows there are. */
export const countName = ({ name }: Relation): string => `${name}_count`

/** Reads `include=owner,items.owner,items.count()`. */
export function includeTree(reader: ParamReader, resource: Resource, byDefault: string[]): Map<string, Tree> {
  const text = reader.single("include")
  const paths = text === undefined ? byDefault : text === "" ? [] : text.split(",")
  const root: Map<string, Tree> = new Map()
  for (const path of paths) {
    const names = path.split(".")
    const counted = names.length > 1 && names.at(-1) === count
    if (counted) names.pop()
    if (names.length > maxDepth) {
      reader.issue("include", `"${path.slice(0, 80)}" is deeper than ${maxDepth}`, "too_deep")
      continue
    }
    addPath(reader, root, resource, names, counted)
  }
  return root
}

function addPath(
  reader: ParamReader,
  root: Map<string, Tree>,
  resource: Resource,
  names: string[],
  counted: boolean,
): void {
  let level = root
  let at = resource
  for (const [i, name] of names.entries()) {
    const relation = Object.hasOwn(at.relations, name) ? at.relations[name] : undefined
    if (!relation) {
      const message = `"${name.slice(0, 80)}" cannot be included in ${at.name}`
      reader.issue("include", message, "unknown_relation")
      return
    }
    const node = level.get(name) ?? { relation, children: new Map(), embedded: false, counted: false }
    const isCounted = counted && i === names.length - 1
    if (isCounted && !isCountable(reader, at, relation)) return
    if (isCounted) node.counted = true
    else node.embedded = true
    level.set(name, node)
    level = node.children
    at = relation.target
  }
}

/** Whether a row can have a count of related rows. */
function isCountable(
  reader: ParamReader,
  { name, fields, relations }: Resource,
  relation: Relation,
): boolean {
  const called = countName(relation)
  if (relation.kind === "one")
    reader.issue(
      "include",
      `"${relation.name}" of ${name} is one row, which is not counted`,
      "unknown_relation",
    )
  else if (Object.hasOwn(fields, called) || Object.hasOwn(relations, called))
    reader.issue("include", `${name} has a member called ${called} already`, "conflict")
  else return true
  return false
}
