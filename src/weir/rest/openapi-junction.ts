import type { z } from "@hono/zod-openapi"
import type { RouteDoc } from "../http/registry.ts"
import type { LinkColumns } from "../resource/junction.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { keyParams } from "./openapi-params.ts"
import { jsonOf, securityOf } from "./openapi-parts.ts"
import { createBody, createExample, quotaText } from "./openapi-writes.ts"

/** The keys of both sides in the path; those of the target by the names that the path has for them. */
function linkParams({ source, target }: Relation, names: string[]): z.ZodObject {
  const shape = keyParams(target).shape
  const renamed = names.map((name, i) => {
    const schema = shape[target.keys[i] as string] as z.ZodType
    return [name, schema.openapi({ param: { name, in: "path" } })] as const
  })
  return keyParams(source).extend(Object.fromEntries(renamed))
}

const pairOf = ({ source, target }: LinkColumns): string[] => [...source, ...target]

/** The body of a link: the junction's other columns. Undefined where there are none. */
function bodyOf(relation: Relation, columns: LinkColumns): NonNullable<RouteDoc["request"]>["body"] {
  const { junction } = columns
  const schema = createBody(junction, pairOf(columns), `${relation.documentName}Link`)
  const members = Object.values(schema.shape as Record<string, z.ZodType>)
  if (members.length === 0) return undefined
  const required = members.some((member) => !member.isOptional())
  return { required, ...jsonOf(schema, createExample(junction, pairOf(columns))) }
}

const quotaOf = ({ quota }: Resource): string => (quota ? quotaText(quota) : "")

/** `PUT /parent/{id}/resource/{id}`. */
export function linkDoc(relation: Relation, columns: LinkColumns, names: string[]): RouteDoc {
  const { source, target, name, documentName } = relation
  const { junction } = columns
  const body = bodyOf(relation, columns)
  return {
    operationId: `link${documentName}`,
    summary: `Link one ${target.singular} to one ${source.singular}`,
    description: `Adds one to the ${name} of one ${source.singular}, as a row of ${junction.name}. A link that is there stays as it is.${quotaOf(junction)}`,
    tags: [target.name],
    security: securityOf(junction, "create"),
    request: { params: linkParams(relation, names), ...(body ? { body } : {}) },
    responses: { 204: { description: "Linked" } },
    errors: [401, 403, 404, 409, 413, 415, 422],
  }
}

/** `DELETE /parent/{id}/resource/{id}`. */
export function unlinkDoc(relation: Relation, { junction }: LinkColumns, names: string[]): RouteDoc {
  const { source, target, name, documentName } = relation
  return {
    operationId: `unlink${documentName}`,
    summary: `Unlink one ${target.singular} from one ${source.singular}`,
    description: `Takes one from the ${name} of one ${source.singular}: its row of ${junction.name} is deleted, and the ${target.singular} stays.`,
    tags: [target.name],
    security: securityOf(junction, "delete"),
    request: { params: linkParams(relation, names) },
    responses: { 204: { description: "Unlinked" } },
    errors: [401, 403, 404, 409, 413, 422],
  }
}
