import type { Reference } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import { patchTypes } from "../http/media-types.ts"
import { maxUpdates } from "../operations/update-many.ts"
import { mostAffected, mostParam } from "../query/bulk.ts"
import { keyFields } from "../resource/key.ts"
import { pascal, versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import { answerParams, withoutBody, writeHeaders, writtenRow } from "./openapi-answers.ts"
import { conditionParams } from "./openapi-params.ts"
import { type Documents, inQuery, jsonOf, objectOf, securityOf } from "./openapi-parts.ts"
import { updateBody, updateExample, updateMembers } from "./openapi-writes.ts"

const mostDoc = (d: Documents): Reference =>
  d.components.named("parameters", mostParam, () =>
    inQuery(mostParam, "Most rows that may be changed: where more pass the filters, none is", {
      type: "integer",
      minimum: 1,
      maximum: mostAffected.atMost,
      default: mostAffected.byDefault,
    }),
  )

const counted = (d: Documents): Reference =>
  d.components.named("schemas", "Count", () =>
    objectOf({ count: { schema: { type: "integer", minimum: 0 }, required: true } }),
  )

/** A row of an array of changes: its key, its version if it asks for one, and what is to be changed. */
const changedRow = (d: Documents, resource: Resource): Reference =>
  d.components.named("schemas", `${resource.typeName}BulkUpdate`, () => {
    const keys = keyFields(resource).map((field) => [
      field.name,
      { schema: d.fieldDoc(field).input.schema, required: true },
    ])
    const version = resource.document
      ? {}
      : { [versionName]: { schema: { type: "string" }, required: false } }
    const fields = resource.document ? {} : updateMembers(d, resource)
    const members = { ...fields, ...version, ...Object.fromEntries(keys) }
    return { ...objectOf(members), additionalProperties: resource.document !== undefined }
  })

/** Changes of many rows: each by a patch of its own, or those that filters find by one. */
export function updateManyDoc(d: Documents, resource: Resource): OperationDoc {
  const { name, document } = resource
  const each = { type: "array", items: changedRow(d, resource), minItems: 1, maxItems: maxUpdates }
  const schema = document ? each : { anyOf: [each, updateBody(d, resource)] }
  const keys = keyFields(resource).map((field) => [field.name, field.type.example()])
  const example = [{ ...Object.fromEntries(keys), ...updateExample(resource) }]
  const rows = { type: "array", items: writtenRow(d, resource) }
  return {
    operationId: `updateMany${pascal(name)}`,
    summary: `Change many ${name}: all or nothing`,
    description: document
      ? "Each document of the array is changed by a merge patch, in one transaction."
      : "Each row of the array is changed by a merge patch of its own, and those that filters find by the one that the body is: all in one transaction. With filters, rows that the caller may not change are left out.",
    tags: [name],
    security: securityOf(resource, "update"),
    json: {
      parameters: [
        ...(document ? [] : [mostDoc(d), ...conditionParams(d, resource)]),
        ...answerParams(d, resource),
      ],
      requestBody: {
        required: true,
        content: Object.fromEntries(patchTypes.map((type) => [type, { schema, example }])),
      },
      responses: {
        ...withoutBody,
        200: {
          description: "The rows as they are now, in the array's order; of those that filters find, how many",
          ...jsonOf(document ? rows : { anyOf: [rows, counted(d)] }),
        },
      },
    },
    errors: [401, 403, 404, 406, 409, 412, 413, 415, 422],
  }
}

/** Deletes of the rows that filters find. */
export function deleteManyDoc(d: Documents, resource: Resource): OperationDoc {
  const { name } = resource
  return {
    operationId: `deleteMany${pascal(name)}`,
    summary: `Delete the ${name} that filters find: all or nothing`,
    description:
      "Rows that pass the filters and are the caller's to delete, in one transaction. Without a filter, a 422.",
    tags: [name],
    security: securityOf(resource, "delete"),
    json: {
      parameters: [mostDoc(d), ...conditionParams(d, resource), ...writeHeaders(d)],
      responses: { ...withoutBody, 200: { description: "How many were deleted", ...jsonOf(counted(d)) } },
    },
    errors: [401, 403, 406, 409, 422],
  }
}
