import {
  type Aggregated,
  type AggregateName,
  aggregated,
  aggregateNames,
  type Unit,
  units,
} from "../fields/aggregates.ts"
import { placeTypes } from "../fields/json-places.ts"
import { isSortable } from "../resource/field.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { anyone } from "../resource/rules.ts"
import type { Aggregate, Group, Operand, ResultMember } from "./aggregate-query.ts"
import { findPlace, hasBound, stepsInto } from "./place.ts"
import { placeFields } from "./place-field.ts"
import { maxFilters, maxSteps, type ParamReader } from "./reader.ts"

export const maxGroups = 8
export const maxAggregates = 16

/** A name with a length of time behind it. */
const byUnit = /^(.*):(\w+)$/s
/** The lengths of time that values of a field are in. */
export const unitsOf = ({ spec: { type } }: Field): readonly Unit[] => {
  if (type === "timestamp" || type === "local_timestamp") return units
  return type === "date" ? units.filter((unit) => unit !== "hour") : []
}

/** Reads `group=owner_id,created_at:month`. */
export function readGroups(reader: ParamReader, resource: Resource): Group[] {
  const text = reader.single("group")
  const groups: Group[] = []
  for (const name of text?.split(",") ?? []) {
    const [path, unit] = unitAt(reader, resource, name)
    const of = readOperand(reader, resource, "group", path)
    if (!of) continue
    if (groups.length === maxGroups) {
      reader.issue("group", `names more than ${maxGroups}`, "too_many")
      break
    }
    const { field, steps } = of
    const isKnown =
      unit === undefined ? steps || isSortable(field) : !steps && (unitsOf(field) as string[]).includes(unit)
    if (!isKnown) reader.issue("group", `cannot group by "${name.slice(0, 80)}"`, "not_comparable")
    else groups.push({ of, unit: unit as Unit | undefined, ...(steps ? place : member)(name, field, field) })
  }
  return groups
}

/** A name and the length of time behind it. Of a place in JSON, a colon is part of the name. */
function unitAt(reader: ParamReader, resource: Resource, name: string): [path: string, unit?: string] {
  const [, path, unit] = byUnit.exec(name) ?? []
  if (path === undefined || unit === undefined) return [name]
  const before = findPlace(reader, resource, path)
  const isColumn = before !== undefined && before.members === undefined
  const isPlace = findPlace(reader, resource, name)?.members !== undefined
  return isColumn || !isPlace ? [path, unit] : [name]
}

const call = new RegExp(`^(${aggregateNames.join("|")})(?:\\((.+)\\))?$`, "s")

/** Reads `aggregate=count,sum(price)`. */
export function readAggregates(reader: ParamReader, resource: Resource): Aggregate[] {
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
    const made = makeOf(name as AggregateName, of)
    if (!made) {
      reader.issue("aggregate", `${shown}: a field of that type has no ${name}`, "not_comparable")
      continue
    }
    const base = of?.field ?? (Object.values(resource.fields)[0] as Field)
    const called = path === undefined ? name : `${name}_${path}`
    const shape =
      typeof made === "string" ? place(called, base) : member(called, base, made, name !== "count")
    aggregates.push({ text, of, aggregated: made, ...shape })
  }
  return aggregates
}

/** How an aggregate is made; undefined where its operand has none of that name. */
function makeOf(name: AggregateName, of: Operand | undefined): Aggregated | "min" | "max" | undefined {
  if (!of?.steps) return aggregated(name, of?.field)
  if (name === "min" || name === "max") return name
  return aggregated(name, { spec: { type: "real", inferred: true }, type: placeTypes.number })
}

/** A member of the result, which everybody may read who may read the result. */
function member(
  name: string,
  base: Field,
  { spec, type }: Pick<Field, "spec" | "type">,
  nullable = true,
): ResultMember {
  const field = { ...base, name, spec, type, nullable, read: anyone }
  return { field, keys: [field] }
}

/** A member that is any value of JSON, which has a kind, a number and a text to be sorted by. */
const place = (name: string, base: Field): ResultMember => ({
  field: { ...base, name, type: { ...base.type, operators: [] }, nullable: false, read: anyone },
  keys: placeFields(name).map(({ field }) => field),
})

/** How often the name of a member is bound where it is no plain one. */
const timesBound = 6

/** What is named `owner.role` or `meta.size`: through relations to one, and readable for this viewer in some rows. */
function readOperand(
  reader: ParamReader,
  resource: Resource,
  param: string,
  path: string,
): Operand | undefined {
  const found = findPlace(reader, resource, path)
  if (!found?.through.every(({ kind }) => kind === "one")) {
    const message = `"${path.slice(0, 80)}" is not a field of ${resource.name}, or of its relations to one, that you can read`
    reader.issue(param, message, "unknown_field")
    return undefined
  }
  const { through, field, members } = found
  // What is bound several times counts so: see `maxFilters`.
  const times = hasBound(found) ? timesBound : 1
  if (!Array.from({ length: times }, (_, i) => reader.countFilter(i ? 0 : through.length)).every(Boolean)) {
    const message = `is too much: a request names at most ${maxFilters} fields, through ${maxSteps} relations`
    reader.issue(param, message, "too_many")
    return undefined
  }
  return { through, field, steps: members && stepsInto(reader, members) }
}
