import type { Json, Reference } from "../http/components.ts"
import type { OperationDoc } from "../http/document.ts"
import type { LinkColumns } from "../resource/junction.ts"
import { keyFields } from "../resource/key.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { writeHeaders } from "./openapi-answers.ts"
import { keyParam, keyParams } from "./openapi-params.ts"
import { type Documents, jsonOf, nestedScopes, securityOf } from "./openapi-parts.ts"
import { createBody, createExample, createMembers, quotaText } from "./openapi-writes.ts"

/** The keys of both sides in the path; those of the target by the names that the path has for them. */
function linkParams(d: Documents, { source, target, documentName }: Relation, names: string[]): Reference[] {
  const renamed = keyFields(target).map((field, i) => {
    const name = names[i] as string
    const param = { ...keyParam(d, target, field), name }
    return d.components.shareable(
      "parameters",
      param,
      `${target.typeName}.key.${name}`,
      `${documentName}.${name}`,
    )
  })
  return [...keyParams(d, source), ...renamed]
}

const pairOf = ({ source, target }: LinkColumns): string[] => [...source, ...target]

/** The body of a link: the junction's other columns. Undefined where there are none. */
function bodyOf(d: Documents, relation: Relation, columns: LinkColumns): Json | undefined {
  const { junction } = columns
  const pair = pairOf(columns)
  const members = Object.values(createMembers(d, junction, pair))
  if (members.length === 0) return undefined
  const required = members.some((member) => member.required)
  const schema = createBody(d, junction, pair, `${relation.documentName}Link`)
  return { required, ...jsonOf(schema, createExample(junction, pair)) }
}

const quotaOf = ({ quota }: Resource): string => (quota ? quotaText(quota) : "")

/** `PUT /parent/{id}/resource/{id}`. */
export function linkDoc(
  d: Documents,
  relation: Relation,
  columns: LinkColumns,
  names: string[],
): OperationDoc {
  const { source, target, name, documentName } = relation
  const { junction } = columns
  const requestBody = bodyOf(d, relation, columns)
  return {
    operationId: `link${documentName}`,
    summary: `Link one ${target.singular} to one ${source.singular}`,
    description: `Adds one to the ${name} of one ${source.singular}, as a row of ${junction.name}. A link that is there stays as it is.${quotaOf(junction)}`,
    tags: [target.name],
    security: securityOf(junction, "create"),
    scopes: nestedScopes(junction, "create", source),
    json: {
      parameters: [...linkParams(d, relation, names), ...writeHeaders(d)],
      ...(requestBody ? { requestBody } : {}),
      responses: { 204: { description: "Linked" } },
    },
    errors: [401, 403, 404, 409, 413, 415, 422],
  }
}

/** `DELETE /parent/{id}/resource/{id}`. */
export function unlinkDoc(
  d: Documents,
  relation: Relation,
  { junction }: LinkColumns,
  names: string[],
): OperationDoc {
  const { source, target, name, documentName } = relation
  return {
    operationId: `unlink${documentName}`,
    summary: `Unlink one ${target.singular} from one ${source.singular}`,
    description: `Takes one from the ${name} of one ${source.singular}: its row of ${junction.name} is deleted, and the ${target.singular} stays.`,
    tags: [target.name],
    security: securityOf(junction, "delete"),
    scopes: nestedScopes(junction, "delete", source),
    json: {
      parameters: [...linkParams(d, relation, names), ...writeHeaders(d)],
      responses: { 204: { description: "Unlinked" } },
    },
    errors: [401, 403, 404, 409, 413, 422],
  }
}
