import { documentExample } from "../documents/schema-example.ts"
import type { Json, Reference } from "../http/components.ts"
import { countName } from "../query/include-tree.ts"
import { highlightName } from "../query/search.ts"
import { isVersion } from "../query/version.ts"
import { versionName } from "../resource/names.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import { documentSchema } from "./openapi-documents.ts"
import type { FieldSchema } from "./openapi-fields.ts"
import { type Documents, objectOf } from "./openapi-parts.ts"
import { highlightSchema } from "./openapi-search.ts"
import { createdName } from "./upsert.ts"

type Members = Record<string, FieldSchema>

/** A row as it is served: whole, or the part of it that `fields` asks for. Fields that not every viewer sees are optional. */
export function rowSchemas(d: Documents, resource: Resource): { whole: Reference; part: Reference } {
  const { components } = d
  const name = resource.typeName
  return {
    whole: components.named("schemas", name, () => {
      const members = { ...wholeMembers(d, resource), ...embeds(d, resource) }
      const schema = resource.document ? documentSchema(resource, name, members) : objectOf(members)
      return { ...schema, example: sampleOf(d, resource) }
    }),
    part: components.named("schemas", `${name}Part`, () => ({
      ...objectOf({
        ...partMembers(d, resource),
        ...versionOf(resource),
        ...createdOf(resource),
        ...embeds(d, resource),
      }),
      ...(resource.document && { additionalProperties: {} }),
      description: "What `fields` asked for",
      example: Object.fromEntries(Object.entries(sampleOf(d, resource)).slice(0, 2)),
    })),
  }
}

function wholeMembers({ fieldDoc, readable }: Documents, resource: Resource): Members {
  const members: Members = {}
  for (const field of columnsOf(readable, resource)) {
    const { schema, required } = fieldDoc(field).output
    const shown = isOpenToAll(field.read, "anonymous") && !field.type.heavy
    members[field.name] = { schema, required: required && shown }
  }
  return members
}

const partMembers = ({ fieldDoc, readable }: Documents, resource: Resource): Members =>
  Object.fromEntries(
    columnsOf(readable, resource).map((field) => [
      field.name,
      { schema: fieldDoc(field).output.schema, required: false },
    ]),
  )

/** The validator that \`fields\` may ask for. */
const versionOf = (resource: Resource): Members =>
  isVersion(resource, versionName)
    ? {
        [versionName]: {
          schema: { type: "string", description: "The row's ETag, without quotes" },
          required: false,
        },
      }
    : {}

/** Whether an upsert created the row. */
const createdOf = ({ options, fields }: Resource): Members =>
  options.upsert && !Object.hasOwn(fields, createdName)
    ? {
        [createdName]: {
          schema: { type: "boolean", description: "Whether it was created" },
          required: false,
        },
      }
    : {}

const sampleOf = ({ fieldDoc, readable }: Documents, resource: Resource): Json => ({
  ...Object.fromEntries(
    columnsOf(readable, resource)
      .filter(({ read }) => isOpenToAll(read, "anonymous"))
      .map((field) => [field.name, fieldDoc(field).example]),
  ),
  ...(resource.document && documentExample(resource)),
})

/** The fields that are members by their own names. */
const columnsOf = (readable: Documents["readable"], resource: Resource): Field[] =>
  readable(resource).filter(({ name }) => name !== resource.document)

/** What a row has beside its fields: what it embeds, and what shows where a search matched. */
function embeds(d: Documents, resource: Resource): Members {
  const members: Members = {}
  for (const relation of Object.values(resource.relations)) {
    members[relation.name] = { schema: embedSchema(d, relation), required: false }
    if (isCounted(resource, relation)) members[countName(relation)] = rowCount
  }
  const schema = highlightSchema(resource)
  if (schema) members[highlightName] = { schema, required: false }
  return members
}

const rowCount = { schema: { type: "integer", minimum: 0 }, required: false }
const isCounted = ({ fields, relations }: Resource, relation: Relation): boolean =>
  relation.kind === "many" && ![fields, relations].some((one) => Object.hasOwn(one, countName(relation)))

/** An embedded row or list. Its fields depend on `include.….fields`, so all are optional. */
function embedSchema(d: Documents, { kind, target }: Relation): Json {
  const row = d.components.named("schemas", d.embedded(target), () => ({
    ...objectOf(partMembers(d, target)),
    additionalProperties: {},
  }))
  return kind === "many" ? { type: "array", items: row } : { anyOf: [row, { type: "null" }] }
}
