import { requireJsonAccepted } from "../http/accept.ts"
import { readJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { acceptPatch, jsonTypes, patchTypes } from "../http/media-types.ts"
import { refuseParams } from "../http/query-string.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import type { Call } from "../operations/call.ts"
import { patchDocument } from "../operations/documents.ts"
import type { Precondition } from "../operations/precondition.ts"
import { remove } from "../operations/remove.ts"
import { replaceDocument, replaceRow } from "../operations/replace.ts"
import { restore } from "../operations/restore.ts"
import { shapeOf } from "../operations/shaped.ts"
import { update } from "../operations/update.ts"
import { validatorOf } from "../operations/validator.ts"
import { invalid } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import { confirmHeader, type Resource, secretOf, updatedField } from "../resource/resource.ts"
import type { Rule } from "../resource/rules.ts"
import type { SoftlyDeleted } from "../resource/soft-delete.ts"
import { bodyOf, onceIn } from "./idempotency.ts"
import { pathKeyOf, rowPath } from "./path-key.ts"
import { type HeaderOf, preconditionOf, refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"
import { verbatimOf } from "./verbatim.ts"

/** The row that a path names, to be changed as the rule lets the viewer. `asked`: the query string, where not all of it. */
export function rowToChange(c: AppContext, resource: Resource, rule: Rule, asked?: string): RowToChange {
  const call = c.get("call")
  const { key, search } = pathKeyOf(c, call, resource)
  requireJsonAccepted(c)
  requireOpen(call, rule)
  const shaped = shapeOf(call, resource, asked ?? search)
  const { isMinimal, applied } = preferencesOf(c)
  return {
    call,
    key,
    async answer(status, body, headers = {}) {
      const all = { ...applied, ...headers, etag: await validatorOf(body, call.viewer) }
      if (!isMinimal) return reply(c, status, await shaped(key, body), all)
      return reply(c, status === 200 ? 204 : status, null, all)
    },
  }
}

interface RowToChange {
  call: Call
  key: RowKey
  /** Answers with the row as it was written, in the shape and to the extent that the request asks for. */
  answer(status: 200 | 201, body: string, headers?: Record<string, string>): Promise<Response>
}

/** `PATCH /resource/{id}`: a merge patch. */
export async function updateOne(c: AppContext, resource: Resource): Promise<Response> {
  const { call, key, answer } = rowToChange(c, resource, resource.rules.update)
  const patch = await readJson(c, patchTypes, verbatimOf(resource))
  const change = resource.document ? patchDocument : update
  const { value: body, replayed } = await onceIn(
    c,
    call,
    () =>
      change(
        call,
        resource,
        key,
        patch,
        requiredOf((name) => c.req.header(name), resource),
      ),
    bodyOf,
  )
  return answer(200, body, { ...acceptPatch, ...replayed })
}

/** What the request's headers require of the row. */
export const requiredOf = (headerOf: HeaderOf, resource: Resource): Precondition | undefined =>
  preconditionOf(headerOf, {
    required: resource.options.conditional === "required",
    hasTime: updatedField(resource) !== undefined,
  })

/** `PUT /resource/{id}`: replaces a row or a document, or creates it there. */
export async function replaceOne(c: AppContext, resource: Resource): Promise<Response> {
  const { call, key, answer } = rowToChange(c, resource, resource.rules.update)
  const input = await readJson(c, jsonTypes, verbatimOf(resource))
  const replace = resource.document ? replaceDocument : replaceRow
  const { value, replayed } = await onceIn(
    c,
    call,
    () =>
      replace(
        call,
        resource,
        key,
        input,
        requiredOf((name) => c.req.header(name), resource),
      ),
    ([one]) => ({ body: one?.body ?? "", created: one?.verb === "insert" }),
  )
  const location = c.get("basePath") + rowPath(resource, key)
  return value.created
    ? answer(201, value.body, { location, ...replayed })
    : answer(200, value.body, replayed)
}

/** `POST /resource/{id}/restore`. */
export async function restoreOne(c: AppContext, resource: SoftlyDeleted): Promise<Response> {
  const { call, key, answer } = rowToChange(c, resource, resource.rules.restore)
  refusePreconditions((name) => c.req.header(name))
  const { value, replayed } = await onceIn(c, call, () => restore(call, resource, key), bodyOf)
  return answer(200, value, replayed)
}

/** The headers in which deletes have present secrets: what CORS must allow. */
export const confirmationHeaders = (resources: readonly Resource[]): string[] => {
  const secrets = resources.map((one) => (one.options.confirmDelete ? secretOf(one)?.secret : undefined))
  return [...new Set(secrets.flatMap((secret) => (secret ? [confirmHeader(secret)] : [])))]
}

/** The present secret in the header of a DELETE, or a 422 where it cannot be decoded. */
export function confirmationOf(headerOf: HeaderOf, resource: Resource): string | undefined {
  const secret = resource.options.confirmDelete ? secretOf(resource)?.secret : undefined
  const header = secret && confirmHeader(secret)
  const value = header && headerOf(header.toLowerCase())
  try {
    return value && decodeURIComponent(value)
  } catch {
    const issue = {
      path: `${header?.toLowerCase()}`,
      message: "is not percent-encoded",
      code: "invalid_text",
    }
    throw invalid("The request is not valid", [issue])
  }
}

/** `DELETE /resource/{id}`. */
export async function removeOne(c: AppContext, resource: Resource): Promise<Response> {
  const call = c.get("call")
  const { key, search } = pathKeyOf(c, call, resource)
  requireOpen(call, resource.rules.delete)
  refuseParams(search)
  const { applied } = preferencesOf(c, "empty")
  const confirmation = confirmationOf((name) => c.req.header(name), resource)
  const precondition = requiredOf((name) => c.req.header(name), resource)
  const { replayed } = await onceIn(
    c,
    call,
    () => remove(call, resource, key, { confirmation, precondition }),
    () => undefined,
  )
  return reply(c, 204, null, { ...applied, ...replayed })
}
