import { requireJsonAccepted } from "../http/accept.ts"
import { readJson, readJsonText } from "../http/body.ts"
import { replyRead, requestedBypass } from "../http/conditional.ts"
import type { AppContext } from "../http/context.ts"
import { jsonTypes } from "../http/media-types.ts"
import { searchOf } from "../http/query-string.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import { aggregate } from "../operations/aggregate.ts"
import type { Call } from "../operations/call.ts"
import { type CreateResult, create, keyOf } from "../operations/create.ts"
import { list } from "../operations/list.ts"
import { createNested, hasNested, keptAsText, nestedSearch, ownRows } from "../operations/nested-create.ts"
import { read } from "../operations/read.ts"
import { withRecalled } from "../operations/recalled.ts"
import type { Outcome } from "../operations/recording.ts"
import { allShaped, shapeOf } from "../operations/shaped.ts"
import { validatorOf } from "../operations/validator.ts"
import { keySegment, type RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { onceIn } from "./idempotency.ts"
import { requireMany } from "./many.ts"
import { pathKeyOf, rowPath } from "./path-key.ts"
import { refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"
import { isUpsert, upsertRows } from "./upsert.ts"

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
  if (isUpsert(resource, search)) return upsertRows(c, call, resource, { nested, search, onlyMany })
  const { rows, many, shaped, isMinimal, applied, replayed, within } = await withRecalled(
    call,
    async (guard) => {
      requireJsonAccepted(c)
      requireOpen(call, resource.rules.create)
      refusePreconditions((name) => c.req.header(name))
      const shaped = shapeOf(call, resource, search)
      const preferences = preferencesOf(c)
      const input = await readJson(c, jsonTypes, keptAsText(resource))
      if (onlyMany) requireMany(input)
      const within = hasNested(resource, input)
      if (within) c.set("embedsCreated", true)
      const { value, replayed } = await onceIn(
        c,
        call,
        () => (within ? createNested : create)(call, resource, input, { nested, guard }),
        (outcomes) => createdBefore(resource, input, within ? ownRows(outcomes, input) : outcomes),
      )
      const shape =
        within && search.length <= 1 ? shapeOf(call, resource, nestedSearch(resource, input)) : shaped
      return { ...value, ...preferences, shaped: shape, replayed, within }
    },
  )
  const basePath = c.get("basePath")
  const common = { ...applied, ...replayed }
  if (many) {
    const headers = { ...common, location: `${basePath}/${resource.name}` }
    if (isMinimal) return reply(c, 201, null, headers)
    const bodies = await allShaped(call, rows, ({ key, body }) => shaped(key, body))
    return reply(c, 201, `[${bodies.join(",")}]`, headers)
  }
  const { key, body = "" } = rows[0] ?? {}
  const location = key === undefined ? {} : { location: basePath + rowPath(resource, key) }
  // What is created within a row may change what its maker sees of it.
  const etag = within ? {} : { etag: await validatorOf(body, call.viewer) }
  const headers = { ...common, ...location, ...etag }
  return reply(c, 201, isMinimal ? null : await shaped(key, body), headers)
}

/** What a create with the same key has created before. */
const createdBefore = (resource: Resource, input: unknown, outcomes: Outcome[]): CreateResult => ({
  rows: outcomes.map(({ body, key }) => ({ body, key: keyOf(resource, key) })),
  many: Array.isArray(input),
})

/** `POST /resource/batch`, and `POST /parent/{id}/resource/batch`: an array alone. */
export const createMany = (c: AppContext, resource: Resource, parent?: Within): Promise<Response> =>
  createRows(c, resource, parent, true)
