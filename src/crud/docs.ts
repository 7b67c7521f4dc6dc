import { z } from "@hono/zod-openapi"
import type { RouteDoc } from "../http/routes.ts"
import { defaultLimit, maxDepth, maxLimit } from "./params.ts"
import { operatorsOf } from "./query.ts"
import type { Field, Relation, Resource } from "./resource.ts"
import { createSchema, example, outputSchema, readable, updateSchema } from "./schemas.ts"
import { isOpen, isShownToAll } from "./visibility.ts"

type Shape = Record<string, z.ZodType>

const singular = (name: string): string => name.replace(/ies$/, "y").replace(/s$/, "")
const pascal = (name: string): string =>
  name.replace(/(^|_)(\w)/g, (_, _sep, letter: string) => letter.toUpperCase())
/** `User` for the table `users`: the name of its schema, and of operations on one row. */
export const typeName = (resource: Resource): string => pascal(singular(resource.name))

const made = new WeakMap<Resource, { whole: z.ZodType; part: z.ZodType }>()

/** A row as it is served: whole, or the part of it that `fields` asks for. Fields that not every viewer sees are optional. */
function rowSchemas(resource: Resource): { whole: z.ZodType; part: z.ZodType } {
  const known = made.get(resource)
  if (known) return known
  const whole: Shape = {}
  const part: Shape = {}
  const sample: Record<string, unknown> = {}
  for (const field of readable(resource)) {
    const schema = outputSchema(field)
    const shown = isShownToAll(field)
    whole[field.name] = shown ? schema : schema.optional()
    part[field.name] = schema.optional()
    if (shown) sample[field.name] = example(field)
  }
  const embeds = Object.fromEntries(
    Object.values(resource.relations).map((relation) => [relation.name, embedSchema(relation)]),
  )
  const name = typeName(resource)
  const schemas = {
    whole: z.object({ ...whole, ...embeds }).openapi(name, { example: sample }),
    part: z.object({ ...part, ...embeds }).openapi(`${name}Part`, {
      description: "What `fields` asked for",
      example: Object.fromEntries(Object.entries(sample).slice(0, 2)),
    }),
  }
  made.set(resource, schemas)
  return schemas
}

/** An embedded row or list. Its fields depend on `include.….fields`, so all are optional. */
function embedSchema(relation: Relation): z.ZodType {
  const shape = Object.fromEntries(readable(relation.target).map((f) => [f.name, outputSchema(f).optional()]))
  const row = z.looseObject(shape)
  return relation.kind === "many" ? z.array(row).optional() : row.nullable().optional()
}

const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } })
const idParam = (description: string) =>
  z.object({
    id: z
      .int()
      .min(1)
      .openapi({ param: { name: "id", in: "path", description }, example: 1 }),
  })

const text = (description: string): z.ZodType => z.string().optional().openapi({ param: { description } })

