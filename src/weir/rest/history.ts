import { requireJsonAccepted } from "../http/accept.ts"
import { readOptionalJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { acceptPatch, patchTypes } from "../http/media-types.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import { restoreVersion } from "../operations/restore-version.ts"
import { listVersions, readAsOf } from "../operations/row-history.ts"
import { invalid } from "../problem.ts"
import { isAsOf, isFromVersion, takeVersion } from "../query/history.ts"
import type { Resource } from "../resource/resource.ts"
import { requiredOf, rowToChange, updateOne } from "./changes.ts"
import { ownPath, readOne } from "./handlers.ts"
import { bodyOf, onceIn } from "./idempotency.ts"
import { pathKeyOf } from "./path-key.ts"

const uncached = { "cache-control": "no-store" }

/** `GET /resource/{id}/history`. */
export async function readHistory(c: AppContext, resource: Resource): Promise<Response> {
  const call = c.get("call")
  const { key, search } = pathKeyOf(c, call, resource)
  requireJsonAccepted(c)
  const { body, next } = await listVersions(call, resource, key, search)
  if (next === undefined) return reply(c, 200, body, uncached)
  const params = new URLSearchParams(c.req.url.split("?")[1])
  params.set("before", String(next))
  return reply(c, 200, body, { ...uncached, link: `<${ownPath(c)}?${params}>; rel="next"` })
}

/** `GET /resource/{id}`, as the row is, or as it was at `as_of`. */
export async function readOneThen(c: AppContext, resource: Resource): Promise<Response> {
  const call = c.get("call")
  const { key, search } = pathKeyOf(c, call, resource)
  if (!isAsOf(search)) return readOne(c, resource)
  requireJsonAccepted(c)
  return reply(c, 200, await readAsOf(call, resource, key, search), uncached)
}

/** `PATCH /resource/{id}`: a merge patch, or with `from_version` what the row was. */
export async function updateOneThen(c: AppContext, resource: Resource): Promise<Response> {
  const { update } = resource.rules
  const call = c.get("call")
  const { search: all } = pathKeyOf(c, call, resource)
  if (!isFromVersion(all)) return updateOne(c, resource)
  requireOpen(call, update)
  const { version, search } = takeVersion(call.viewer.kind, all)
  const { key, answer } = rowToChange(c, resource, update, search)
  const body = await readOptionalJson(c, patchTypes)
  if (body !== undefined && JSON.stringify(body) !== "{}")
    throw invalid("The body is not valid", [
      { path: "body", message: "must be {} or empty beside from_version", code: "conflict" },
    ])
  const required = () => requiredOf((name) => c.req.header(name), resource)
  const run = () => restoreVersion(call, resource, key, version, required())
  const { value, replayed } = await onceIn(c, call, run, bodyOf)
  return answer(200, value, { ...acceptPatch, ...replayed })
}
