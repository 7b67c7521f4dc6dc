import {
  type Aggregated,
  type AggregateName,
  aggregated,
  aggregateNames,
  type Unit,
  units,
} from "../fields/aggregates.ts"
import { readZone } from "../lib/zones.ts"
import { isSortable } from "../resource/field.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import { anyone } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { readPageFrom } from "./aggregate-page.ts"
import { readFilters } from "./filters.ts"
import type { Parsed } from "./parse.ts"
import { defaultLimit, type ListQuery, maxDepth, maxLimit, sortText } from "./query.ts"
import { maxFilters, maxSteps, ParamReader } from "./reader.ts"

/** A field, here or through relations to one. */
export interface Operand {
  through: Relation[]
  field: Field
}

/** What rows are grouped by. */
export interface Group {
  of: Operand
  /** Of an instant or a day, the length of time that it is in. */
  unit: Unit | undefined
  /** The member of the result. */
  field: Field
}

/** What is made of the rows of a group. */
export interface Aggregate {
  /** As it is asked for: `sum(price)`. */
  text: string
  /** Undefined for the number of rows. */
  of: Operand | undefined
  aggregated: Aggregated
  /** The member of the result: `sum_price`. */
  field: Field
}

/** Aggregates to read, a page of groups at a time. */
export interface AggregateQuery
  extends Pick<
    ListQuery,
    "resource" | "viewer" | "filters" | "sort" | "from" | "limit" | "count" | "parent" | "within"
  > {
  groups: Group[]
  aggregates: Aggregate[]
  /** The zone of lengths of time, bound as `zone`. */
  zone: string
  skips: boolean
  /** The rows of the result, as if a table had them. */
  result: Resource
}

/** The members of a result: its groups, then its aggregates. */
export const membersOf = ({ groups, aggregates }: Pick<AggregateQuery, "groups" | "aggregates">): Field[] =>
  [...groups, ...aggregates].map(({ field }) => field)

const maxGroups = 8
const maxAggregates = 16

