import { requireJsonAccepted } from "../http/accept.ts"
import { readJson, readJsonText } from "../http/body.ts"
import { replyRead, requestedBypass } from "../http/conditional.ts"
import type { AppContext } from "../http/context.ts"
import { acceptPatch, jsonTypes, patchTypes } from "../http/media-types.ts"
import { refuseParams, searchOf } from "../http/query-string.ts"
import { reply } from "../http/reply.ts"
import { rowTag } from "../lib/etag.ts"
import { requireOpen } from "../operations/access.ts"
import { aggregate } from "../operations/aggregate.ts"
import type { Call } from "../operations/call.ts"
import { create } from "../operations/create.ts"
import { patchDocument } from "../operations/documents.ts"
import { list } from "../operations/list.ts"
import type { Precondition } from "../operations/precondition.ts"
import { read } from "../operations/read.ts"
import { withRecalled } from "../operations/recalled.ts"
import { remove } from "../operations/remove.ts"
import { replaceDocument, replaceRow } from "../operations/replace.ts"
import { restore } from "../operations/restore.ts"
import { shapeOf } from "../operations/shaped.ts"
import { update } from "../operations/update.ts"
import { invalid } from "../problem.ts"
import { keySegment, type RowKey } from "../resource/key.ts"
import { confirmHeader, type Nested, type Resource, secretOf, updatedField } from "../resource/resource.ts"
import type { Rule } from "../resource/rules.ts"
import type { SoftlyDeleted } from "../resource/soft-delete.ts"
import { pathKeyOf, rowPath } from "./path-key.ts"
import { preconditionOf } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"

/** The lists of a parent's rows: the relation, and the parent's resource. */
export type Within = Pick<Nested, "relation" | "within">

/** The parent that the path names, and the query string without what names it. */
function nestedOf(
  c: AppContext,
  call: Call,
  parent: Within | undefined,
): { nested: Nested | undefined; search: string } {
  if (!parent) return { nested: undefined, search: searchOf(c) }
  const { key, search } = pathKeyOf(c, call, parent.within, { named: false })
  return { nested: { ...parent, parentKey: key }, search }
}

/** Links whose addresses name the parent by a parameter. */
const linksWithKey = (links: string, key: RowKey): string =>
  links.replace(
    /<([^>]*)>/g,
    (_, url: string) => `<${url}${url.includes("?") ? "&" : "?"}key=${keySegment(key)}>`,
  )

