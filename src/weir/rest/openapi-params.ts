import { z } from "@hono/zod-openapi"
import { defaultLimit, maxDepth, maxLimit, operatorsOf } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { outputSchema, readable } from "../resource/schemas.ts"

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
          description: `Most rows of ${relation.name}; filters go behind the same prefix, as in ${prefix}.id[gt]`,
        },
      })
    params[`${prefix}.skip`] = z.int().min(0).optional()
    params[`${prefix}.sort`] = text(`Sort of ${relation.name}. Default: ${relation.sort}`)
  }
  return params
}

const operatorWords: Record<string, string> = {
  ne: "is not (null included)",
  gt: "greater than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
  in: "one of, separated by commas",
  nin: "none of, separated by commas",
  contains: "contains, by case",
  starts_with: "starts with, by case",
  is_null: "is null, or is not",
}

function filterParams(resource: Resource): Shape {
  const params: Shape = {}
  for (const field of readable(resource))
    for (const operator of operatorsOf(field)) {
      const plain = field.nullable
        ? ((outputSchema(field) as z.ZodNullable).unwrap() as z.ZodType)
        : outputSchema(field)
      const schema =
        operator === "in" || operator === "nin"
          ? z.string()
          : operator === "is_null"
            ? z.boolean()
            : operator === "contains" || operator === "starts_with"
              ? z.string()
              : plain
      const name = operator === "eq" ? field.name : `${field.name}[${operator}]`
      params[name] = schema.optional().openapi({
        param: {
          description: operator === "eq" ? `${field.name} is` : `${field.name} ${operatorWords[operator]}`,
        },
      })
    }
  return params
}

export const fieldsParam = (resource: Resource): Shape => ({
  fields: text(
    `Fields to answer with, separated by commas: ${readable(resource)
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
    .openapi({ param: { description: "Most rows" } }),
  skip: z
    .int()
    .min(0)
    .optional()
    .openapi({ param: { description: "Rows to pass over" } }),
  after: text("A cursor: the rows that follow it. Take it from the Link header"),
  before: text("A cursor: the rows that come before it"),
  sort: text("Keys separated by commas, each with - for descending. Default: the primary key"),
  count: z
    .enum(["exact"])
    .optional()
    .openapi({ param: { description: "Count all matching rows, in X-Total-Count" } }),
  ...fieldsParam(resource),
  ...includeParams(resource, false),
  ...filterParams(resource),
})
