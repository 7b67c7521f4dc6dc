import type { PartRead } from "../cache/stamps.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Row } from "../db/driver.ts"
import { memo } from "../lib/memo.ts"
import { encodeCursor } from "../query/cursor.ts"
import { parseList } from "../query/parse.ts"
import { type ListQuery, sortText, type Values } from "../query/query.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { ownValue, planOf, withValues } from "../sql/plan.ts"
import { compileList, type ListPlan } from "../sql/select.ts"
import { requireOpen } from "./access.ts"
import { type ReadResult, readThrough } from "./cached.ts"
import type { Call } from "./call.ts"
import { type LinkSearch, linkSearch, linksOf } from "./links.ts"
import { type Page, pageOf } from "./page.ts"

/** What to list. */
export interface ListInput {
  /** The query string with its `?`, or nothing. */
  search: string
  /** The path that the page's links lead to. */
  path: string
  nested?: Nested | undefined
}

interface Prepared {
  query: ListQuery
  values: Values
  plan: ListPlan
  links: LinkSearch
}

/** Recent query strings, parsed and compiled: parsing costs more than a small statement, and most come again. */
const parsed = memo(1000)
/** Longer query strings are parsed each time, so that the memory is bounded in bytes, too. */
const maxKeptLength = 400

/** What was parsed from a query string, now or before. */
export function parsedOnce<P extends object>(owner: object, verb: string, search: string, parse: () => P): P {
  return search.length > maxKeptLength ? parse() : parsed(owner, verb + search, parse)
}

function prepare(resource: Resource, kind: ViewerKind, search: string, nested?: Nested): Prepared {
  const owner = nested?.relation ?? resource
  return parsedOnce(owner, `list:${kind}`, search, () => {
    const { query, values, shape } = parseList(resource, kind, search, nested)
    const plan = planOf(owner, `list:${kind}:${shape}`, () => compileList(query))
    return { query, values, plan, links: linkSearch(search) }
  })
}

/**
 * A page of a resource, or of the rows of one parent. Throws a 422 that names every wrong parameter, a 401 or
 * 403 where reading is closed, and a 404 for a parent that the viewer cannot see.
 *
 * @example await list(call, items, { path: "/items", search: "?price[gte]=10&sort=-price" })
 */
export async function list(
  call: Call,
  resource: Resource,
  { search, path, nested }: ListInput,
): Promise<ReadResult> {
  if (nested) requireOpen(call, nested.within.rules.read)
  requireOpen(call, resource.rules.read)
  const { viewer } = call
  const { query, values, plan, links } = prepare(resource, viewer.kind, search, nested)
  const statement = withValues(
    plan,
    {
      ...values,
      [ownValue.viewer]: viewer.id,
      [ownValue.parentKey]: nested?.parentKey,
    },
    true,
  )
  const parts = () => (nested ? partsOfNested(nested, query.count) : [])
  return readThrough(call, { statement, parts, variant: path + links.prefix }, async () => {
    const rows = await call.client().query(statement)
    const page = pageOf(rows[0] as Row, plan, query)
    const headers: Record<string, string> = {}
    if (query.count) headers["x-total-count"] = String(page.rest[0])
    if (nested && Number(page.rest[query.count ? 1 : 0]) === 0) return undefined
    headers.link = linksOf(path, links, query, page)
    return { body: page.body, headers }
  })
}

/** All rows that the viewer may see, in the order of their keys, a page of up to 1,000 at a time; uncached. */
export async function* pages(call: Call, resource: Resource): AsyncGenerator<Page> {
  requireOpen(call, resource.rules.read)
  const { viewer } = call
  let after = ""
  for (;;) {
    const search = `?limit=1000&sort=${resource.key}${after}`
    const { query, values, plan } = prepare(resource, viewer.kind, search)
    const rows = await call
      .client()
      .query(withValues(plan, { ...values, [ownValue.viewer]: viewer.id }, true))
    const page = pageOf(rows[0] as Row, plan, query)
    if (page.rows) yield page
    if (!page.more) return
    after = `&after=${encodeCursor(sortText(query.sort), page.position("bottom"))}`
  }
}

/** The parent of a nested list, and the rows that refer to it; a count mentions their table once more. */
function partsOfNested({ within, relation, parentKey: value }: Nested, counted: boolean): PartRead[] {
  const { target, local, foreign } = relation
  if (local !== within.key || !target.references.has(foreign)) return []
  const times = expressions.firstRowsMentions + (counted ? 1 : 0)
  return [
    { table: target.name, column: foreign, value, times },
    { table: within.name, column: within.key, value, times: 1 },
  ]
}
