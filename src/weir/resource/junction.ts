import { isKey, oppositeKey } from "./key.ts"
import { pascal } from "./names.ts"
import type { EmbedOptions, JunctionEmbed, Relation, Resource } from "./resource.ts"

/**
 * An embed of many to many: rows that a junction links. The first name is the relation from this table to the junction,
 * the second that from the junction to the rows. The junction must be a resource: its rules say who sees, makes and
 * removes links.
 *
 * @example embed: { tags: through("taskTags", "tag") }
 */
export const throughJunction = (
  toJunction: string,
  toTarget: string,
  options: EmbedOptions = {},
): JunctionEmbed => ({ ...options, junction: [toJunction, toTarget] })

/** Whether an embed is one of many to many. */
export const isJunctionEmbed = (options: EmbedOptions | JunctionEmbed): options is JunctionEmbed =>
  "junction" in options

/** Finds a relation of a resource to another by its name. */
type Find = (resource: Resource, name: string) => Relation | undefined

/** Resolves an embed of many to many. Throws one line that names the wrong step. */
export function manyToMany(
  source: Resource,
  name: string,
  { junction: [first, second] }: JunctionEmbed,
  find: Find,
): Relation {
  const where = `${source.name}: embed "${name}" goes through "${first}"`
  const toJunction = find(source, first)
  if (!toJunction)
    throw new Error(
      `${where}, which is no relation of ${source.name} to a resource: the junction must be one, since its rules say who sees a link`,
    )
  const junction = toJunction.target
  const toTarget = find(junction, second)
  if (!toTarget)
    throw new Error(`${where} to "${second}", which is no relation of ${junction.name} to a resource`)
  if (toJunction.kind !== "many")
    throw new Error(`${where}, which leads to one row: a junction has many rows of one of ${source.name}`)
  if (toTarget.kind !== "one")
    throw new Error(`${where} to "${second}", which leads to many rows: a row of a junction leads to one`)
  return {
    ...toJunction,
    target: toTarget.target,
    foreign: toTarget.foreign,
    isUnique: false,
    via: { toJunction, toTarget },
  }
}

/** The relations that a relation is made of: that to the junction and that from it, or itself. */
export const stepsOf = (relation: Relation): Relation[] =>
  relation.via ? [relation.via.toJunction, relation.via.toTarget] : [relation]

/** The columns of a junction that name one row of each side, each in the order of its key. */
export interface LinkColumns {
  junction: Resource
  source: readonly string[]
  target: readonly string[]
}

/**
 * Where a link is one row of the junction that the keys of both sides name: its columns. Undefined for a relation over
 * other columns.
 */
export function linkColumns({ source, target, via }: Relation): LinkColumns | undefined {
  if (!via) return undefined
  const { toJunction, toTarget } = via
  if (!isKey(source.keys, toJunction.local) || !isKey(target.keys, toTarget.foreign)) return undefined
  return {
    junction: toJunction.target,
    source: oppositeKey(source.keys, toJunction.local, toJunction.foreign),
    target: oppositeKey(target.keys, toTarget.foreign, toTarget.local),
  }
}

/** The parameters of a path for the key of a link's target: the junction's columns, where its parent has none so called. */
export function targetParams({ source, target }: Relation, columns: LinkColumns): string[] {
  const taken = new Set(source.keys)
  return columns.target.map((column, i) => {
    let name = column
    if (taken.has(name)) name = target.singular + pascal(target.keys[i] as string)
    while (taken.has(name)) name += "_"
    taken.add(name)
    return name
  })
}
