import { documentExample } from "../documents/schema-example.ts"
import { localized } from "../documents/schema-references.ts"
import type { Json, Reference } from "../http/components.ts"
import type { Resource } from "../resource/resource.ts"
import type { FieldSchema } from "./openapi-fields.ts"
import { type Documents, objectOf } from "./openapi-parts.ts"
import { createExample } from "./openapi-writes.ts"

type Members = Record<string, FieldSchema>

/** What a collection's own JSON Schema says, with its references as they are within the component `name`. */
function ownSchema({ collection }: Resource, name: string): Json {
  const schema = collection?.schema
  if (schema === undefined || typeof schema === "boolean") return { type: "object" }
  const { $schema: _, ...own } = localized(schema, `#/components/schemas/${name}`) as Json
  if (applicators.some((keyword) => keyword in own) && closes(schema))
    for (const keyword of applicators) delete own[keyword]
  return { type: "object", ...own }
}

/** What a schema says of how many members there are, or of all their names: an answer has the engine's besides. */
const ofAllMembers = ["maxProperties", "minProperties", "propertyNames", "unevaluatedProperties"]

/** What applies further schemas to the same document. */
const applicators = ["$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"]

/** Whether some part of a schema may rule out members by name or number, the engine's among them. */
const closes = (schema: unknown): boolean =>
  typeof schema === "object" &&
  schema !== null &&
  Object.entries(schema).some(
    ([key, value]) => key === "additionalProperties" || ofAllMembers.includes(key) || closes(value),
  )

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
