import { z } from "@hono/zod-openapi"
import { conditional, unchanged, validators } from "../http/conditional-docs.ts"
import type { RouteDoc } from "../http/registry.ts"
import { type Field, type Relation, type Resource, secretOf } from "../resource/resource.ts"
import { createSchema, example, maxRows, updateSchema } from "../resource/schemas.ts"
import { isOpen } from "../sql/row.ts"
import { fieldsParam, idParam, includeParams, listParams } from "./openapi-params.ts"
import { pascal, rowSchemas, singular, typeName } from "./openapi-rows.ts"

const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } })
const security = (
  resource: Resource,
  action: "read" | "create" | "update" | "delete",
): "optional" | "required" => (isOpen(resource.rules[action], "anonymous") ? "optional" : "required")

/** Secrets take their time to be hashed: a server has that wait, and then refuses it. */
const tooMany = (resource: Resource): number[] => (secretOf(resource) ? [429] : [])

const linkHeaders = {
  ...validators,
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
      headers: conditional,
    },
    responses: {
      ...unchanged,
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
      headers: conditional,
    },
    responses: {
      200: { description: "The row", headers: validators, ...json(z.union([whole, part])) },
      ...unchanged,
    },
    errors: [401, 403, 404, 406, 422],
  }
}

/** `me` in place of an id: the viewer's own row. */
export function readMeDoc(resource: Resource): RouteDoc {
  const { request, ...doc } = readDoc(resource)
  const { query, headers } = request ?? {}
  return {
    ...doc,
    operationId: "readMe",
    summary: "Read oneself; `me` stands for one's own id in the other paths too",
    security: "required",
    request: { ...(query ? { query } : {}), ...(headers ? { headers } : {}) },
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
        ...json(z.union([body, z.array(body).min(1).max(maxRows(resource))]).openapi({ example: sample })),
      },
    },
    responses: { 201: { description: "Created", headers: location, ...json(z.union([row, z.array(row)])) } },
    errors: [401, 403, ...(parent ? [404] : []), 406, 409, 413, 415, 422, ...tooMany(resource)],
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
    errors: [401, 403, 404, 406, 409, 413, 415, 422, ...tooMany(resource)],
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
