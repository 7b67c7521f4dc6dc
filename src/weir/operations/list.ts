import type { PartRead } from "../cache/stamps.ts"
import { classify } from "../db/dialect/errors.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Row } from "../db/driver.ts"
import { withVersions } from "../db/versions.ts"
import { memo } from "../lib/memo.ts"
import { Problem, unavailable } from "../problem.ts"
import { parseList } from "../query/parse.ts"
import { type ListQuery, maxLimit, type Values } from "../query/query.ts"
import { hasCursors } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { baseOf } from "../resource/viewer-kind.ts"
import { keyValues } from "../sql/columns.ts"
import { type CountPlan, compileCount } from "../sql/count.ts"
import { ownValue, ownValues, planOf, versionsFor, withValues } from "../sql/plan.ts"
import { compileList, type ListPlan } from "../sql/select.ts"
import { requireOpen } from "./access.ts"
import { requireAnswerBytes, requireAnswerText } from "./answer-limit.ts"
import { type ReadResult, readThrough } from "./cached.ts"
import type { AnswerLimits, Call } from "./call.ts"
import { hasSpellings, isOnly, isReference, partOf } from "./change.ts"
import { estimatedCount } from "./estimate.ts"
import { withMatches } from "./highlight.ts"
import { cursorOf, type LinkSearch, linkedEnds, linkSearch, linksOf } from "./links.ts"
import { queryWithin } from "./measured.ts"
import { type Page, pageOf } from "./page.ts"
import { CallTurns } from "./turns.ts"

/** What to list. */
export interface ListInput {
  /** The query string with its `?`, or nothing. */
  search: string
  /** A tree of filters besides those of the query string, as the text of its JSON. */
  filter?: string | undefined
  /** The path that the page's links lead to. */
  path: string
  nested?: Nested | undefined
}

interface Prepared {
  query: ListQuery
  values: Values
  plan: ListPlan
  /** The statement of the same list that measures its answer. */
  measured(): ListPlan
  /** The same statements with sort keys apart from the rows. */
  apart(): Pick<Prepared, "plan" | "measured">
  /** The statements that count its rows roughly. */
  count(): CountPlan
  links: LinkSearch
}

/** Recent query strings, parsed and compiled: parsing costs more than a small statement, and most come again. */
const parsed = memo(1000)
/** All that a list is asked by, as one text. */
export const wholeQuery = ({ search, filter }: Pick<ListInput, "search" | "filter">): string =>
  filter === undefined ? search : `${search}#${filter}`

/** Throws a 401 or 403 where a list is closed, or what leads to it. */
export function requireListOpen(call: Call, resource: Resource, nested: Nested | undefined): void {
  if (nested) requireOpen(call, nested.within.rules.read)
  requireOpen(call, resource.rules.read)
  const via = nested?.relation.via
  if (via) requireOpen(call, via.toJunction.target.rules.read)
}

/** Longer query strings are parsed each time, so that the memory is bounded in bytes, too. */
const maxKeptLength = 400

/** What was parsed from a query string, now or before. */
export function parsedOnce<P extends object>(owner: object, verb: string, search: string, parse: () => P): P {
  return search.length > maxKeptLength ? parse() : parsed(owner, verb + search, parse)
}

