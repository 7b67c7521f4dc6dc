import { z } from "@hono/zod-openapi"
import type { Operator } from "../fields/operators.ts"
import { defaultLimit, maxDepth, maxLimit, operatorsOf } from "../query/query.ts"
import { defaultSort, type Field, type Resource } from "../resource/resource.ts"
import { readable } from "../resource/schemas.ts"

type Shape = Record<string, z.ZodType>

export const idParam = (description: string) =>
  z.object({
    id: z
      .int()
      .min(1)
      .openapi({ param: { name: "id", in: "path", description }, example: 1 }),
  })

const text = (description: string): z.ZodType => z.string().optional().openapi({ param: { description } })

/** The parameters of embeds, for the relations of the resource itself. */
export function includeParams(resource: Resource, byDefault: boolean): Shape {
  const relations = Object.values(resource.relations)
  if (relations.length === 0) return {}
  const names = relations.map((r) => r.name).join(", ")
  const preset = relations.filter((r) => byDefault && r.byDefault).map((r) => r.name)
  const params: Shape = {
    include: text(
      `Relations to embed, separated by commas: ${names}, and theirs after a dot, at most ${maxDepth} deep.${preset.length ? ` Default: ${preset.join(", ")}; empty for none.` : ""}`,
    ),
  }
  for (const relation of relations) {
    const prefix = `include.${relation.name}`
    params[`${prefix}.fields`] = text(`Fields of each embedded row of ${relation.name}`)
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
    params[`${prefix}.skip`] = z.int().min(0).optional()
    params[`${prefix}.sort`] = text(`Sort of ${relation.name}. Default: ${relation.sort}`)
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

function operandSchema({ type }: Field, operator: Operator): z.ZodType {
  if (operator === "is_null") return z.boolean()
  return textOperators.includes(operator) ? z.string() : type.output()
}

function filterParams(resource: Resource): Shape {
  const params: Shape = {}
  for (const field of readable(resource))
    for (const operator of operatorsOf(field)) {
      const [name, description] =
        operator === "eq"
          ? [field.name, `${field.name} is`]
          : [`${field.name}[${operator}]`, `${field.name} ${operatorWords[operator]}`]
      params[name] = operandSchema(field, operator).optional().openapi({ param: { description } })
    }
  return params
}

export const fieldsParam = (resource: Resource): Shape => ({
  fields: text(
    `Fields of the answer, separated by commas: ${readable(resource)
      .map((f) => f.name)
      .join(", ")}`,
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
  after: text("Cursor of the Link header: the rows after it"),
  before: text("Cursor of the Link header: the rows before it"),
  sort: text(
    `Fields separated by commas, each with - for descending. Default: ${defaultSort(resource) ?? "the primary key"}`,
  ),
  count: z
    .enum(["exact"])
    .optional()
    .openapi({ param: { description: "Count all matching rows, in X-Total-Count" } }),
  ...fieldsParam(resource),
  ...includeParams(resource, false),
  ...filterParams(resource),
})
