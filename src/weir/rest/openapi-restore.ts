import type { OperationDoc } from "../http/document.ts"
import type { Resource } from "../resource/resource.ts"
import { answerParams, withoutBody, writtenRow } from "./openapi-answers.ts"
import { keyParams } from "./openapi-params.ts"
import { type Documents, jsonOf, securityOf } from "./openapi-parts.ts"

/** The operation that brings back a softly deleted row. */
export const restoreDoc = (d: Documents, resource: Resource): OperationDoc => ({
  operationId: `restore${resource.typeName}`,
  summary: `Restore one ${resource.singular}`,
  description:
    "Brings back a row that was deleted. A 404 for one that is not deleted, a 409 where another row has one of its values by now.",
  tags: [resource.name],
  security: securityOf(resource, "restore"),
  scopes: [`${resource.name}:update`],
  json: {
    parameters: [...keyParams(d, resource), ...answerParams(d, resource)],
    responses: {
      ...withoutBody,
      200: { description: "The row as it is now", ...jsonOf(writtenRow(d, resource)) },
    },
  },
  errors: [401, 403, 404, 406, 409, 422],
})
