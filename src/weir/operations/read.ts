import type { PartRead } from "../cache/stamps.ts"
import { expressions } from "../db/dialect/expressions.ts"
import { withVersions } from "../db/versions.ts"
import { parseOne } from "../query/parse.ts"
import type { Include, Selection } from "../query/query.ts"
import { type Key, keyName, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { baseOf } from "../resource/viewer-kind.ts"
import { keyValues } from "../sql/columns.ts"
import { ownValues, planOf, versionsFor, withValues } from "../sql/plan.ts"
import { compileOne, type OnePlan } from "../sql/select.ts"
import { requireOpen } from "./access.ts"
import { requireAnswerBytes, requireAnswerText } from "./answer-limit.ts"
import { type ReadResult, readThrough } from "./cached.ts"
import type { Call } from "./call.ts"
import { hasSpellings, isOnly, isReference, partOf } from "./change.ts"
import { parsedOnce } from "./list.ts"
import { queryWithin } from "./measured.ts"
import { CallTurns } from "./turns.ts"

/**
 * One row. `search` is the query string with its `?`, or nothing. Throws a 404 for a row that the viewer cannot
 * see, a 422 that names every wrong parameter, and a 401 or 403 where reading is closed.
 *
 * @example await read(call, users, 1, "?include=items")
 */
export async function read(call: Call, resource: Resource, id: RowKey, search: string): Promise<ReadResult> {
  requireOpen(call, resource.rules.read)
  const { values, includes, ...plans } = prepare(call, resource, search)
  const all = { ...values, ...keyValues(resource, id), ...ownValues(call.viewer) }
  const statement = withValues(plans.plan, all, true)
  const parts = () =>
    hasSpellings(resource)
      ? []
      : [{ ...partOf(resource, id), times: 1 }, ...partsOf(includes, resource, keyName(id))]
  return readThrough(call, { statement, parts }, async () => {
    const { row, plan } = await queryWithin(call, plans.plan, plans.measured, all, call.limits)
    if (!row) return undefined
    if (plan.size === "measured") requireAnswerBytes(Number(row.at(-1)), call.limits, { includes })
    const body = plan.hasVersions
      ? await withVersions(String(row[0]), versionsFor(all), new CallTurns(call))
      : (row[0] as string)
    requireAnswerText(body, call.limits, { includes })
    return { body, headers: {}, whole: plan.hasValidator ? String(row[1]) : undefined }
  })
}

/** What the query string of a single read asks for. Throws a 422 that names every wrong parameter. */
export const selectionOf = (call: Call, resource: Resource, search: string): Selection =>
  prepare(call, resource, search).query

/** A single read, parsed and compiled now or before. */
function prepare({ viewer: { kind }, limits }: Call, resource: Resource, search: string) {
  const { bytes } = limits
  const maxRows = limits.rows[baseOf(kind)]
  const verb = `one:${kind}:${bytes}:${maxRows}`
  return parsedOnce(resource, verb, search, () => {
    const { query, values, shape } = parseOne(resource, kind, search, maxRows)
    const compiled = (measure: boolean) => (): OnePlan =>
      planOf(resource, `one:${measure}:${kind}:${bytes}:${shape}`, () =>
        compileOne(resource, kind, query, { answerLimit: bytes, measure }),
      )
    return {
      query,
      values,
      includes: query.includes,
      plan: compiled(false)(),
      measured: compiled(true),
    }
  })
}

/** For the cache: the rows that refer to the one read, where they are embedded, or what a junction links to it. */
const partsOf = (includes: Include[], resource: Resource, value: Key): PartRead[] =>
  includes.flatMap(({ relation }) => {
    const { via } = relation
    const { kind, target, local, foreign } = via?.toJunction ?? relation
    if (kind !== "many" || !isOnly(resource.keys, local) || !isReference(target, foreign)) return []
    const times = via ? 1 : expressions.firstRowsMentions
    return [{ table: target.tableName, column: foreign[0] as string, value, times }]
  })
