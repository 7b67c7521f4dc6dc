import type { Json, Reference } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import { defaultVersions, maxVersions } from "../query/history.ts"
import type { Resource } from "../resource/resource.ts"
import { keyParams } from "./openapi-params.ts"
import { type Documents, inQuery, jsonOf, objectOf, securityOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"

const shared = ({ components }: Documents, name: string, param: Json): Reference =>
  components.named("parameters", name, () => param)

/** The time at which a single read has the row, where its versions are kept. */
export const asOfParams = (d: Documents, { history }: Resource): Reference[] =>
  history
    ? [
        shared(
          d,
          "as_of",
          inQuery("as_of", "The row as it was then. Not with `include`", {
            type: "string",
            format: "date-time",
          }),
        ),
      ]
    : []

/** The version that a row shall have again. */
export const fromVersionParams = (d: Documents, { history }: Resource): Reference[] =>
  history
    ? [
        shared(
          d,
          "from_version",
          inQuery(
            "from_version",
            "Sets the fields that the caller may set to what they were in that version. The body is `{}` then, or empty",
            { type: "integer", minimum: 0 },
          ),
        ),
      ]
    : []

const orNull = (schema: Json): Json => ({ anyOf: [schema, { type: "null" }] })
const required = (schema: Json) => ({ schema, required: true })

function versionSchema(d: Documents, resource: Resource): Reference {
  return d.components.named("schemas", `${resource.typeName}Version`, () =>
    objectOf({
      version: required({ type: "integer", minimum: 0 }),
      verb: required({ type: "string", enum: ["initial", "insert", "update", "delete", "restore"] }),
      at: required(orNull({ type: "string", format: "date-time" })),
      by: required(orNull({ type: "string", description: "The key of who made the change" })),
      row: required(orNull(rowSchemas(d, resource).part)),
    }),
  )
}

/** The operation that lists the versions of a row. */
export const versionsDoc = (d: Documents, resource: Resource): OperationDoc => ({
  operationId: `list${resource.typeName}Versions`,
  summary: `List the versions of one ${resource.singular}`,
  description:
    "What the row was after each of its changes, the newest first; version 0 is what it was before the first that was kept. Fields that the caller does not see in every row are left out.",
  tags: [resource.name],
  security: securityOf(resource, "read"),
  json: {
    parameters: [
      ...keyParams(d, resource),
      shared(
        d,
        "versions.limit",
        inQuery("limit", "Maximum number of versions", {
          type: "integer",
          minimum: 1,
          maximum: maxVersions,
          default: defaultVersions,
        }),
      ),
      shared(
        d,
        "versions.before",
        inQuery("before", "Versions of lower numbers alone", { type: "integer", minimum: 0 }),
      ),
    ],
    responses: {
      200: {
        description: "A page of versions",
        headers: { Link: { description: "next (RFC 8288)", schema: { type: "string" } } },
        ...jsonOf({ type: "array", items: versionSchema(d, resource) }),
      },
    },
  },
  errors: [401, 403, 404, 406, 422],
})
