import type { Reference } from "../http/components.ts"
import { headerReferences, rowValidator } from "../http/conditional-docs.ts"
import type { OperationDoc } from "../http/document.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { nobody } from "../resource/rules.ts"
import { rowWriteParams, withoutBody, writtenRow } from "./openapi-answers.ts"
import { type Documents, jsonOf, securityOf } from "./openapi-parts.ts"
import { createBody, createBodyOf, createExample, demanded } from "./openapi-writes.ts"

const ifAbsent = ({ components }: Documents): Reference =>
  components.named("parameters", "IfAbsent", () => ({
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "`*`: only where there is no such row",
    schema: { type: "string", description: "`*`, or ETags that the row must not have" },
  }))

/** Whether some viewer creates rows of a key that it gives. */
const isCreatable = (resource: Resource): boolean =>
  resource.rules.create !== nobody &&
  (resource.document !== undefined || keyFields(resource).every(({ write }) => write))

/** A replacement of a row, or its creation with the key of its path. */
export function replaceDoc(d: Documents, resource: Resource): OperationDoc {
  const { singular, typeName, name, keys, document } = resource
  const body = document ? createBodyOf(d, resource) : createBody(d, resource, keys, `${typeName}Replace`)
  const headers = headerReferences(d.components, rowValidator)
  return {
    operationId: `replace${typeName}`,
    summary: `Replace one ${singular}, or create it with that key`,
    description: document
      ? "Stores the document as it is sent, in place of the one with that key. Where there is none, it is created, as by a POST."
      : "Stores the row as it is sent: what the body leaves out has its default, or is null. Where there is none, it is created, if its key is a client's to give.",
    tags: [name],
    security: securityOf(resource, "update"),
    // Of a row that is there, the first is enough.
    scopes: [`${name}:update`, ...(isCreatable(resource) ? [`${name}:create`] : [])],
    json: {
      parameters: [...rowWriteParams(d, resource), ifAbsent(d)],
      requestBody: {
        required: true,
        ...jsonOf(body, createExample(resource, document ? [] : keys)),
      },
      responses: {
        ...withoutBody,
        200: { description: "Replaced", headers, ...jsonOf(writtenRow(d, resource)) },
        201: {
          description: "Created",
          headers: {
            Location: { description: "The new row's path", schema: { type: "string" } },
            ...headers,
          },
          ...jsonOf(writtenRow(d, resource)),
        },
      },
    },
    errors: [401, 403, 404, 406, 409, 412, 413, 415, 422, ...demanded(resource)],
  }
}
