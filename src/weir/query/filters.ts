import { parsePlaceOperand, textOperand } from "../fields/json-places.ts"
import type { Operator } from "../fields/operators.ts"
import { quotedParts } from "../lib/list-parts.ts"
import { isReserved } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import { compareColumn, compareNull, comparePlace, hasOperator } from "./comparison.ts"
import type { Condition } from "./condition.ts"
import { findPlace, type Place } from "./place.ts"
import type { Filter } from "./query.ts"
import type { ParamReader } from "./reader.ts"
import { readTree } from "./tree.ts"

/** Filters that all must hold: of columns, and conditions of any other kind. */
export interface Filters {
  filters: Filter[]
  conditions: Condition[]
}

const filterName = /^(.*?)(?:\[(\w+)\])?$/s

/**
 * The filters behind a prefix: `price[gte]=10`, through relations `owner.username=ann`, into JSON `meta.color=red`, and
 * the tree `filter={…}`. Parameters that are no filters stay unused, and so do those behind the longer prefixes of
 * `lists`, the lists that are embedded within.
 */
export function readFilters(
  reader: ParamReader,
  resource: Resource,
  prefix: string,
  lists: string[] = [],
): Filters {
  const filters: Filter[] = []
  const conditions: Condition[] = []
  const tree = reader.single(`${prefix}filter`)
  if (tree !== undefined) conditions.push(...readTree(reader, resource, `${prefix}filter`, tree))
  for (const [name, texts] of reader.params) {
    if (reader.isUsed(name) || !name.startsWith(prefix)) continue
    const rest = name.slice(prefix.length)
    if (lists.some((list) => rest.startsWith(list))) continue
    const [, path = "", operator = "eq"] = filterName.exec(rest) ?? []
    const place = findPlace(reader, resource, path)
    if (!place || (path === rest && isOfList(rest, place))) continue
    reader.use(name)
    if (!hasOperator(reader, name, place, operator)) continue
    for (const text of texts) {
      const found = readFilter(reader, name, place, operator as Operator, text)
      filters.push(...found.filters)
      conditions.push(...found.conditions)
      if (reader.isFull) return { filters, conditions }
    }
  }
  return { filters, conditions }
}

/** Whether a name that leads into a document is a list's parameter, or that of an embed: `[eq]` after it tells them apart. */
const isOfList = (name: string, { through, end, field, members }: Place): boolean =>
  through.length === 0 &&
  field.name === end.document &&
  (name.startsWith("include.") || (members?.length === 1 && isReserved(String(members[0]))))

const none: Filters = { filters: [], conditions: [] }

function readFilter(
  reader: ParamReader,
  name: string,
  place: Place,
  operator: Operator,
  text: string,
): Filters {
  if (operator === "is_null" || operator === "exists") {
    if (text !== "true" && text !== "false") {
      reader.issue(name, "must be true or false", "invalid_boolean")
      return none
    }
    const filter = compareNull(reader, name, place, operator, text === "true")
    if (!filter) return none
    return filter.place
      ? { filters: [], conditions: [{ kind: "comparison", filter }] }
      : { filters: [filter], conditions: [] }
  }
  const isList = operator === "in" || operator === "nin" || operator === "between"
  const parts = isList ? quotedParts(text) : [{ text, isQuoted: false }]
  if (!parts) {
    reader.issue(name, "has a quote that is not closed before a comma", "invalid_list")
    return none
  }
  if (!place.members) {
    const texts = parts.map((part) => part.text)
    const filter = compareColumn(reader, name, place, operator, texts)
    return filter ? { filters: [filter], conditions: [] } : none
  }
  const operands = parts.map((part) =>
    part.isQuoted ? textOperand(part.text) : parsePlaceOperand(part.text),
  )
  const filter = comparePlace(reader, name, place, operator, operands)
  return filter ? { filters: [], conditions: [{ kind: "comparison", filter }] } : none
}
