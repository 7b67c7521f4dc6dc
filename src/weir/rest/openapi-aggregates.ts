import type { Json, Reference } from "../http/components.ts"
import { unitsOf } from "../query/aggregate-members.ts"
import { isGroupable } from "../resource/field.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import { type Documents, inQuery, objectOf } from "./openapi-parts.ts"

const example = (d: Documents, resource: Resource): { number?: Field; time?: Field; plain?: Field } => {
  const fields = d.readable(resource).filter(({ read }) => isOpenToAll(read, "anonymous"))
  const number = fields.find(
    ({ name, spec }) =>
      /^(integer|bigint|decimal|real)$/.test(spec.type) &&
      !resource.references.has(name) &&
      !resource.keys.includes(name),
  )
  const time = fields.find((field) => unitsOf(field).length > 0)
  const plain = fields.find((field) => isGroupable(field) && resource.references.has(field.name))
  return { ...(number && { number }), ...(time && { time }), ...(plain && { plain }) }
}

/** The parameters of aggregates, where a list answers with these instead of rows. */
export function aggregateParams(d: Documents, resource: Resource): Reference[] {
  const { components } = d
  const { number, time, plain } = example(d, resource)
  const own = (name: string, make: () => Json) =>
    components.named("parameters", `${resource.typeName}.${name}`, make)
  const shared = (param: Json) => components.named("parameters", `aggregate.${param.name}`, () => param)
  return [
    own("aggregate", () =>
      inQuery(
        "aggregate",
        "Answers with aggregates instead of rows: count, and count, sum, avg, min or max of a field in parentheses, separated by commas",
        {
          type: "string",
          pattern: aggregatePattern,
          // One `example` would be sent by the page at /docs, unless a reader takes it out.
          examples: [number ? `count,sum(${number.name})` : "count"],
        },
      ),
    ),
    own("group", () => {
      const groups = [plain?.name, time && `${time.name}:month`].filter((one) => one !== undefined)
      return inQuery(
        "group",
        "With aggregate: fields to group by, separated by commas; instants and days also by their :hour, :day, :week, :month, :quarter or :year",
        { type: "string", minLength: 1, ...(groups.length && { examples: [groups.join(",")] }) },
      )
    }),
    ...aggregateTerms.map(shared),
  ]
}

const one = "(count|(count|sum|avg|min|max)\\(.+\\))"
const aggregatePattern = `^${one}(,${one})*$`

const aggregateTerms: Json[] = [
  inQuery("having", "With aggregate: a tree of filters over the members of the result", {
    type: "string",
    minLength: 2,
    contentMediaType: "application/json",
    examples: ['{"count":{"gte":1}}'],
  }),
  inQuery("tz", "With aggregate: the zone of lengths of time, by its name in the IANA's list. Default: UTC", {
    type: "string",
    pattern: "^[A-Za-z][A-Za-z0-9_+\\-]*(/[A-Za-z0-9_+\\-]+)*$",
    examples: ["Europe/Berlin"],
  }),
]

/** A group of rows with its aggregates: its members are called as they were asked for. */
export const groupSchema = (d: Documents, resource: Resource): Reference =>
  d.components.named("schemas", d.grouped(resource), () => {
    const groups = d.readable(resource).filter((field) => isGroupable(field))
    const { number } = example(d, resource)
    const members = Object.fromEntries(
      groups.map((field) => [field.name, { schema: groupMember(d, field), required: false }]),
    )
    // A table may have a column of that name.
    const count = Object.hasOwn(members, "count")
      ? {}
      : { count: { schema: { type: "integer", minimum: 0 }, required: false } }
    return {
      ...objectOf({ ...members, ...count }),
      description:
        "With `aggregate`: a group of rows. Beside its groups and `count` it has a member for each aggregate, such as `sum_price`",
      example: { count: 3, ...(number && { [`max_${number.name}`]: d.fieldDoc(number).example }) },
    }
  })

/** A field of a group: null as well where not every viewer sees it in every row. */
function groupMember({ fieldDoc }: Documents, field: Field): Json {
  const { schema } = fieldDoc(field).output
  return isOpenToAll(field.read, "anonymous") || field.nullable
    ? schema
    : { anyOf: [schema, { type: "null" }] }
}
