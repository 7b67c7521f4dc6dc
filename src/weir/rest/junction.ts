import { readOptionalJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { jsonTypes } from "../http/media-types.ts"
import { refuseParams, searchOf } from "../http/query-string.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import type { Call } from "../operations/call.ts"
import { type Link, link, unlink } from "../operations/junction.ts"
import { type LinkColumns, linkColumns, targetParams } from "../resource/junction.ts"
import type { Relation } from "../resource/resource.ts"
import type { Rule } from "../resource/rules.ts"
import { onceIn } from "./idempotency.ts"
import { linkDoc, unlinkDoc } from "./openapi-junction.ts"
import type { Documented } from "./openapi-parts.ts"
import { keyTemplate, pathKeyOf } from "./path-key.ts"
import { refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"

/**
 * The routes that make and remove links of many to many, `/tasks/{id}/tags/{tagId}`, where the junction's rules let
 * anybody do so.
 */
export function linkRoutes(
  registry: Registry,
  documented: Documented,
  relation: Relation,
  served: (rule: Rule) => boolean,
): void {
  const columns = linkColumns(relation)
  if (!columns || !isLinkable(columns)) return
  const { source, name } = relation
  const { rules } = columns.junction
  const names = targetParams(relation, columns)
  const path = `/${source.name}/${keyTemplate(source)}/${name}/${keyTemplate({ keys: names })}`
  if (served(rules.create))
    registry.add(
      "put",
      path,
      documented((d) => linkDoc(d, relation, columns, names)),
      (c) => putLink(c, relation, columns),
    )
  if (served(rules.delete) && isUnlinkable(columns))
    registry.add(
      "delete",
      path,
      documented((d) => unlinkDoc(d, relation, columns, names)),
      (c) => deleteLink(c, relation, columns),
    )
}

/** Whether links can be made: one whose row is hidden when it is deleted could not be made anew. */
export const isLinkable = ({ junction }: LinkColumns): boolean => !("softDelete" in junction.options)

/** Whether links can be removed: no header has the secrets of several rows. */
export const isUnlinkable = (columns: LinkColumns): boolean =>
  isLinkable(columns) && !columns.junction.options.confirmDelete

/** The link that a path names. */
function linkOf(c: AppContext, call: Call, relation: Relation, columns: LinkColumns): Link {
  const parent = pathKeyOf(c, call, relation.source, { named: false })
  const target = pathKeyOf(c, call, relation.target, { segment: 4 })
  refuseParams(target.search === searchOf(c) ? parent.search : target.search)
  refusePreconditions((name) => c.req.header(name))
  return { relation, columns, parentKey: parent.key, targetKey: target.key }
}

/** `PUT /parent/{id}/resource/{id}`. */
async function putLink(c: AppContext, relation: Relation, columns: LinkColumns): Promise<Response> {
  const call = c.get("call")
  const { junction } = columns
  const which = linkOf(c, call, relation, columns)
  requireOpen(call, junction.rules.create)
  const { applied } = preferencesOf(c, "empty")
  const input = await readOptionalJson(c, jsonTypes, junction.json)
  const { replayed } = await onceIn(
    c,
    call,
    () => link(call, which, input === undefined ? {} : input),
    () => undefined,
  )
  return reply(c, 204, null, { ...applied, ...replayed })
}

/** `DELETE /parent/{id}/resource/{id}`. */
async function deleteLink(c: AppContext, relation: Relation, columns: LinkColumns): Promise<Response> {
  const call = c.get("call")
  const which = linkOf(c, call, relation, columns)
  const { applied } = preferencesOf(c, "empty")
  const { replayed } = await onceIn(
    c,
    call,
    () => unlink(call, which),
    () => undefined,
  )
  return reply(c, 204, null, { ...applied, ...replayed })
}