/** The parameters of embeds, for the relations of the resource itself. */
function includeParams(resource: Resource, byDefault: boolean): Shape {
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

const fieldsParam = (resource: Resource): Shape => ({
  fields: text(
    `Fields to answer with, separated by commas: ${readable(resource)
      .map((f) => f.name)
      .join(", ")}`,
  ),
})

const listParams = (resource: Resource): Shape => ({
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

const security = (
  resource: Resource,
  action: "read" | "create" | "update" | "delete",
): "optional" | "required" => (isOpen(resource.rules[action], "anonymous") ? "optional" : "required")

const linkHeaders = {
  Link: { description: "first, prev and next (RFC 8288)", schema: { type: "string" as const } },
  "X-Total-Count": {
    description: "All matching rows; with count=exact",
    schema: { type: "integer" as const },
  },
}
const location = { Location: { description: "The new row's path", schema: { type: "string" as const } } }
const within = (parent: Resource | undefined, relation: Relation | undefined) =>
  parent && relation
    ? { operation: `${typeName(parent)}${pascal(relation.name)}`, words: ` of one ${singular(parent.name)}` }
    : undefined

export function listDoc(resource: Resource, parent?: Resource, relation?: Relation): RouteDoc {
  const { whole, part } = rowSchemas(resource)
  const nested = within(parent, relation)
  return {
    operationId: `list${nested?.operation ?? pascal(resource.name)}`,
    summary: `List ${resource.name}${nested?.words ?? ""}`,
    tags: [resource.name],
    security: security(resource, "read"),
    request: {
      ...(parent ? { params: idParam(`The ${singular(parent.name)}`) } : {}),
      query: z.object(listParams(resource)),
    },
    responses: {
      200: { description: "A page", headers: linkHeaders, ...json(z.union([z.array(whole), z.array(part)])) },
    },
    errors: [401, 403, ...(parent ? [404] : []), 406, 422],
  }
}

export function readDoc(resource: Resource): RouteDoc {
  const { whole, part } = rowSchemas(resource)
  return {
    operationId: `read${typeName(resource)}`,
    summary: `Read one ${singular(resource.name)}`,
    tags: [resource.name],
    security: security(resource, "read"),
    request: {
      params: idParam(`The ${singular(resource.name)}`),
      query: z.object({ ...fieldsParam(resource), ...includeParams(resource, true) }),
    },
    responses: { 200: { description: "The row", ...json(z.union([whole, part])) } },
    errors: [401, 403, 404, 406, 422],
  }
}

/** A body's example: what a first create would send. */
function bodyExample(resource: Resource, only: (field: Field) => boolean): Record<string, unknown> {
  const fields = Object.values(resource.fields).filter((f) => f.write !== undefined && only(f))
  return Object.fromEntries(
    fields.map((f) => (f.secret ? [f.secret.as, "correct horse battery"] : [f.name, example(f)])),
  )
}

export function createDoc(resource: Resource, parent?: Resource, relation?: Relation): RouteDoc {
  const row = rowSchemas(resource).whole
  const nested = within(parent, relation)
  const sample = bodyExample(resource, (f) => !f.optional && f.name !== relation?.foreign)
  const whole = createSchema(resource)
  // The path says whose it is; the body need not.
  const schema = relation
    ? whole.extend({ [relation.foreign]: (whole.shape[relation.foreign] as z.ZodType).optional() })
    : whole
  const body = schema.openapi(nested ? `${nested.operation}Create` : `${typeName(resource)}Create`, {
    example: sample,
  })
  return {
    operationId: `create${nested?.operation ?? typeName(resource)}`,
    summary: `Create one ${singular(resource.name)}, or many: all or nothing${nested?.words ?? ""}`,
    tags: [resource.name],
    security: security(resource, "create"),
    request: {
      ...(parent ? { params: idParam(`The ${singular(parent.name)}`) } : {}),
      body: {
        required: true,
        ...json(z.union([body, z.array(body).min(1).max(1000)]).openapi({ example: sample })),
      },
    },
    responses: { 201: { description: "Created", headers: location, ...json(z.union([row, z.array(row)])) } },
    errors: [401, 403, ...(parent ? [404] : []), 406, 409, 413, 415, 422],
  }
}

export function updateDoc(resource: Resource): RouteDoc {
  const sample = bodyExample(resource, (f) => !f.optional && !f.secret)
  const body = updateSchema(resource).openapi(`${typeName(resource)}Update`, { example: sample })
  return {
    operationId: `update${typeName(resource)}`,
    summary: `Change one ${singular(resource.name)}: a merge patch (RFC 7396)`,
    tags: [resource.name],
    security: security(resource, "update"),
    request: {
      params: idParam(`The ${singular(resource.name)}`),
      body: {
        required: true,
        content: { "application/json": { schema: body }, "application/merge-patch+json": { schema: body } },
      },
    },
    responses: { 200: { description: "The row as it is now", ...json(rowSchemas(resource).whole) } },
    errors: [401, 403, 404, 406, 409, 413, 415, 422],
  }
}

export function deleteDoc(resource: Resource): RouteDoc {
  return {
    operationId: `delete${typeName(resource)}`,
    summary: `Delete one ${singular(resource.name)}`,
    tags: [resource.name],
    security: security(resource, "delete"),
    request: { params: idParam(`The ${singular(resource.name)}`) },
    responses: { 204: { description: "Deleted" } },
    errors: [401, 403, 404, 409, 422],
  }
}
