import type { Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Condition } from "./condition.ts"
import { type Filters, readFilters } from "./filters.ts"
import type { Parsed } from "./parse.ts"
import { ParamReader } from "./reader.ts"

/** The parameter that says how many rows a write may change. */
export const mostParam = "max_affected"

/** Most rows that a write by filters changes: as many by default, and as many where it asks for more. */
export const mostAffected = { byDefault: 1_000, atMost: 10_000 }

/** Which rows a write changes: those that pass the filters, if they are no more than `most`. */
export interface BulkQuery extends Filters {
  most: number
}

/**
 * Reads the query string of a write to the rows that its filters find. Throws a 422 that names every wrong parameter, and
 * for one without filters: it would change all rows.
 */
export function parseBulk(resource: Resource, viewer: ViewerKind, search: string): Parsed<BulkQuery> {
  const reader = new ParamReader(viewer, search)
  const most = reader.integer(mostParam, 1, mostAffected.atMost) ?? mostAffected.byDefault
  const filters = readFilters(reader, resource, "")
  if (filters.filters.length === 0 && filters.conditions.every(holdsAlways))
    reader.issue("filter", "is required: without one, all rows would be changed", "required")
  reader.finish()
  return { query: { ...filters, most }, values: reader.values, shape: reader.shape }
}

/** Whether a condition holds for every row, by its form: an empty one does. */
function holdsAlways(condition: Condition): boolean {
  if (condition.kind === "and") return condition.parts.every(holdsAlways)
  if (condition.kind === "or") return condition.parts.some(holdsAlways)
  return condition.kind === "not" && holdsNever(condition.part)
}

function holdsNever(condition: Condition): boolean {
  if (condition.kind === "and") return condition.parts.some(holdsNever)
  if (condition.kind === "or") return condition.parts.every(holdsNever)
  return condition.kind === "not" && holdsAlways(condition.part)
}
