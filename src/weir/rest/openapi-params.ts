import { type Operator, partial } from "../fields/operators.ts"
import type { Json, Reference } from "../http/components.ts"
import { defaultLimit, maxDepth, maxLimit, operatorsOf } from "../query/query.ts"
import { rankName } from "../query/search.ts"
import { isSortable } from "../resource/field.ts"
import { keyFields } from "../resource/key.ts"
import { isFilterable, isReserved, versionName } from "../resource/names.ts"
import { defaultSort, type Field, type Relation, type Resource } from "../resource/resource.ts"
import { treeType } from "./openapi-filters.ts"
import { type Documents, inQuery } from "./openapi-parts.ts"
import { searchParams } from "./openapi-search.ts"

/** The key of a path, a parameter for each of its columns; it may be `me` where the rows are the viewers. */
export function keyParams(d: Documents, resource: Resource): Reference[] {
  const known = d.keys.get(resource)
  if (known) return known
  const { typeName, keys } = resource
  const params = keyFields(resource).map((field) => {
    const name = keys.length > 1 ? `${typeName}.key.${field.name}` : `${typeName}.key`
    return d.components.shareable("parameters", keyParam(d, resource, field), name)
  })
  d.keys.set(resource, params)
  return params
}

/** The parameter of a column of a key. */
export function keyParam({ fieldDoc }: Documents, resource: Resource, field: Field): Json {
  const { singular, holdsViewers, keys } = resource
  const { name, spec } = field
  const { value, example } = fieldDoc(field)
  const isId = spec.type === "id"
  const key = isId ? { type: "integer", minimum: 1 } : value
  const one = holdsViewers ? { anyOf: [key, { type: "string", enum: ["me"] }] } : key
  const part = keys.length > 1 ? `, its ${name}` : ""
  const description = `The ${singular}'s key${part}${holdsViewers ? ", or `me` for one's own" : ""}`
  const schema = { ...one, example: isId ? 1 : example }
  return { name, in: "path", required: true, description, schema }
}

const text = (name: string, description: string, pattern: string): Json =>
  inQuery(name, description, { type: "string", pattern })

/**
 * Names separated by commas: at least one of `names`, each with a `-` in front where it is a sort key. Of a collection,
 * any places as well.
 */
function listOf(names: string[], { document }: Resource, sign = ""): string {
  const one = `${sign}(${document === undefined ? names.join("|") : "[^,]+"})`
  return `^${one}(,${one})*$`
}

const namesOf = (d: Documents, resource: Resource): string[] => columnsOf(d, resource).map(({ name }) => name)

/** The fields that queries name by their own names. */
const columnsOf = (d: Documents, resource: Resource): Field[] =>
  d.readable(resource).filter(({ name }) => name !== resource.document)

/** The sort keys that a list may have. */
const sortPattern = (d: Documents, resource: Resource, more: string[] = []): string => {
  const sortable = columnsOf(d, resource).filter(isSortable)
  return listOf([...sortable.map(({ name }) => name), ...more], resource, "-?")
}

/** Relations to embed: of the resource itself, and behind a dot of what is embedded. Empty for none. */
const includePattern = (names: string[]): string => {
  const one = `(${names.join("|")})(\\.\\w+){0,${maxDepth - 1}}(\\.count\\(\\))?`
  return `^(${one}(,${one})*)?$`
}

/** A reference to a parameter that is of one resource alone. */
const ofResource = (
  { components }: Documents,
  { typeName }: Resource,
  name: string,
  make: () => Json,
): Reference => components.named("parameters", `${typeName}.${name}`, make)

/** The parameters of embeds, for the relations of the resource itself. */
export function includeParams(d: Documents, resource: Resource, byDefault: boolean): Reference[] {
  const relations = Object.values(resource.relations)
  if (relations.length === 0) return []
  const names = relations.map((r) => r.name)
  const preset = relations.filter((r) => byDefault && r.byDefault).map((r) => r.name)
  const include = ofResource(d, resource, preset.length ? "include.preset" : "include", () =>
    text(
      "include",
      `Relations to embed, separated by commas: ${names.join(", ")}, and theirs after a dot, at most ${maxDepth} deep. Of a list, .count() counts its rows.${preset.length ? ` Default: ${preset.join(", ")}; empty for none.` : ""}`,
      includePattern(names),
    ),
  )
  return [include, ...relations.flatMap((relation) => relationParams(d, resource, relation))]
}

function relationParams(d: Documents, resource: Resource, relation: Relation): Reference[] {
  const { name, kind, target, limit, sort } = relation
  const prefix = `include.${name}`
  const param = (part: string, make: (name: string) => Json): Reference =>
    ofResource(d, resource, `${prefix}.${part}`, () => make(`${prefix}.${part}`))
  const fields = param("fields", (called) =>
    text(called, `Fields of each embedded row of ${name}`, listOf(namesOf(d, target), target)),
  )
  if (kind === "one") return [fields]
  return [
    fields,
    param("limit", (called) =>
      inQuery(
        called,
        `Maximum number of rows of ${name}; filters go behind the same prefix, as in ${prefix}.id[gt]`,
        { type: "integer", minimum: 0, maximum: limit },
      ),
    ),
    param("skip", (called) => inQuery(called, `Rows of ${name} to skip`, { type: "integer", minimum: 0 })),
    param("sort", (called) => text(called, `Sort of ${name}. Default: ${sort}`, sortPattern(d, target))),
    param("filter", (called) => treeParam(called, treeType(d, target))),
  ]
}

