import type { Include, ListQuery } from "../query/query.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"

/**
 * Whether the rows that a page visits are bounded by its limits, whatever the values and however large the table: it
 * is read in the order of its key, or by an indexed reference in that order, and no condition rejects rows.
 */
export function isBoundedList(query: ListQuery): boolean {
  const { resource, viewer, parent, filters, sort, count, skip } = query
  const inKeyOrder = sort.length === 1
  const byReference = !parent || isIndexed(parent)
  return (
    inKeyOrder &&
    byReference &&
    !count &&
    !skip &&
    filters.length === 0 &&
    isOpenToAll(resource.rules.read, viewer) &&
    query.includes.every((include) => isBoundedInclude(include, viewer))
  )
}

/** Whether each row that embeds this one visits a bounded number of rows for it. */
export function isBoundedInclude(include: Include, kind: ViewerKind): boolean {
  const { relation, filters, sort, skip } = include
  const one = relation.kind === "one"
  const list =
    sort.length === 1 &&
    skip === undefined &&
    filters.length === 0 &&
    isOpenToAll(relation.target.rules.read, kind)
  return (
    isIndexed(relation) && (one || list) && include.includes.every((inner) => isBoundedInclude(inner, kind))
  )
}

/** Whether the related rows are found by the target's key, or by a reference, which has an index. */
const isIndexed = ({ target, foreign }: Relation): boolean => hasIndex(target, foreign)

const hasIndex = (resource: Resource, column: string): boolean =>
  column === resource.key || resource.references.has(column)
