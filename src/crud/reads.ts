import type { AppContext } from "../context.ts"
import type { Client } from "../db/driver.ts"
import { requireJsonAccepted } from "../http/accept.ts"
import { forbidden, notFound, type Problem, unauthorized } from "../http/problem.ts"
import { reply } from "../http/reply.ts"
import { linksOf } from "./links.ts"
import { parseList, parseOne } from "./params.ts"
import { parseId } from "./path.ts"
import { type Rule, signedIn, type Viewer, type ViewerKind } from "./policy.ts"
import type { Values } from "./query.ts"
import { compileExists, compileList, compileOne } from "./read.ts"
import type { Nested, Resource } from "./resource.ts"
import { planOf, withValues } from "./statement.ts"
import { isOpen } from "./visibility.ts"

/** The query string with its `?`, or nothing. */
export const searchOf = (c: AppContext): string => {
  const { url } = c.req
  const mark = url.indexOf("?")
  return mark < 0 ? "" : url.slice(mark)
}

/** Throws where the rule is closed to such a viewer whatever the row: 401 to be signed in, else 403. */
export function requireOpen(c: AppContext, rule: Rule): void {
  const viewer = c.get("viewer")
  if (isOpen(rule, viewer.kind)) return
  throw closed(c, viewer)
}

function closed(c: AppContext, viewer: Viewer): Problem {
  if (viewer.kind !== "anonymous") return forbidden("You may not do this")
  const rejected = c.get("rejected")
  return rejected
    ? unauthorized(`The access token is not valid: ${rejected}`, "invalid_token")
    : unauthorized("Sign in first: POST /auth/token, then send Authorization: Bearer <access_token>")
}

/** `GET /resource/{id}`. */
export async function readOne(c: AppContext, resource: Resource, id: number): Promise<Response> {
  requireJsonAccepted(c)
  requireOpen(c, resource.rules.read)
  const viewer = c.get("viewer")
  const { query, values, shape } = parseOne(resource, viewer.kind, searchOf(c))
  const plan = planOf(resource, `one:${viewer.kind}:${shape}`, () => compileOne(resource, viewer.kind, query))
  values.id = id
  values.viewer = viewer.id
  const rows = await c
    .get("client")()
    .query(withValues(plan, values, true))
  const body = rows[0]?.[0]
  if (body === undefined) throw notFound()
  return reply(c, 200, body as string)
}

/** `GET /resource`, and `GET /parent/{id}/resource`. */
export async function readList(c: AppContext, resource: Resource, nested?: Nested): Promise<Response> {
  requireJsonAccepted(c)
  if (nested) requireOpen(c, nested.within.rules.read)
  requireOpen(c, resource.rules.read)
  const viewer = c.get("viewer")
  const { query, values, shape } = parseList(resource, viewer.kind, searchOf(c), nested)
  const plan = planOf(nested?.relation ?? resource, `list:${viewer.kind}:${shape}`, () => compileList(query))
  values.viewer = viewer.id
  values.parent = nested?.parentId
  values.parent_id = nested?.parentId
  const rows = await c
    .get("client")()
    .query(withValues(plan, values, true))
  const row = rows[0] as unknown[]
  const { keys } = plan
  let next = 2 + 2 * keys
  const headers: Record<string, string> = {}
  if (query.count) headers["x-total-count"] = String(row[next++])
  if (nested && Number(row[next]) === 0) throw notFound()
  headers.link = linksOf(
    c.req.url,
    query,
    Number(row[1]),
    row.slice(2, 2 + keys),
    row.slice(2 + keys, 2 + 2 * keys),
  )
  return reply(c, 200, row[0] as string, headers)
}

/** Whether the viewer can see the row at all: what tells a 403 from a 404. */
export async function exists(
  client: Client,
  resource: Resource,
  viewer: Viewer,
  id: number,
): Promise<boolean> {
  const kind: ViewerKind = viewer.kind
  const plan = planOf(resource, `exists:${kind}`, () => compileExists(resource, kind))
  const values: Values = { id, viewer: viewer.id }
  const rows = await client.query(withValues(plan, values, true))
  return rows.length > 0
}

/** The id in the path, or a 422. Where the rows are the viewers, `me` is one's own. */
export function idOf(c: AppContext, resource: Resource): number {
  const text = c.req.param("id") ?? ""
  if (text !== "me" || !resource.options.viewers) return parseId(text)
  requireOpen(c, signedIn)
  return c.get("viewer").id as number
}
