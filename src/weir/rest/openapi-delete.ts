import type { Reference } from "../http/components.ts"
import { preconditionReferences } from "../http/conditional-docs.ts"
import type { OperationDoc } from "../http/document.ts"
import { confirmHeader, type Resource, secretOf } from "../resource/resource.ts"
import { writeHeaders } from "./openapi-answers.ts"
import { keyParams } from "./openapi-params.ts"
import { type Documents, securityOf } from "./openapi-parts.ts"
import { demanded, type SecretBounds, tooMany } from "./openapi-writes.ts"

function confirmParam({ components }: Documents, secret: SecretBounds): Reference {
  const name = confirmHeader(secret)
  return components.named("parameters", name, () => ({
    name,
    in: "header",
    required: false,
    description: "The present password, percent-encoded; admins need none",
    schema: { type: "string", format: "password" },
  }))
}

export function deleteDoc(d: Documents, resource: Resource): OperationDoc {
  const secret = resource.options.confirmDelete ? secretOf(resource)?.secret : undefined
  const headers = secret ? [confirmParam(d, secret)] : []
  return {
    operationId: `delete${resource.typeName}`,
    summary: `Delete one ${resource.singular}`,
    description: resource.softDelete
      ? "The row is kept and hidden: it is answered as one that is not there."
      : "What refers to the row goes with it, loses its reference, or forbids it with a 409, as its table says.",
    tags: [resource.name],
    security: securityOf(resource, "delete"),
    json: {
      parameters: [
        ...keyParams(d, resource),
        ...preconditionReferences(d.components),
        ...writeHeaders(d),
        ...headers,
      ],
      responses: { 204: { description: "Deleted" } },
    },
    errors: [401, 403, 404, 409, 412, 413, 422, ...demanded(resource), ...(secret ? tooMany(resource) : [])],
  }
}
