import { isReferenceOf } from "../documents/references.ts"
import { documentExample } from "../documents/schema-example.ts"
import type { Json, Reference } from "../http/components.ts"
import { headerReferences, rowValidator } from "../http/conditional-docs.ts"
import type { OperationDoc } from "../http/document.ts"
import { patchTypes } from "../http/media-types.ts"
import { noNul } from "../lib/storable.ts"
import { maxCreateRows } from "../operations/create-many.ts"
import type { Quota } from "../resource/quota.ts"
import { type Field, type Resource, secretOf } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { writable } from "../resource/schemas.ts"
import { viewerKinds } from "../resource/viewer.ts"
import type { Within } from "./handlers.ts"
import { rowWriteParams, signedUp, withoutBody, writtenRow } from "./openapi-answers.ts"
import { documentBody, documentPatch, patchExample } from "./openapi-documents.ts"
import type { FieldSchema } from "./openapi-fields.ts"
import { fromVersionParams } from "./openapi-history.ts"
import { keyParams } from "./openapi-params.ts"
import { type Documents, jsonOf, nestedNames, nestedScopes, objectOf, securityOf } from "./openapi-parts.ts"
import { createParams, upsertAnswers, upsertText } from "./openapi-upsert.ts"

/** Hashes of secrets wait their turn; beyond the queue, the server refuses them. */
export const tooMany = (resource: Resource): number[] => (secretOf(resource) ? [429] : [])

/** Where changes need a condition, they are refused without. */
export const demanded = ({ options }: Resource): number[] => (options.conditional === "required" ? [428] : [])

const locationOf = (description: string) => ({
  Location: { description, schema: { type: "string" } },
})

/** The fields that a body may hold and no viewer may set: the document leaves them out. */
const isUnwritable = ({ write, secret }: Field, action: "create" | "update"): boolean =>
  write !== undefined && !secret && !viewerKinds().some((kind) => isOpen(write[action], kind))

/** A body's example: what a first create would send. */
export function bodyExample(
  resource: Resource,
  action: "create" | "update",
  only: (field: Field) => boolean,
): Record<string, unknown> {
  const fields = writable(resource).filter((f) => !isUnwritable(f, action) && only(f))
  return Object.fromEntries(
    fields.map((f) => (f.secret ? [f.secret.as, "correct horse battery"] : [f.name, f.type.example()])),
  )
}

/** What a create sends at the least. */
export const createExample = (
  resource: Resource,
  foreign: readonly string[] = [],
): Record<string, unknown> => {
  const needed = bodyExample(
    resource,
    "create",
    (f) => !f.optional && !foreign.includes(f.name) && isSent(resource, f.name),
  )
  const document = resource.document && documentExample(resource)
  return document ? { ...needed, ...document } : needed
}

export const quotaText = ({ rows, column }: Quota): string =>
  ` At most ${rows} rows with one value of \`${column}\`: beyond, a 403 with the code \`quota_exceeded\`.`

export type SecretBounds = NonNullable<Field["secret"]>

const secretSchema = ({ min, max }: SecretBounds): Json => ({
  type: "string",
  minLength: min,
  maxLength: max,
  pattern: noNul,
})

/** The members of a create's body. */
export function createMembers(
  { fieldDoc }: Documents,
  resource: Resource,
  foreign: readonly string[],
): Record<string, FieldSchema> {
  const members: Record<string, FieldSchema> = {}
  for (const field of writable(resource)) {
    const { name, secret, optional, default: value } = field
    // The path names the parent: a body that does so, too, must name the same, which no schema can say.
    if (secret) members[secret.as] = { schema: secretSchema(secret), required: true }
    else if (!isUnwritable(field, "create") && !foreign.includes(name) && isSent(resource, name)) {
      const { schema, required } = fieldDoc(field).input
      // In words: generators of clients make a member with a JSON Schema default a required one.
      const described =
        value === undefined ? schema : { ...schema, description: `Default: ${JSON.stringify(value)}` }
      members[name] = { schema: described, required: required && !optional }
    }
  }
  return members
}

/** Whether a body may hold the field: of a document, its key and its references beside its own members. */
const isSent = (resource: Resource, name: string): boolean =>
  resource.document === undefined || resource.keys.includes(name) || isReferenceOf(resource, name)

/** The schema of a create's object, by resource and parent: creates of one and of many share it. */
export const createBodyOf = (d: Documents, resource: Resource, parent?: Within): Reference =>
  createBody(
    d,
    resource,
    parent?.relation.foreign ?? [],
    `${parent ? nestedNames(resource, parent).operation : resource.typeName}Create`,
  )

/** The schema of a create's object without the columns that its path fills. */
export const createBody = (
  d: Documents,
  resource: Resource,
  foreign: readonly string[],
  name: string,
): Reference =>
  d.components.named("schemas", name, () => {
    const members = createMembers(d, resource, foreign)
    if (resource.document) return documentBody(resource, name, members)
    return { ...objectOf(members), additionalProperties: false, example: createExample(resource, foreign) }
  })

