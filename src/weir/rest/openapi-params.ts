import { z } from "@hono/zod-openapi"
import type { Operator } from "../fields/operators.ts"
import { defaultLimit, maxDepth, maxLimit, operatorsOf } from "../query/query.ts"
import { isSortable } from "../resource/field.ts"
import { keyFields } from "../resource/key.ts"
import { isFilterable, isReserved } from "../resource/names.ts"
import { defaultSort, type Field, type Resource } from "../resource/resource.ts"
import { readable } from "../resource/schemas.ts"

type Shape = Record<string, z.ZodType>

/** The key of a path, a parameter for each of its columns; it may be `me` where the rows are the viewers. */
export function keyParams(resource: Resource) {
  const { singular, holdsViewers } = resource
  const params = keyFields(resource).map((field) => {
    const { name, type, spec } = field
    const key = spec.type === "id" ? z.int().min(1) : type.output()
    const one = holdsViewers ? z.union([key, z.literal("me")]) : key
    const part = resource.keys.length > 1 ? `, its ${name}` : ""
    const description = `The ${singular}'s key${part}${holdsViewers ? ", or `me` for one's own" : ""}`
    const example = spec.type === "id" ? 1 : type.example()
    return [name, one.openapi({ param: { name, in: "path", description }, example })] as const
  })
  return z.object(Object.fromEntries(params))
}

const text = (description: string, pattern?: RegExp): z.ZodType =>
  (pattern ? z.string().regex(pattern) : z.string()).optional().openapi({ param: { description } })

/** Names separated by commas: at least one of `names`, each with a `-` in front where it is a sort key. */
function listOf(names: string[], sign = ""): RegExp {
  const one = `${sign}(${names.join("|")})`
  return new RegExp(`^${one}(,${one})*$`)
}

const namesOf = (resource: Resource): string[] => readable(resource).map(({ name }) => name)

/** The sort keys that a list may have. */
const sortPattern = (resource: Resource): RegExp => {
  const sortable = readable(resource).filter(isSortable)
  return listOf(
    sortable.map(({ name }) => name),
    "-?",
  )
}

/** Relations to embed: of the resource itself, and behind a dot of what is embedded. Empty for none. */
const includePattern = (names: string[]): RegExp => {
  const one = `(${names.join("|")})(\\.\\w+){0,${maxDepth - 1}}`
  return new RegExp(`^(${one}(,${one})*)?$`)
}

const cursor = (description: string): z.ZodType =>
  z.string().min(1).optional().openapi({ param: { description } })

/** The parameters of embeds, for the relations of the resource itself. */
export function includeParams(resource: Resource, byDefault: boolean): Shape {
  const relations = Object.values(resource.relations)
  if (relations.length === 0) return {}
  const names = relations.map((r) => r.name).join(", ")
  const preset = relations.filter((r) => byDefault && r.byDefault).map((r) => r.name)
  const params: Shape = {
    include: text(
      `Relations to embed, separated by commas: ${names}, and theirs after a dot, at most ${maxDepth} deep.${preset.length ? ` Default: ${preset.join(", ")}; empty for none.` : ""}`,
      includePattern(relations.map((r) => r.name)),
    ),
  }
  for (const relation of relations) {
    const prefix = `include.${relation.name}`
    params[`${prefix}.fields`] = text(
      `Fields of each embedded row of ${relation.name}`,
      listOf(namesOf(relation.target)),
    )
    if (relation.kind === "one") continue
    params[`${prefix}.limit`] = z
      .int()
      .min(0)
      .max(relation.limit)
      .optional()
      .openapi({
        param: {
          description: `Maximum number of rows of ${relation.name}; filters go behind the same prefix, as in ${prefix}.id[gt]`,
        },
      })
    params[`${prefix}.skip`] = z
      .int()
      .min(0)
      .optional()
      .openapi({ param: { description: `Rows of ${relation.name} to skip` } })
    params[`${prefix}.sort`] = text(
      `Sort of ${relation.name}. Default: ${relation.sort}`,
      sortPattern(relation.target),
    )
  }
  return params
}

const operatorWords: Record<Exclude<Operator, "eq">, string> = {
  ne: "is not (null included)",
  gt: "greater than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  in: "one of, separated by commas",
  nin: "none of, separated by commas",
  contains: "contains (case-sensitive)",
  starts_with: "starts with (case-sensitive)",
  is_null: "is null, or is not",
}

const textOperators: readonly Operator[] = ["in", "nin", "contains", "starts_with"]

function operandSchema({ type, spec }: Field, operator: Operator): z.ZodType {
  if (operator === "is_null") return z.boolean()
  if (!textOperators.includes(operator)) return type.output()
  const isList = operator === "in" || operator === "nin"
  // An empty list is a list of one empty text, which is a value of plain text alone.
  return isList && (spec.type !== "text" || spec.values) ? z.string().min(1) : z.string()
}

function filterParams(resource: Resource): Shape {
  const params: Shape = {}
  for (const field of readable(resource).filter(({ name }) => isFilterable(name)))
    for (const operator of operatorsOf(field)) {
      const [name, description] =
        operator === "eq"
          ? [isReserved(field.name) ? `${field.name}[eq]` : field.name, `${field.name} is`]
          : [`${field.name}[${operator}]`, `${field.name} ${operatorWords[operator]}`]
      params[name] = operandSchema(field, operator).optional().openapi({ param: { description } })
    }
  return params
}

export const fieldsParam = (resource: Resource): Shape => ({
  fields: text(
    `Fields of the answer, separated by commas: ${namesOf(resource).join(", ")}`,
    listOf(namesOf(resource)),
  ),
})

export const listParams = (resource: Resource): Shape => ({
  limit: z
    .int()
    .min(1)
    .max(maxLimit)
    .default(defaultLimit)
    .optional()
    .openapi({ param: { description: "Maximum number of rows" } }),
  skip: z
    .int()
    .min(0)
    .optional()
    .openapi({ param: { description: "Rows to skip" } }),
  after: cursor("Cursor of the Link header: the rows after it"),
  before: cursor("Cursor of the Link header: the rows before it"),
  sort: text(
    `Fields separated by commas, each with - for descending. Default: ${defaultSort(resource) ?? "the primary key"}`,
    sortPattern(resource),
  ),
  count: z
    .enum(["exact"])
    .optional()
    .openapi({ param: { description: "Count all matching rows, in X-Total-Count" } }),
  ...fieldsParam(resource),
  ...includeParams(resource, false),
  ...filterParams(resource),
})
