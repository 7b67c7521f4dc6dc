import { documentExample } from "../documents/schema-example.ts"
import type { Json, Reference } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import type { Resource } from "../resource/resource.ts"
import type { FieldSchema } from "./openapi-fields.ts"
import { keyParams } from "./openapi-params.ts"
import { type Documents, jsonOf, objectOf, securityOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"
import { createBodyOf, createExample } from "./openapi-writes.ts"

type Members = Record<string, FieldSchema>

/** What a collection's own JSON Schema says, with its references as they are within the component `name`. */
function ownSchema({ collection }: Resource, name: string): Json {
  const schema = collection?.schema
  if (schema === undefined || typeof schema === "boolean") return { type: "object" }
  const { $schema: _, $id: __, ...own } = schema
  return { type: "object", ...(within(own, `#/components/schemas/${name}`) as Json) }
}

/** The same schema with its references to places in itself led to another root. */
function within(value: unknown, root: string): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((one) => within(one, root))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "$ref" && typeof one === "string" && one.startsWith("#")
        ? root + one.slice(1)
        : within(one, root),
    ]),
  )
}

/** What a schema says of how many members there are, or of all their names: an answer has the engine's besides. */
const ofAllMembers = ["maxProperties", "minProperties", "propertyNames", "unevaluatedProperties"]

/** A document as it is answered: its own members, and those of the engine. */
export function documentSchema(resource: Resource, name: string, system: Members): Json {
  const own = ownSchema(resource, name)
  for (const keyword of ofAllMembers) delete own[keyword]
  const { properties, required = [] } = objectOf(system) as { properties: Json; required?: string[] }
  return {
    ...own,
    properties: { ...(own.properties as Json | undefined), ...properties },
    required: [...new Set([...((own.required as string[] | undefined) ?? []), ...required])],
    additionalProperties: own.additionalProperties ?? {},
  }
}

/** A document as a create sends it. */
export function documentBody(resource: Resource, name: string, members: Members): Json {
  const own = ownSchema(resource, name)
  delete own.maxProperties
  const { properties, required = [] } = objectOf(members) as { properties: Json; required?: string[] }
  const all = [...((own.required as string[] | undefined) ?? []), ...required]
  return {
    ...own,
    properties: { ...(own.properties as Json | undefined), ...properties },
    ...(all.length && { required: all }),
    additionalProperties: own.additionalProperties ?? {},
    example: createExample(resource),
  }
}

/** A merge patch of a document. */
export const documentPatch = (d: Documents, resource: Resource): Reference =>
  d.components.named("schemas", `${resource.typeName}Update`, () => ({
    type: "object",
    minProperties: 1,
    additionalProperties: {},
    description: "Members to set, and null for those to remove; objects are merged",
    example: patchExample(resource),
  }))

/** A patch for the documents. */
export const patchExample = (resource: Resource): Json =>
  Object.fromEntries(Object.entries(documentExample(resource) ?? {}).slice(0, 1))

/** A replacement of a document, or its creation with the key of its path. */
export function replaceDoc(d: Documents, resource: Resource): OperationDoc {
  const { singular, typeName, name } = resource
  const { whole } = rowSchemas(d, resource)
  return {
    operationId: `replace${typeName}`,
    summary: `Replace one ${singular}, or create it with that key`,
    description:
      "Stores the document as it is sent, in place of the one with that key. Where there is none, it is created, as by a POST.",
    tags: [name],
    security: securityOf(resource, "update"),
    json: {
      parameters: keyParams(d, resource),
      requestBody: {
        required: true,
        ...jsonOf(createBodyOf(d, resource), createExample(resource)),
      },
      responses: {
        200: { description: "Replaced", ...jsonOf(whole) },
        201: {
          description: "Created",
          headers: { Location: { description: "The new row's path", schema: { type: "string" } } },
          ...jsonOf(whole),
        },
      },
    },
    errors: [401, 403, 404, 406, 409, 413, 415, 422],
  }
}