/** The path of a request as clients see it, in the characters of a URL. */
export function ownPath(c: AppContext): string {
  const { url } = c.req
  const start = url.indexOf("/", url.indexOf("//") + 2)
  const end = url.search(/[?#]/)
  const path = url
    .slice(start, end < 0 ? undefined : end)
    .replace(/\/$/, "")
    .replace(/[<>"\\^`{|}]/g, encodeURIComponent)
  const basePath = c.get("basePath")
  return path.startsWith(`${basePath}/`) ? path : basePath + path
}

/** The call of a read, with what the request says of the cache. */
function readCall(c: AppContext): Call {
  const call = c.get("call")
  if (call.cache.store) call.bypass = requestedBypass(c)
  return call
}

/** `GET /resource/{id}`. */
export async function readOne(c: AppContext, resource: Resource): Promise<Response> {
  const call = readCall(c)
  const { key, search } = pathKeyOf(c, call, resource)
  requireJsonAccepted(c)
  return replyRead(c, await read(call, resource, key, search))
}

/** Whether a query string asks for aggregates. */
const isAggregate = (search: string): boolean => /[?&]aggregate=/.test(search)

/**
 * `GET /resource`, and `GET /parent/{id}/resource`: a page of rows, or of groups of them. As `QUERY` (draft-ietf-httpbis-safe-method-w-body), the body is a tree
 * of filters, which the client sends again for the pages that the links name.
 */
export async function readList(c: AppContext, resource: Resource, parent?: Within): Promise<Response> {
  const call = readCall(c)
  const { nested, search } = nestedOf(c, call, parent)
  requireJsonAccepted(c)
  const filter = c.req.method === "QUERY" ? await readJsonText(c) : undefined
  const input = { search, filter, path: ownPath(c), nested }
  const page = await (isAggregate(search) ? aggregate : list)(call, resource, input)
  const { link } = page.headers
  // A parent that comes as a parameter is so in the links as well.
  const named = search === searchOf(c) ? undefined : nested?.parentKey
  if (link === undefined || named === undefined) return replyRead(c, page)
  return replyRead(c, { ...page, headers: { ...page.headers, link: linksWithKey(link, named) } })
}

/** `POST /resource`, and `POST /parent/{id}/resource`: one object, or an array. */
export async function createRows(
  c: AppContext,
  resource: Resource,
  parent?: Within,
  onlyMany = false,
): Promise<Response> {
  const call = c.get("call")
  const { nested, search } = nestedOf(c, call, parent)
  const { rows, many, shaped, isMinimal, applied } = await withRecalled(call, async (guard) => {
    requireJsonAccepted(c)
    requireOpen(call, resource.rules.create)
    const shaped = shapeOf(call, resource, search)
    const preferences = preferencesOf(c)
    const input = await readJson(c, jsonTypes, verbatimOf(resource))
    if (onlyMany && !Array.isArray(input))
      throw invalid("The body is not valid", [
        { path: "body", message: "must be an array of objects", code: "invalid_value" },
      ])
    return { ...(await create(call, resource, input, { nested, guard })), ...preferences, shaped }
  })
  const basePath = c.get("basePath")
  if (many) {
    const headers = { ...applied, location: `${basePath}/${resource.name}` }
    if (isMinimal) return reply(c, 201, null, headers)
    const bodies: string[] = []
    // One after the other: they share the connection of the request.
    for (const { key, body } of rows) bodies.push(await shaped(key, body))
    return reply(c, 201, `[${bodies.join(",")}]`, headers)
  }
  const { key, body = "" } = rows[0] ?? {}
  const location = key === undefined ? {} : { location: basePath + rowPath(resource, key) }
  const headers = { ...applied, ...location, etag: await rowTag(body) }
  return reply(c, 201, isMinimal ? null : await shaped(key, body), headers)
}

/** `POST /resource/batch`, and `POST /parent/{id}/resource/batch`: an array alone. */
export const createMany = (c: AppContext, resource: Resource, parent?: Within): Promise<Response> =>
  createRows(c, resource, parent, true)

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
      const all = { ...applied, ...headers, etag: await rowTag(body) }
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
  const body = await change(call, resource, key, patch, requiredOf(c, resource))
  return answer(200, body, acceptPatch)
}

/** What the request's headers require of the row. */
export const requiredOf = (c: AppContext, resource: Resource): Precondition | undefined =>
  preconditionOf(c, {
    required: resource.options.conditional === "required",
    hasTime: updatedField(resource) !== undefined,
  })

/** What of a body is kept as text: JSON columns, or documents whole. */
const verbatimOf = ({ json, document }: Resource): ReadonlySet<string> | "whole" =>
  document ? "whole" : json

/** `PUT /resource/{id}`: replaces a row or a document, or creates it there. */
export async function replaceOne(c: AppContext, resource: Resource): Promise<Response> {
  const { call, key, answer } = rowToChange(c, resource, resource.rules.update)
  const input = await readJson(c, jsonTypes, verbatimOf(resource))
  const replace = resource.document ? replaceDocument : replaceRow
  const { body, created } = await replace(call, resource, key, input, requiredOf(c, resource))
  const location = c.get("basePath") + rowPath(resource, key)
  return created ? answer(201, body, { location }) : answer(200, body)
}

/** `POST /resource/{id}/restore`. */
export async function restoreOne(c: AppContext, resource: SoftlyDeleted): Promise<Response> {
  const { call, key, answer } = rowToChange(c, resource, resource.rules.restore)
  return answer(200, await restore(call, resource, key))
}

/** The headers in which deletes have present secrets: what CORS must allow. */
export const confirmationHeaders = (resources: readonly Resource[]): string[] => {
  const secrets = resources.map((one) => (one.options.confirmDelete ? secretOf(one)?.secret : undefined))
  return [...new Set(secrets.flatMap((secret) => (secret ? [confirmHeader(secret)] : [])))]
}

/** The present secret in the header of a DELETE, or a 422 where it cannot be decoded. */
function confirmationOf(c: AppContext, resource: Resource): string | undefined {
  const secret = secretOf(resource)?.secret
  const header = secret && confirmHeader(secret)
  const value = header && c.req.header(header)
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
  const confirmation = resource.options.confirmDelete ? confirmationOf(c, resource) : undefined
  await remove(call, resource, key, { confirmation, precondition: requiredOf(c, resource) })
  return reply(c, 204, null)
}
