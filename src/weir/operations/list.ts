import type { PartRead } from "../cache/stamps.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Client, Row } from "../db/driver.ts"
import { requireJsonAccepted } from "../http/accept.ts"
import type { AppContext } from "../http/context.ts"
import { memo } from "../lib/memo.ts"
import { forbidden, type Problem, unauthorized } from "../problem.ts"
import { parseList, parseOne } from "../query/parse.ts"
import type { Include, ListQuery, Values } from "../query/query.ts"
import { parseId } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { type Rule, signedIn, type Viewer, type ViewerKind } from "../resource/rules.ts"
import { planOf, withValues } from "../sql/plan.ts"
import { isOpen } from "../sql/row.ts"
import { compileExists, compileList, compileOne, type ListPlan } from "../sql/select.ts"
import { readThrough } from "./cached.ts"
import { linkSearch, linksOf } from "./links.ts"
import { pageOf } from "./page.ts"

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

/** What recent query strings mean: to read one costs more than a small statement, and most come again. */
const readings = memo(1000)
/** Longer query strings are read anew each time, so that the memory is bounded in bytes, too. */
const longestKept = 400

function readingOf<R extends object>(owner: object, verb: string, search: string, read: () => R): R {
  return search.length > longestKept ? read() : readings(owner, verb + search, read)
}

/** `GET /resource/{id}`. */
export async function readOne(c: AppContext, resource: Resource, id: number): Promise<Response> {
  requireJsonAccepted(c)
  requireOpen(c, resource.rules.read)
  const viewer = c.get("viewer")
  const { kind } = viewer
  const { plan, values, includes } = readingOf(resource, `one:${kind}`, searchOf(c), () => {
    const { query, values, shape } = parseOne(resource, kind, searchOf(c))
    const { includes } = query
    return {
      values,
      includes,
      plan: planOf(resource, `one:${kind}:${shape}`, () => compileOne(resource, kind, query)),
    }
  })
  const statement = withValues(plan, { ...values, id, viewer: viewer.id }, true)
  const parts = () => [
    { table: resource.name, column: resource.key, value: id, times: 1 },
    ...partsOf(includes, resource, id),
  ]
  return readThrough(c, { statement, parts }, async () => {
    const rows = await c.get("client")().query(statement)
    const body = rows[0]?.[0]
    return body === undefined ? undefined : { body: body as string, headers: {} }
  })
}

/** What a list's query string asks for, and the statement of its shape. Throws a 422 that names every wrong parameter. */
export function prepareList(
  resource: Resource,
  kind: ViewerKind,
  search: string,
  nested?: Nested,
): { query: ListQuery; values: Values; plan: ListPlan } {
  const { query, values, shape } = parseList(resource, kind, search, nested)
  const owner = nested?.relation ?? resource
  return { query, values, plan: planOf(owner, `list:${kind}:${shape}`, () => compileList(query)) }
}

/** `GET /resource`, and `GET /parent/{id}/resource`. */
export async function readList(c: AppContext, resource: Resource, nested?: Nested): Promise<Response> {
  requireJsonAccepted(c)
  if (nested) requireOpen(c, nested.within.rules.read)
  requireOpen(c, resource.rules.read)
  const viewer = c.get("viewer")
  const { kind } = viewer
  const owner = nested?.relation ?? resource
  const { query, values, plan, search } = readingOf(owner, `list:${kind}`, searchOf(c), () => ({
    ...prepareList(resource, kind, searchOf(c), nested),
    search: linkSearch(searchOf(c)),
  }))
  const bound = { ...values, viewer: viewer.id, parent: nested?.parentId, parent_id: nested?.parentId }
  const statement = withValues(plan, bound, true)
  // The links hold the path and the query string as they came.
  const parts = () => (nested ? partsOfNested(nested, query.count) : [])
  return readThrough(c, { statement, parts, variant: c.req.path + search.place }, async () => {
    const rows = await c.get("client")().query(statement)
    const page = pageOf(rows[0] as Row, plan, query)
    const headers: Record<string, string> = {}
    if (query.count) headers["x-total-count"] = String(page.rest[0])
    if (nested && Number(page.rest[query.count ? 1 : 0]) === 0) return undefined
    headers.link = linksOf(c.req.path, search, query, page)
    return { body: page.body, headers }
  })
}

/** The rows that are embedded in one row, for the cache: those that refer to it. */
const partsOf = (includes: Include[], { key }: Resource, value: number): PartRead[] =>
  includes.flatMap(({ relation: { kind, target, local, foreign } }) =>
    kind === "many" && local === key && target.references.has(foreign)
      ? [{ table: target.name, column: foreign, value, times: expressions.firstRowsName }]
      : [],
  )

/** The parent of a nested list, and the rows that refer to it; a count names their table once more. */
function partsOfNested({ within, relation, parentId: value }: Nested, counted: boolean): PartRead[] {
  const { target, local, foreign } = relation
  if (local !== within.key || !target.references.has(foreign)) return []
  const times = expressions.firstRowsName + (counted ? 1 : 0)
  return [
    { table: target.name, column: foreign, value, times },
    { table: within.name, column: within.key, value, times: 1 },
  ]
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
