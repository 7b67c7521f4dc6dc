import type { Row } from "../db/driver.ts"
import { isOverflow } from "../db/errors.ts"
import { parseAggregate } from "../query/aggregate.ts"
import type { AggregateQuery } from "../query/aggregate-query.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { type AggregatePlan, compileAggregate } from "../sql/aggregate.ts"
import { keyValues } from "../sql/columns.ts"
import { ownValue, ownValues, planOf, withValues } from "../sql/plan.ts"
import { requireAnswerBytes, requireAnswerText } from "./answer-limit.ts"
import { type ReadResult, readThrough } from "./cached.ts"
import type { Call } from "./call.ts"
import { type LinkSearch, linkSearch, linksOf } from "./links.ts"
import { type ListInput, parsedOnce, requireListOpen, searched, wholeQuery } from "./list.ts"
import { pageOf } from "./page.ts"

interface Prepared {
  query: AggregateQuery
  values: Values
  plan: AggregatePlan
  /** The statement whose sums may be larger than numbers of 64 bits: the usual one fails at these. */
  wide(): AggregatePlan
  links: LinkSearch
}

function prepare(
  { limits, viewer: { kind } }: Call,
  resource: Resource,
  { search, filter, nested }: Pick<ListInput, "search" | "filter" | "nested">,
): Prepared {
  const owner = nested?.relation ?? resource
  return parsedOnce(owner, `aggregate:${kind}:${limits.bytes}`, wholeQuery({ search, filter }), () => {
    const { query, values, shape } = parseAggregate(resource, kind, { search, filter }, nested)
    const compiled = (wide: boolean) => (): AggregatePlan =>
      planOf(owner, `aggregate:${wide}:${kind}:${limits.bytes}:${shape}`, () =>
        compileAggregate(query, { answerLimit: limits.bytes, wide }),
      )
    return { query, values, plan: compiled(false)(), wide: compiled(true), links: linkSearch(search) }
  })
}

/**
 * Aggregates of the rows of a resource, or of one parent's, for each group of them: a page of groups. Throws as a list
 * does.
 *
 * @example await aggregate(call, items, { path: "/items", search: "?aggregate=count&group=owner_id" })
 */
export async function aggregate(
  call: Call,
  resource: Resource,
  { search, filter, path, nested }: ListInput,
): Promise<ReadResult> {
  requireListOpen(call, resource, nested)
  const { query, values, plan, wide, links } = prepare(call, resource, { search, filter, nested })
  const { limits, viewer } = call
  const all: Values = {
    ...values,
    ...ownValues(viewer),
    [ownValue.answerLimit]: limits.bytes,
    ...(nested ? keyValues(nested.within, nested.parentKey, ownValue.parentKey) : {}),
  }
  const reading = { statement: withValues(plan, all, true), variant: path + links.prefix }
  return readThrough(call, reading, async () => {
    const read = rowOf(call, plan, wide, all)
    const row = await (query.search ? searched(resource, read) : read)
    if (plan.isMeasured) requireAnswerBytes(Number(row.at(-1)), limits, { limit: query.limit, includes: [] })
    const page = pageOf(row, plan, query)
    requireAnswerText(page.body, limits, { limit: query.limit, includes: [] })
    const headers: Record<string, string> = {}
    if (query.count) headers["x-total-count"] = String(page.rest[0])
    if (nested && Number(page.rest[query.count ? 1 : 0]) === 0) return undefined
    const shown = {
      ...query,
      resource: query.result,
      skipWithin: query.skips ? 1 : undefined,
      whole: true,
    }
    headers.link = linksOf(path, links, shown, page, Number(values.skip ?? 0))
    return { body: page.body, headers }
  })
}

async function rowOf(
  call: Call,
  plan: AggregatePlan,
  wide: () => AggregatePlan,
  values: Values,
): Promise<Row> {
  const maxBytes = plan.isMeasured ? 2 * call.limits.bytes : undefined
  try {
    return (await call.client().query({ ...withValues(plan, values, true), maxBytes }))[0] as Row
  } catch (error) {
    if (!isOverflow(error)) throw error
    return (await call.client().query({ ...withValues(wide(), values, true), maxBytes }))[0] as Row
  }
}
