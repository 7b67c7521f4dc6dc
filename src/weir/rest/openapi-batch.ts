import type { Components, Json } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import { batchMethods, maxOperations } from "./batch-input.ts"
import { idempotencyHeader, preferHeader } from "./openapi-answers.ts"
import { jsonOf, objectOf } from "./openapi-parts.ts"

const described = (type: string, description: string, more: Json = {}): Json => ({
  type,
  description,
  ...more,
})
const name = "What later operations and the answer call it; its place in the array by default"

const operation: Json = {
  ...objectOf({
    id: { required: false, schema: described("string", name, { pattern: "^[A-Za-z0-9_-]{1,64}$" }) },
    method: { required: true, schema: { type: "string", enum: [...batchMethods] } },
    path: {
      required: true,
      schema: described("string", "A path of this API, in which `{newUser.id}` is a member of another's row"),
    },
    body: {
      required: false,
      schema: {
        description: 'What the path takes. A member `{"$ref": "newUser.id"}` is that of another\'s row',
      },
    },
    headers: {
      required: false,
      schema: described(
        "object",
        "`If-Match`, `If-None-Match` and `If-Unmodified-Since`, as the path takes them",
        {
          additionalProperties: { type: "string" },
        },
      ),
    },
  }),
  additionalProperties: false,
}

const result: Json = objectOf({
  id: { required: true, schema: { type: "string" } },
  status: {
    required: true,
    schema: described(
      "integer",
      "As that of the request itself: 304 where `If-None-Match` names what was read",
    ),
  },
  location: { required: false, schema: { type: "string" } },
  etag: { required: false, schema: { type: "string" } },
  body: { required: false, schema: { description: "What the operation itself would be answered with" } },
})

const example = {
  operations: [
    { id: "lamp", method: "POST", path: "/items", body: { title: "Lamp", price: 19.5 } },
    { method: "PATCH", path: "/items/{lamp.id}", body: { price: 17 } },
  ],
}

/** `POST /batch`. `isOpen`: whether who is not signed in may send one. */
export function batchDoc(components: Components, isOpen: boolean): OperationDoc {
  const operations = { type: "array", minItems: 1, maxItems: maxOperations, items: operation }
  const results = { type: "array", items: result }
  return {
    operationId: "runBatch",
    summary: "Carry out several operations: all or none",
    description:
      "Operations over several resources, in one transaction, each on what those before it leave and under its own rules. Later ones name rows that earlier ones write. The first that fails undoes all, and is named by `operation`.",
    tags: ["operation"],
    security: isOpen ? "optional" : "required",
    // Each operation asks for its own.
    scopes: [],
    json: {
      parameters: [idempotencyHeader(components), preferHeader(components)],
      requestBody: {
        required: true,
        ...jsonOf(
          {
            ...objectOf({ operations: { required: true, schema: operations } }),
            additionalProperties: false,
          },
          example,
        ),
      },
      responses: {
        200: {
          description: "What came of each, in their order",
          ...jsonOf(objectOf({ results: { required: true, schema: results } })),
        },
      },
    },
    errors: [401, 403, 404, 406, 409, 412, 413, 415, 422, 428, 429],
  }
}
