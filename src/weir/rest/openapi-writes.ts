import { z } from "@hono/zod-openapi"
import { patchTypes } from "../http/media-types.ts"
import type { RouteDoc } from "../http/registry.ts"
import type { Quota } from "../resource/quota.ts"
import { confirmHeader, type Field, type Resource, secretOf } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { createSchema, maxCreateRows, updateSchema } from "../resource/schemas.ts"
import { viewerKinds } from "../resource/viewer.ts"
import type { Within } from "./handlers.ts"
import { keyParams } from "./openapi-params.ts"
import { jsonOf, nestedNames, securityOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"

/** Hashes of secrets wait their turn; beyond the queue, the server refuses them. */
const tooMany = (resource: Resource): number[] => (secretOf(resource) ? [429] : [])

const locationOf = (description: string) => ({
  Location: { description, schema: { type: "string" as const } },
})

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
export function bodyExample(
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

/** What a create sends at the least. */
export const createExample = (resource: Resource, foreign: readonly string[] = []): Record<string, unknown> =>
  bodyExample(resource, "create", (f) => !f.optional && !foreign.includes(f.name))

export const quotaText = ({ rows, column }: Quota): string =>
  ` At most ${rows} rows with one value of \`${column}\`: beyond, a 403 with the code \`quota_exceeded\`.`

/** The schema of a create's object, by resource and parent: creates of one and of many share it. */
const createBodyOf = (resource: Resource, parent?: Within): z.ZodType =>
  createBody(
    resource,
    parent?.relation.foreign ?? [],
    parent ? `${nestedNames(resource, parent).operation}Create` : `${resource.typeName}Create`,
  )

/** The schema of a create's object without the columns that its path fills. */
export function createBody(resource: Resource, foreign: readonly string[], name: string): z.ZodObject {
  const left = unwritable(resource, "create")
  // The path names the parent: a body that does so, too, must name the same, which no schema can say.
  for (const column of foreign) if (resource.fields[column]?.write) left[column] = true
  const whole = createSchema(resource).omit(left)
  const shape = whole.shape as Record<string, z.ZodType>
  const changed: Record<string, z.ZodType> = {}
  // In words: generators of clients make a member with a JSON Schema default a required one.
  for (const { name, default: value } of Object.values(resource.fields))
    if (value !== undefined && shape[name])
      changed[name] = shape[name].openapi({ description: `Default: ${JSON.stringify(value)}` })
  return whole.extend(changed).openapi(name, { example: createExample(resource, foreign) })
}

const createErrors = (resource: Resource, parent?: Within): number[] => [
  ...[401, 403, ...(parent ? [404] : []), 406, 409, 413, 415, 422],
  ...tooMany(resource),
]

export function createDoc(resource: Resource, parent?: Within): RouteDoc {
  const { operation, words } = nestedNames(resource, parent)
  const { quota, singular, name } = resource
  const example = createExample(resource, parent?.relation.foreign)
  return {
    operationId: `create${parent ? operation : resource.typeName}`,
    summary: `Create one ${singular}${words}`,
    description: `Creates one ${singular} of an object. An array is taken, too, and answered by one, as by \`POST …/batch\`.${quota ? quotaText(quota) : ""}`,
    tags: [name],
    security: securityOf(resource, "create"),
    request: {
      ...(parent ? { params: keyParams(parent.within) } : {}),
      body: { required: true, ...jsonOf(createBodyOf(resource, parent), example) },
    },
    responses: {
      201: {
        description: "Created",
        headers: locationOf("The new row's path"),
        ...jsonOf(rowSchemas(resource).whole),
      },
    },
    errors: createErrors(resource, parent),
  }
}

/** Creates of many have a path of their own, so that a client's types tell one row from many. */
export function createManyDoc(resource: Resource, parent?: Within): RouteDoc {
  const { operation, words } = nestedNames(resource, parent)
  const { quota, name } = resource
  const rows = z.array(createBodyOf(resource, parent)).min(1).max(maxCreateRows(resource))
  return {
    operationId: `createMany${operation}`,
    summary: `Create many ${name}${words}: all or nothing`,
    description: `Creates one row for each object of the array, in one transaction: all of them, or none.${quota ? quotaText(quota) : ""}`,
    tags: [name],
    security: securityOf(resource, "create"),
    request: {
      ...(parent ? { params: keyParams(parent.within) } : {}),
      body: {
        required: true,
        ...jsonOf(rows, [createExample(resource, parent?.relation.foreign)]),
      },
    },
    responses: {
      201: {
        description: "Created, in the array's order",
        headers: locationOf("The path of the list"),
        ...jsonOf(z.array(rowSchemas(resource).whole)),
      },
    },
    errors: createErrors(resource, parent),
  }
}

export function updateDoc(resource: Resource): RouteDoc {
  const example = bodyExample(resource, "update", (f) => !f.optional && !f.secret)
  const schema = updateSchema(resource)
    .omit(unwritable(resource, "update"))
    .openapi(`${resource.typeName}Update`, { example })
  return {
    operationId: `update${resource.typeName}`,
    summary: `Change one ${resource.singular}`,
    description:
      "A merge patch (RFC 7396): members that the body holds are set, null clears one that may be null, and others stay as they are.",
    tags: [resource.name],
    security: securityOf(resource, "update"),
    request: {
      params: keyParams(resource),
      body: {
        required: true,
        content: Object.fromEntries(patchTypes.map((type) => [type, { schema, example }])),
      },
    },
    responses: {
      200: { description: "The row as it is now", ...jsonOf(rowSchemas(resource).whole) },
    },
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
    description: resource.softDelete
      ? "The row is kept and hidden: it is answered as one that is not there."
      : "What refers to the row goes with it, loses its reference, or forbids it with a 409, as its table says.",
    tags: [resource.name],
    security: securityOf(resource, "delete"),
    request: { params: keyParams(resource), ...headers },
    responses: { 204: { description: "Deleted" } },
    errors: [401, 403, 404, 409, 413, 422, ...(secret ? tooMany(resource) : [])],
  }
}

export const restoreDoc = (resource: Resource): RouteDoc => ({
  operationId: `restore${resource.typeName}`,
  summary: `Restore one ${resource.singular}`,
  description:
    "Brings back a row that was deleted. A 404 for one that is not deleted, a 409 where another row has one of its values by now.",
  tags: [resource.name],
  security: securityOf(resource, "restore"),
  request: { params: keyParams(resource) },
  responses: {
    200: { description: "The row as it is now", ...jsonOf(rowSchemas(resource).whole) },
  },
  errors: [401, 403, 404, 406, 409, 422],
})
