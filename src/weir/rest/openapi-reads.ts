import { z } from "@hono/zod-openapi"
import { conditional, unchanged, validators } from "../http/conditional-docs.ts"
import type { RouteDoc } from "../http/registry.ts"
import type { Resource } from "../resource/resource.ts"
import type { Within } from "./handlers.ts"
import { fieldsParam, includeParams, keyParams, listParams } from "./openapi-params.ts"
import { jsonOf, nestedNames, securityOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"

const pageHeaders = {
  ...validators,
  Link: { description: "first, prev and next (RFC 8288)", schema: { type: "string" as const } },
  "X-Total-Count": {
    description: "Number of matching rows; with count=exact",
    schema: { type: "integer" as const },
  },
}

export function listDoc(resource: Resource, parent?: Within): RouteDoc {
  const { whole, part } = rowSchemas(resource)
  const { operation, words } = nestedNames(resource, parent)
  const via = parent?.relation.via
  return {
    operationId: `list${operation}`,
    summary: `List ${resource.name}${words}`,
    description: `The ${resource.name} that the caller may see, a page at a time. Filters, sort, cursors and embeds are in the query string; \`Link\` has the pages around this one.`,
    tags: [resource.name],
    security: via ? securityOf(via.toJunction.target, "read", resource) : securityOf(resource, "read"),
    request: {
      ...(parent ? { params: keyParams(parent.within) } : {}),
      query: z.object(listParams(resource)),
      headers: conditional,
    },
    responses: {
      ...unchanged(pageHeaders),
      200: {
        description: "A page",
        headers: pageHeaders,
        ...jsonOf(z.union([z.array(whole), z.array(part)])),
      },
    },
    errors: [401, 403, ...(parent ? [404] : []), 406, 422],
  }
}

export function readDoc(resource: Resource): RouteDoc {
  const { whole, part } = rowSchemas(resource)
  return {
    operationId: `read${resource.typeName}`,
    summary: `Read one ${resource.singular}`,
    description: `One ${resource.singular} by its key. One that the caller may not see does not exist: a 404.`,
    tags: [resource.name],
    security: securityOf(resource, "read"),
    request: {
      params: keyParams(resource),
      query: z.object({ ...fieldsParam(resource), ...includeParams(resource, true) }),
      headers: conditional,
    },
    responses: {
      200: { description: "The row", headers: validators, ...jsonOf(z.union([whole, part])) },
      ...unchanged(validators),
    },
    errors: [401, 403, 404, 406, 422],
  }
}

/** `me` in place of an id: the viewer's own row. OpenAPI matches a fixed path before a templated one. */
export function currentDoc(resource: Resource, doc: RouteDoc): RouteDoc {
  const { params: _, ...request } = doc.request ?? {}
  const { singular, typeName } = resource
  const verb = doc.operationId.slice(0, -typeName.length)
  return {
    ...doc,
    operationId: `${verb}Current${typeName}`,
    summary: doc.summary.replace(`one ${singular}`, `the current ${singular}`),
    description: `The same for the caller's own ${singular}: \`me\` stands for its key here, as in all paths of ${resource.name}.`,
    security: "required",
    request,
  }
}