/** Reads the query string of aggregates. Throws a 422 that names every wrong parameter. */
export function parseAggregate(
  resource: Resource,
  viewer: ViewerKind,
  search: string,
  nested?: { relation: Relation; within: Resource },
): Parsed<AggregateQuery> {
  const reader = new ParamReader(viewer, search)
  for (const name of ["fields", "include"])
    if (reader.single(name) !== undefined) reader.issue(name, "cannot be used with aggregate", "conflict")
  const zone = readZoneParam(reader)
  const groups = readGroups(reader, resource)
  const aggregates = readAggregates(reader, resource)
  const members = membersOf({ groups, aggregates })
  for (const [i, { name }] of members.entries())
    if (members.findIndex((one) => one.name === name) < i)
      reader.issue(i < groups.length ? "group" : "aggregate", `names ${name.slice(0, 80)} twice`, "repeated")
  const limit = reader.integer("limit", 1, maxLimit) ?? defaultLimit
  const skip = reader.integer("skip", 0, Number.MAX_SAFE_INTEGER)
  const count = reader.choice("count", ["exact"]) !== undefined
  const result = resultOf(resource, groups, members)
  const { sort, from } = readPageFrom(reader, { groups, aggregates, result, viewer }, skip !== undefined)
  const filters = readFilters(reader, resource, "")
  reader.finish()
  const { values } = reader
  Object.assign(values, { skip, zone }, Object.fromEntries(members.map(({ name }, i) => [`m${i}`, name])))
  const start = from.cursor === "start" ? "" : `${from.cursor}:${from.parts.map((part) => part[0]).join("")}`
  const shape = [
    groups.map((group) => [group.field.name, group.unit]),
    aggregates.map(({ text }) => text),
    groups.some(({ unit }) => unit) ? zone : "",
    sortText(sort),
    start,
    limit,
    skip !== undefined,
    count,
  ]
  return {
    query: {
      resource,
      viewer,
      filters,
      groups,
      aggregates,
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
    shape: `aggregate:${JSON.stringify(shape)};${reader.shape}`,
  }
}

/** The result as a resource, whose key are the groups. */
const resultOf = (resource: Resource, groups: Group[], members: Field[]): Resource => ({
  ...resource,
  fields: Object.fromEntries(members.map((field) => [field.name, field])),
  keys: groups.map(({ field }) => field.name),
  relations: {},
})

function readZoneParam(reader: ParamReader): string {
  const text = reader.single("tz")
  if (text === undefined) return "UTC"
  const zone = readZone(text)
  if (zone === undefined)
    reader.issue("tz", "is no zone of the IANA's list, such as Europe/Berlin", "invalid_value")
  return zone ?? "UTC"
}

const byUnit = new RegExp(`^(.*):(${units.join("|")})$`, "s")
const unitsOf = ({ spec: { type } }: Field): readonly Unit[] => {
  if (type === "timestamp" || type === "local_timestamp") return units
  return type === "date" ? units.filter((unit) => unit !== "hour") : []
}

function readGroups(reader: ParamReader, resource: Resource): Group[] {
  const text = reader.single("group")
  const groups: Group[] = []
  for (const name of text?.split(",") ?? []) {
    const [, path = name, unit] = byUnit.exec(name) ?? []
    const of = readOperand(reader, resource, "group", path)
    if (!of) continue
    if (groups.length === maxGroups) {
      reader.issue("group", `names more than ${maxGroups}`, "too_many")
      break
    }
    const { field } = of
    const isKnown = unit === undefined ? isSortable(field) : (unitsOf(field) as string[]).includes(unit)
    if (!isKnown) reader.issue("group", `cannot group by "${name.slice(0, 80)}"`, "not_comparable")
    else groups.push({ of, unit: unit as Unit | undefined, field: member(name, field, field) })
  }
  return groups
}

const call = new RegExp(`^(${aggregateNames.join("|")})(?:\\((.+)\\))?$`, "s")

function readAggregates(reader: ParamReader, resource: Resource): Aggregate[] {
  const aggregates: Aggregate[] = []
  for (const text of reader.single("aggregate")?.split(",") ?? []) {
    const shown = `"${text.slice(0, 80)}"`
    const [, name, path] = call.exec(text) ?? []
    if (name === undefined || (path === undefined && name !== "count")) {
      const message = `${shown} is none of count, count(field), ${aggregateNames.slice(1).join("(…), ")}(…)`
      reader.issue("aggregate", message, "invalid_value")
      continue
    }
    const of = path === undefined ? undefined : readOperand(reader, resource, "aggregate", path)
    if (path !== undefined && !of) continue
    if (aggregates.length === maxAggregates) {
      reader.issue("aggregate", `names more than ${maxAggregates}`, "too_many")
      break
    }
    const made = aggregated(name as AggregateName, of?.field)
    if (!made) {
      reader.issue("aggregate", `${shown}: a field of that type has no ${name}`, "not_comparable")
      continue
    }
    const base = of?.field ?? (Object.values(resource.fields)[0] as Field)
    const field = member(path === undefined ? name : `${name}_${path}`, base, made)
    aggregates.push({ text, of, aggregated: made, field: { ...field, nullable: name !== "count" } })
  }
  return aggregates
}

/** A member of the result, which everybody may read who may read the result. */
const member = (name: string, base: Field, { spec, type }: Pick<Field, "spec" | "type">): Field => ({
  ...base,
  name,
  spec,
  type,
  nullable: true,
  read: anyone,
})

/** A field that is named `owner.role`: through relations to one, which this viewer may read in some rows. */
function readOperand(
  reader: ParamReader,
  resource: Resource,
  param: string,
  path: string,
): Operand | undefined {
  const names = path.split(".")
  const through: Relation[] = []
  let at: Resource = resource
  for (const name of names.slice(0, -1)) {
    const relation = Object.hasOwn(at.relations, name) ? at.relations[name] : undefined
    if (relation?.kind !== "one") break
    through.push(relation)
    at = relation.target
  }
  const field =
    through.length === names.length - 1 && through.length <= maxDepth
      ? reader.field(at, names.at(-1) as string)
      : undefined
  if (!field) {
    const message = `"${path.slice(0, 80)}" is not a field of ${resource.name}, or of its relations to one, that you can read`
    reader.issue(param, message, "unknown_field")
    return undefined
  }
  if (!reader.countFilter(through.length)) {
    const message = `is too much: a request names at most ${maxFilters} fields, through ${maxSteps} relations`
    reader.issue(param, message, "too_many")
    return undefined
  }
  return { through, field }
}