const operatorWords: Record<Exclude<Operator, "eq">, string> = {
  ne: "is not (null included)",
  gt: "greater than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  in: "one of, separated by commas",
  nin: "none of, separated by commas",
  between: "between two values, separated by a comma, or one of them",
  contains: "contains (case-sensitive)",
  starts_with: "starts with (case-sensitive)",
  icontains: "contains, whatever the case of A-Z",
  istarts_with: "starts with, whatever the case of A-Z",
  ilike: "is like, whatever the case of A-Z: % is any text, _ any character, and \\ escapes them",
  is_null: "is null, or is not",
  exists: "has a value, or has none",
}

const textOperators: readonly Operator[] = ["in", "nin", "between", ...partial]

/** A value of a list as in RFC 4180, and two of them. */
const listValue = '("([^"]|"")*"|[^",][^,]*)'
const twoValues = `^${listValue},${listValue}$`

function operandSchema({ fieldDoc }: Documents, field: Field, operator: Operator): Json {
  const { spec } = field
  if (operator === "is_null") return { type: "boolean" }
  if (operator === "between") return { type: "string", pattern: twoValues }
  if (!textOperators.includes(operator)) return fieldDoc(field).value
  const isList = operator === "in" || operator === "nin"
  // An empty list is a list of one empty text, which is a value of plain text alone.
  return isList && (spec.type !== "text" || spec.values)
    ? { type: "string", minLength: 1 }
    : { type: "string" }
}

/** The filters by a field. Columns of the same name and type have the same ones, whatever their table. */
function filterParams(d: Documents, field: Field, { typeName }: Resource): Reference[] {
  const { name } = field
  const key = `${d.fieldDoc(field).type} ${name}`
  const known = d.filters.get(key)
  if (known) return known
  const params = operatorsOf(field).map((operator) => {
    const [called, description] =
      operator === "eq"
        ? [isReserved(name) ? `${name}[eq]` : name, `${name} is`]
        : [`${name}[${operator}]`, `${name} ${operatorWords[operator]}`]
    const param = inQuery(called, description, operandSchema(d, field, operator))
    const short = `${name}.${operator}`
    return d.components.shareable("parameters", param, short, `${typeName}.${short}`)
  })
  d.filters.set(key, params)
  return params
}

export const fieldsParam = (d: Documents, resource: Resource, more: string[] = []): Reference =>
  ofResource(d, resource, ["fields", ...more].join("."), () => {
    const names = namesOf(d, resource)
    const description = `Fields of the answer, separated by commas: ${names.join(", ")}; and ${versionName}, the row's ETag`
    return text("fields", description, listOf([...names, versionName, ...more], resource))
  })

/** A tree of filters, as the text of its JSON. */
const treeParam = (called: string, type: Reference): Json =>
  inQuery(called, "Filters as a tree: the text of its JSON", {
    type: "string",
    minLength: 2,
    contentMediaType: "application/json",
    contentSchema: type,
  })

/** The parameters that all lists have. */
const pageParams: Json[] = [
  inQuery("limit", "Maximum number of rows", {
    type: "integer",
    minimum: 1,
    maximum: maxLimit,
    default: defaultLimit,
  }),
  inQuery("skip", "Rows to skip", { type: "integer", minimum: 0 }),
  inQuery("after", "Cursor of the Link header: the rows after it", { type: "string", minLength: 1 }),
  inQuery("before", "Cursor of the Link header: the rows before it", { type: "string", minLength: 1 }),
  inQuery(
    "count",
    "Count all matching rows, in X-Total-Count; estimate takes Postgres' statistics where these say 10,000 or more",
    { type: "string", enum: ["exact", "estimate"] },
  ),
]

/** The parameters of a resource's list, wherever it is. */
export function listParams(d: Documents, resource: Resource): Reference[] {
  const known = d.lists.get(resource)
  if (known) return known
  const params = [
    ...pageParams.map((param) => d.components.named("parameters", param.name as string, () => param)),
    ofResource(d, resource, "sort", () =>
      text(
        "sort",
        `Fields separated by commas, each with - for descending. Default: ${defaultSort(resource) ?? "the primary key"}`,
        sortPattern(d, resource, resource.search ? [rankName] : []),
      ),
    ),
    ...searchParams(resource).map((param) => ofResource(d, resource, param.name as string, () => param)),
    fieldsParam(d, resource),
    ...includeParams(d, resource, false),
    ...conditionParams(d, resource),
  ]
  d.lists.set(resource, params)
  return params
}

/** The parameters that say which rows are meant: a tree of filters, and filters by each field. */
export const conditionParams = (d: Documents, resource: Resource): Reference[] => [
  ofResource(d, resource, "filter", () => treeParam("filter", treeType(d, resource))),
  ...columnsOf(d, resource)
    .filter(({ name }) => isFilterable(name))
    .flatMap((field) => filterParams(d, field, resource)),
]