function prepare(
  { limits, viewer: { kind } }: Call,
  resource: Resource,
  { search, filter, nested }: Pick<ListInput, "search" | "filter" | "nested">,
): Prepared {
  const owner = nested?.relation ?? resource
  const maxRows = limits.rows[baseOf(kind)]
  return parsedOnce(owner, `list:${kind}:${limits.bytes}:${maxRows}`, wholeQuery({ search, filter }), () => {
    const { query, values, shape } = parseList(resource, kind, { search, filter }, maxRows, nested)
    const compiled =
      (measure: boolean) =>
      (apart = false): ListPlan =>
        planOf(owner, `list:${measure}:${apart}:${kind}:${limits.bytes}:${shape}`, () =>
          compileList(query, { answerLimit: limits.bytes, measure }, apart),
        )
    const count = () => planOf(owner, `count:${kind}:${shape}`, () => compileCount(query))
    return {
      query,
      values,
      plan: compiled(false)(),
      measured: compiled(true),
      apart: () => ({ plan: compiled(false)(true), measured: () => compiled(true)(true) }),
      count,
      links: linkSearch(search),
    }
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
  { search, filter, path, nested }: ListInput,
): Promise<ReadResult> {
  requireListOpen(call, resource, nested)
  const { query, values, links, ...plans } = prepare(call, resource, { search, filter, nested })
  const own = {
    ...ownValues(call.viewer),
    ...(nested ? keyValues(nested.within, nested.parentKey, ownValue.parentKey) : {}),
  }
  const all = { ...values, ...own }
  const statement = withValues(plans.plan, all, true)
  const parts = () => (nested ? partsOfNested(nested, query.count) : [])
  return readThrough(call, { statement, parts, variant: path + links.prefix }, async () => {
    const page = await toldPage(call, plans, query, async ({ plan: quick, measured }) => {
      const { limits } = call
      const read = queryWithin(call, quick, measured, all, limits)
      const { row, plan } = await (query.search ? searched(resource, read) : read)
      const found = row as Row
      requireMeasured(limits, found, plan, query)
      if (plan.hasVersions)
        found[0] = await withVersions(String(found[0]), versionsFor(all), new CallTurns(call))
      if (query.search?.highlight && Number(found[1]))
        found[0] = await withMatches(query.search, String(found[0]), plan.separator, new CallTurns(call))
      return pageWithin(limits, found, plan, query)
    })
    const headers: Record<string, string> = {}
    if (query.count) headers["x-total-count"] = String(page.rest[0])
    if (nested && Number(page.rest[query.count ? 1 : 0]) === 0) return undefined
    if (query.estimate)
      headers["x-total-count"] = String(await estimatedCount(call.client(), plans.count(), all))
    headers.link = linksOf(path, links, query, page, Number(values.skip ?? 0))
    return { body: page.body, headers }
  })
}

/** A page whose links lead on from its rows' positions: by statements that ask for these where the rows do not tell them. */
async function toldPage(
  call: Call,
  plans: Pick<Prepared, "plan" | "measured" | "apart">,
  query: ListQuery,
  make: (plans: Pick<Prepared, "plan" | "measured">) => Promise<Page>,
): Promise<Page> {
  if (call.client().isForOneRead) return make(plans.apart())
  const page = await make(plans)
  const { cursor } = query.from
  const [key] = query.sort
  // At the end of what falls, there may be rows without a value that the schema says they have.
  const falls = cursor !== "start" && key?.descending !== (cursor === "before")
  if (!page.more && falls && key?.field.type.sql.mayLack) return make(plans.apart())
  const { top, bottom } = linkedEnds(query, page)
  const isTold = (!top || page.isTold("top")) && (!bottom || page.isTold("bottom"))
  return isTold ? page : make(plans.apart())
}

/** Throws a 503 that says so where the database has no index to search by. */
export async function searched<T>({ name }: Resource, read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    if (classify(error)?.kind !== "unmigrated") throw error
    throw unavailable(
      "database_unmigrated",
      `${name} cannot be searched: the database has no search index of it, or it has not been migrated`,
      error,
    )
  }
}

/** Throws a 422 where a row's answer is larger by its measure than an answer may be. */
function requireMeasured(limits: AnswerLimits, row: Row, { size }: ListPlan, query: ListQuery): void {
  if (size === "measured") requireAnswerBytes(Number(row.at(-1)), limits, query)
}

/** The page of a statement's one row. Throws a 422 where it is larger than an answer may be. */
function pageWithin(limits: AnswerLimits, row: Row, plan: ListPlan, query: ListQuery): Page {
  requireMeasured(limits, row, plan, query)
  const page = pageOf(row, plan, query)
  requireAnswerText(page.body, limits, query)
  const { position } = page
  return {
    ...page,
    position: (end) => expressions.cutAtOdd(position(end), query.sort, query.resource.keys.length),
  }
}

/** Most bytes of a row that is exported, and most characters of one that is imported. */
export const maxSingleRowBytes = 67_108_864

/** All rows that the viewer may see, in the order of their keys, a page of at most `rows` at a time; uncached. */
export async function* pages(call: Call, resource: Resource, rows = maxLimit): AsyncGenerator<Page> {
  requireOpen(call, resource.rules.read)
  let after = ""
  let skipped = 0
  let limit = rows
  for (;;) {
    const sort = resource.keys.length ? `&sort=${resource.keys}` : ""
    const search = `?limit=${limit}${sort}${after}`
    // A row that is larger than an answer may be is a page of its own. Its measure counts the next row, too.
    const limits = limit === 1 ? { ...call.limits, bytes: 2 * maxSingleRowBytes } : call.limits
    const { query, values, ...plans } = prepare({ ...call, limits }, resource, { search })
    const own = { ...values, ...ownValues(call.viewer) }
    let page: Page
    try {
      page = await toldPage(call, plans, query, async ({ plan: quick, measured }) => {
        const { row, plan } = await queryWithin(call, quick, measured, own, limits)
        return pageWithin(limits, row as Row, plan, query)
      })
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "answer_too_large" || limit === 1) throw error
      limit = Math.ceil(limit / 4)
      continue
    }
    if (page.rows) yield page
    if (!page.more) return
    skipped += page.rows
    const cursor = hasCursors(resource, call.viewer.kind) ? cursorOf(query, page, "bottom") : undefined
    after = cursor === undefined ? `&skip=${skipped}` : `&after=${cursor}`
  }
}

/**
 * The parent of a nested list, and the rows that refer to it: those of the list, or of its junction. A count mentions
 * their table once more.
 */
function partsOfNested({ within, relation, parentKey }: Nested, counted: boolean): PartRead[] {
  const { via } = relation
  const { target, local, foreign } = via?.toJunction ?? relation
  if (hasSpellings(within) || !isOnly(within.keys, local) || !isReference(target, foreign)) return []
  const part = partOf(within, parentKey)
  const times = (via ? 1 : expressions.firstRowsMentions) + (counted ? 1 : 0)
  return [
    { ...part, table: target.tableName, column: foreign[0] as string, times },
    { ...part, times: 1 },
  ]
}