/** The members of an update's body. */
export function updateMembers(d: Documents, resource: Resource): Record<string, FieldSchema> {
  const members: Record<string, FieldSchema> = {}
  for (const field of writable(resource)) {
    const { name, secret } = field
    if (secret) {
      members[secret.as] = { schema: secretSchema(secret), required: false }
      members[secret.confirm] = { schema: { type: "string", maxLength: secret.max }, required: false }
    } else if (!isUnwritable(field, "update"))
      members[name] = { schema: d.fieldDoc(field).input.schema, required: false }
  }
  return members
}

export const updateExample = (resource: Resource): Record<string, unknown> =>
  bodyExample(resource, "update", (f) => !f.optional && !f.secret)

/** The schema of an update. */
export const updateBody = (d: Documents, resource: Resource): Reference =>
  d.components.named("schemas", `${resource.typeName}Update`, () => ({
    ...objectOf(updateMembers(d, resource)),
    additionalProperties: false,
    example: updateExample(resource),
  }))

const createErrors = (resource: Resource, parent?: Within): number[] => [
  ...[401, 403, ...(parent ? [404] : []), 406, 409, 413, 415, 422],
  ...tooMany(resource),
]

export function createDoc(d: Documents, resource: Resource, parent?: Within): OperationDoc {
  const { operation, words } = nestedNames(resource, parent)
  const { quota, singular, name } = resource
  const example = createExample(resource, parent?.relation.foreign)
  return {
    operationId: `create${parent ? operation : resource.typeName}`,
    summary: `Create one ${singular}${words}`,
    description: `Creates one ${singular} of an object. An array is taken, too, and answered by one, as by a POST to \`batch\` below.${quota ? quotaText(quota) : ""}${upsertText(resource)}`,
    tags: [name],
    security: securityOf(resource, "create"),
    ...(parent ? { scopes: nestedScopes(resource, "create", parent.within) } : {}),
    json: {
      parameters: [...(parent ? keyParams(d, parent.within) : []), ...createParams(d, resource)],
      requestBody: { required: true, ...jsonOf(createBodyOf(d, resource, parent), example) },
      responses: {
        ...upsertAnswers(d, resource),
        ...(resource.addresses?.confirm && !parent ? signedUp() : {}),
        201: {
          description: "Created",
          headers: { ...locationOf("The new row's path"), ...headerReferences(d.components, rowValidator) },
          ...jsonOf(writtenRow(d, resource)),
        },
      },
    },
    errors: createErrors(resource, parent),
  }
}

/** Creates of many have a path of their own, so that a client's types tell one row from many. */
export function createManyDoc(d: Documents, resource: Resource, parent?: Within): OperationDoc {
  const { operation, words } = nestedNames(resource, parent)
  const { quota, name } = resource
  const rows = {
    type: "array",
    items: createBodyOf(d, resource, parent),
    minItems: 1,
    maxItems: maxCreateRows(resource),
  }
  return {
    operationId: `createMany${operation}`,
    summary: `Create many ${name}${words}: all or nothing`,
    description: `Creates one row for each object of the array, in one transaction: all of them, or none.${quota ? quotaText(quota) : ""}${upsertText(resource)}`,
    tags: [name],
    security: securityOf(resource, "create"),
    ...(parent ? { scopes: nestedScopes(resource, "create", parent.within) } : {}),
    json: {
      parameters: [...(parent ? keyParams(d, parent.within) : []), ...createParams(d, resource)],
      requestBody: {
        required: true,
        ...jsonOf(rows, [createExample(resource, parent?.relation.foreign)]),
      },
      responses: {
        ...upsertAnswers(d, resource, true),
        201: {
          description: "Created, in the array's order",
          headers: locationOf("The path of the list"),
          ...jsonOf({ type: "array", items: writtenRow(d, resource) }),
        },
      },
    },
    errors: createErrors(resource, parent),
  }
}

export function updateDoc(d: Documents, resource: Resource): OperationDoc {
  const example = resource.document ? patchExample(resource) : updateExample(resource)
  const schema = resource.document ? documentPatch(d, resource) : updateBody(d, resource)
  return {
    operationId: `update${resource.typeName}`,
    summary: `Change one ${resource.singular}`,
    description: resource.document
      ? "A merge patch (RFC 7396): members that the body holds are set, null removes one, objects are merged, and others stay as they are."
      : "A merge patch (RFC 7396): members that the body holds are set, null clears one that may be null, and others stay as they are.",
    tags: [resource.name],
    security: securityOf(resource, "update"),
    json: {
      parameters: [...rowWriteParams(d, resource), ...fromVersionParams(d, resource)],
      requestBody: {
        required: true,
        content: Object.fromEntries(patchTypes.map((type) => [type, { schema, example }])),
      },
      responses: {
        ...withoutBody,
        200: {
          description: "The row as it is now",
          headers: headerReferences(d.components, rowValidator),
          ...jsonOf(writtenRow(d, resource)),
        },
      },
    },
    errors: [401, 403, 404, 406, 409, 412, 413, 415, 422, ...demanded(resource), ...tooMany(resource)],
  }
}
