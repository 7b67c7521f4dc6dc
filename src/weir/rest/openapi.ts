import { z } from "@hono/zod-openapi"
import { conditional, unchanged, validators } from "../http/conditional-docs.ts"
import type { RouteDoc } from "../http/registry.ts"
import { pascal } from "../resource/names.ts"
import type { Quota } from "../resource/quota.ts"
import { confirmHeader, type Field, type Resource, secretOf } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { createSchema, maxCreateRows, updateSchema } from "../resource/schemas.ts"
import { viewerKinds } from "../resource/viewer.ts"
import type { Within } from "./handlers.ts"
import { fieldsParam, idParam, includeParams, listParams } from "./openapi-params.ts"
import { rowSchemas } from "./openapi-rows.ts"

const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } })
const security = (
  resource: Resource,
  action: "read" | "create" | "update" | "delete",
): "optional" | "required" => (isOpen(resource.rules[action], "anonymous") ? "optional" : "required")

/** Hashes of secrets wait their turn; beyond the queue, the server refuses them. */
const tooMany = (resource: Resource): number[] => (secretOf(resource) ? [429] : [])

const linkHeaders = {
  ...validators,
  Link: { description: "first, prev and next (RFC 8288)", schema: { type: "string" as const } },
  "X-Total-Count": {
    description: "Number of matching rows; with count=exact",
    schema: { type: "integer" as const },
  },
}
const location = { Location: { description: "The new row's path", schema: { type: "string" as const } } }
const within = ({ within, relation }: Within) => ({
  operation: `${within.typeName}${pascal(relation.name)}`,
  words: ` in the ${relation.name} of one ${within.singular}`,
})

export function listDoc(resource: Resource, parent?: Within): RouteDoc {
  const { whole, part } = rowSchemas(resource)
  const nested = parent && within(parent)
  return {
    operationId: `list${nested?.operation ?? pascal(resource.name)}`,
    summary: `List ${resource.name}${nested?.words ?? ""}`,
    tags: [resource.name],
    security: security(resource, "read"),
    request: {
      ...(parent ? { params: idParam(`The ${parent.within.singular}`) } : {}),
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
    operationId: `read${resource.typeName}`,
    summary: `Read one ${resource.singular}`,
    tags: [resource.name],
    security: security(resource, "read"),
    request: {
      params: idParam(`The ${resource.singular}`),
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
export function readCurrentDoc(resource: Resource): RouteDoc {
  const { request, ...doc } = readDoc(resource)
  const { query, headers } = request ?? {}
  return {
    ...doc,
    operationId: `readCurrent${resource.typeName}`,
    summary: `Read the current ${resource.singular}; \`me\` works in the other paths too`,
    security: "required",
    request: { ...(query ? { query } : {}), ...(headers ? { headers } : {}) },
  }
}

/** The members that a body may hold and no viewer may set: the document leaves them out. */
const unwritable = (resource: Resource, action: "create" | "update"): Record<string, true> =>
  Object.fromEntries(
    Object.values(resource.fields)
      .filter(
        ({ write, secret }) => write && !secret && !viewerKinds.some((kind) => isOpen(write[action], kind)),
      )
      .map(({ name }) => [name, true as const]),
  )

/** A body's example: what a first create would send. */
function bodyExample(
  resource: Resource,
  action: "create" | "update",
  only: (field: Field) => boolean,
): Record<string, unknown> {
  const closed = unwritable(resource, action)
  const fields = Object.values(resource.fields).filter(
    (f) => f.write !== undefined && !Object.hasOwn(closed, f.name) && only(f),
  )
  return Object.fromEntries(
    fields.map((f) => (f.secret ? [f.secret.as, "correct horse battery"] : [f.name, f.type.example()])),
  )
}

const quotaText = ({ rows, column }: Quota): string =>
  `At most ${rows} rows with one value of \`${column}\`: beyond, a 403 with the code \`quota_exceeded\``

export function createDoc(resource: Resource, parent?: Within): RouteDoc {
  const foreign = parent?.relation.foreign
  const row = rowSchemas(resource).whole
  const nested = parent && within(parent)
  const sample = bodyExample(resource, "create", (f) => !f.optional && f.name !== foreign)
  const whole = createSchema(resource).omit(unwritable(resource, "create"))
  // The path names the parent; the body need not.
  const parentKey = foreign === undefined ? undefined : (whole.shape as Record<string, z.ZodType>)[foreign]
  const schema =
    foreign !== undefined && parentKey ? whole.extend({ [foreign]: parentKey.optional() }) : whole
  const body = schema.openapi(nested ? `${nested.operation}Create` : `${resource.typeName}Create`, {
    example: sample,
  })
  return {
    operationId: `create${nested?.operation ?? resource.typeName}`,
    summary: `Create one ${resource.singular}${nested?.words ?? ""}, or many: all or nothing`,
    ...(resource.quota ? { description: quotaText(resource.quota) } : {}),
    tags: [resource.name],
    security: security(resource, "create"),
    request: {
      ...(parent ? { params: idParam(`The ${parent.within.singular}`) } : {}),
      body: {
        required: true,
        ...json(
          z.union([body, z.array(body).min(1).max(maxCreateRows(resource))]).openapi({ example: sample }),
        ),
      },
    },
    responses: { 201: { description: "Created", headers: location, ...json(z.union([row, z.array(row)])) } },
    errors: [401, 403, ...(parent ? [404] : []), 406, 409, 413, 415, 422, ...tooMany(resource)],
  }
}

export function updateDoc(resource: Resource): RouteDoc {
  const sample = bodyExample(resource, "update", (f) => !f.optional && !f.secret)
  const body = updateSchema(resource)
    .omit(unwritable(resource, "update"))
    .openapi(`${resource.typeName}Update`, { example: sample })
  return {
    operationId: `update${resource.typeName}`,
    summary: `Change one ${resource.singular}: a merge patch (RFC 7396)`,
    tags: [resource.name],
    security: security(resource, "update"),
    request: {
      params: idParam(`The ${resource.singular}`),
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
  const secret = resource.options.confirmDelete ? secretOf(resource)?.secret : undefined
  const description = "The present password, percent-encoded; admins need none"
  const headers = secret && {
    headers: z.object({
      [confirmHeader(secret)]: z.string().optional().openapi({ format: "password", param: { description } }),
    }),
  }
  return {
    operationId: `delete${resource.typeName}`,
    summary: `Delete one ${resource.singular}`,
    tags: [resource.name],
    security: security(resource, "delete"),
    request: { params: idParam(`The ${resource.singular}`), ...headers },
    responses: { 204: { description: "Deleted" } },
    errors: [401, 403, 404, 409, 422, ...(secret ? tooMany(resource) : [])],
  }
}
