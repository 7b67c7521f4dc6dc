import { readZone } from "../lib/zones.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { readAggregates, readGroups } from "./aggregate-members.ts"
import { readPageFrom } from "./aggregate-page.ts"
import { type AggregateQuery, type Group, membersOf, type ResultMember } from "./aggregate-query.ts"
import { startShape } from "./cursor.ts"
import { readFilters } from "./filters.ts"
import type { Parsed } from "./parse.ts"
import { defaultLimit, maxLimit, sortText } from "./query.ts"
import { ParamReader } from "./reader.ts"
import { readSearch } from "./search.ts"
import { readTree } from "./tree.ts"

/** Reads the query string of aggregates, with a tree of filters where that came apart. Throws a 422 that names every wrong parameter. */
export function parseAggregate(
  resource: Resource,
  viewer: ViewerKind,
  { search, filter }: { search: string; filter?: string | undefined },
  nested?: { relation: Relation; within: Resource },
): Parsed<AggregateQuery> {
  const reader = new ParamReader(viewer, search)
  if (filter !== undefined) reader.add("filter", filter)
  for (const name of ["fields", "include"])
    if (reader.single(name) !== undefined) reader.issue(name, "cannot be used with aggregate", "conflict")
  const zone = readZoneParam(reader)
  const groups = readGroups(reader, resource)
  const aggregates = readAggregates(reader, resource)
  const members = membersOf({ groups, aggregates })
  for (const [i, { field }] of members.entries())
    if (members.findIndex((one) => one.field.name === field.name) < i)
      reader.issue(
        i < groups.length ? "group" : "aggregate",
        `names ${field.name.slice(0, 80)} twice`,
        "repeated",
      )
  const limit = reader.integer("limit", 1, maxLimit) ?? defaultLimit
  const given = reader.integer("skip", 0, Number.MAX_SAFE_INTEGER)
  const count = reader.choice("count", ["exact"]) !== undefined
  const result = resultOf(resource, groups, members)
  const { sort, from } = readPageFrom(reader, { groups, aggregates, result, viewer }, given !== undefined)
  const skip = from.cursor === "start" ? given : from.skip || undefined
  const tree = reader.single("having")
  const found = readSearch(reader, resource)
  if (found?.highlight) reader.issue("highlight", "cannot be used with aggregate", "conflict")
  const having = tree === undefined ? [] : readTree(reader, result, "having", tree)
  const conditions = readFilters(reader, resource, "")
  reader.finish()
  const { values } = reader
  for (const [i, { field }] of members.entries()) values[`m${i}`] = field.name
  Object.assign(values, { skip, zone })
  const start = startShape(from)
  const isTimed = groups.some(({ unit }) => unit)
  const asked = [groups.map(({ field }) => field.name), aggregates.map(({ text }) => text)]
  const shape = [...asked, isTimed ? zone : "", sortText(sort), start, limit, skip !== undefined, count]
  return {
    query: {
      resource,
      viewer,
      ...conditions,
      search: found && { ...found, highlight: false },
      groups,
      aggregates,
      having,
      zone,
      sort,
      from,
      limit,
      skips: skip !== undefined,
      count,
      result,
      parent: nested?.relation,
      within: nested?.within,
    },
    values,
    shape: `${JSON.stringify(shape)};${reader.shape}`,
  }
}

/** The result as a resource, whose key are the groups. */
const resultOf = (resource: Resource, groups: Group[], members: ResultMember[]): Resource => ({
  ...resource,
  fields: Object.fromEntries(members.map(({ field }) => [field.name, field])),
  keys: groups.map(({ field }) => field.name),
  relations: {},
  document: undefined,
})

function readZoneParam(reader: ParamReader): string {
  const text = reader.single("tz")
  if (text === undefined) return "UTC"
  const zone = readZone(text)
  if (zone === undefined)
    reader.issue("tz", "is no zone of the IANA's list, such as Europe/Berlin", "invalid_value")
  return zone ?? "UTC"
}
