import { conditionalReferences, headerReferences, unchanged, validators } from "../http/conditional-docs.ts"
import type { OperationDoc } from "../http/document.ts"
import type { Resource } from "../resource/resource.ts"
import type { Within } from "./handlers.ts"
import { aggregateParams, groupSchema } from "./openapi-aggregates.ts"
import { asOfParams } from "./openapi-history.ts"
import { fieldsParam, includeParams, keyParams, listParams } from "./openapi-params.ts"
import { type Documents, jsonOf, nestedNames, nestedScopes, securityOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"

const pageHeaders = {
  ...validators,
  Link: { description: "first, prev and next (RFC 8288)", schema: { type: "string" } },
  "X-Total-Count": {
    description: "Number of matching rows; with count=exact",
    schema: { type: "integer" },
  },
}

export function listDoc(d: Documents, resource: Resource, parent?: Within): OperationDoc {
  const { components } = d
  const { whole, part } = rowSchemas(d, resource)
  const { operation, words } = nestedNames(resource, parent)
  const headers = headerReferences(components, pageHeaders)
  const page = [whole, part, groupSchema(d, resource)].map((items) => ({ type: "array", items }))
  const via = parent?.relation.via
  return {
    operationId: `list${operation}`,
    summary: `List ${resource.name}${words}`,
    description: `The ${resource.name} that the caller may see, a page at a time. Filters, sort, cursors and embeds are in the query string; \`Link\` has the pages around this one. \`QUERY\` answers alike, with the tree of \`filter\` as its body. With \`aggregate\`, the answer has groups of these rows.`,
    tags: [resource.name],
    security: via ? securityOf(via.toJunction.target, "read", resource) : securityOf(resource, "read"),
    ...(parent ? { scopes: nestedScopes(resource, "read", parent.within, via?.toJunction.target) } : {}),
    json: {
      parameters: [
        ...(parent ? keyParams(d, parent.within) : []),
        ...listParams(d, resource),
        ...aggregateParams(d, resource),
        ...conditionalReferences(components),
      ],
      responses: {
        200: { description: "A page", headers, ...jsonOf({ anyOf: page }) },
        ...unchanged(components, "NotModifiedPage", headers),
      },
    },
    errors: [401, 403, ...(parent ? [404] : []), 406, 422],
  }
}

export function readDoc(d: Documents, resource: Resource): OperationDoc {
  const { components } = d
  const { whole, part } = rowSchemas(d, resource)
  const headers = headerReferences(components, validators)
  return {
    operationId: `read${resource.typeName}`,
    summary: `Read one ${resource.singular}`,
    description: `One ${resource.singular} by its key. One that the caller may not see does not exist: a 404.`,
    tags: [resource.name],
    security: securityOf(resource, "read"),
    json: {
      parameters: [
        ...keyParams(d, resource),
        fieldsParam(d, resource),
        ...includeParams(d, resource, true),
        ...asOfParams(d, resource),
        ...conditionalReferences(components),
      ],
      responses: {
        200: { description: "The row", headers, ...jsonOf({ anyOf: [whole, part] }) },
        ...unchanged(components, "NotModified", headers),
      },
    },
    errors: [401, 403, 404, 406, 422],
  }
}

/** `me` in place of an id: the viewer's own row. OpenAPI matches a fixed path before a templated one. */
export function currentDoc(d: Documents, resource: Resource, doc: OperationDoc): OperationDoc {
  const { parameters = [], ...json } = doc.json
  const inPath = new Set(keyParams(d, resource).map(({ $ref }) => $ref))
  const others = parameters.filter(({ $ref }) => !inPath.has($ref))
  const { singular, typeName } = resource
  const verb = doc.operationId.slice(0, -typeName.length)
  return {
    ...doc,
    operationId: `${verb}Current${typeName}`,
    summary: doc.summary.replace(`one ${singular}`, `the current ${singular}`),
    description: `The same for the caller's own ${singular}: \`me\` stands for its key here, as in all paths of ${resource.name}.`,
    security: "required",
    json: { ...json, ...(others.length ? { parameters: others } : {}) },
  }
}
