import type { PartRead } from "../cache/stamps.ts"
import { expressions } from "../db/dialect/expressions.ts"
import { parseOne } from "../query/parse.ts"
import type { Include } from "../query/query.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { ownValue, planOf, withValues } from "../sql/plan.ts"
import { compileOne } from "../sql/select.ts"
import { requireOpen } from "./access.ts"
import { type ReadResult, readThrough } from "./cached.ts"
import type { Call } from "./call.ts"
import { parsedOnce } from "./list.ts"

/**
 * One row. `search` is the query string with its `?`, or nothing. Throws a 404 for a row that the viewer cannot
 * see, a 422 that names every wrong parameter, and a 401 or 403 where reading is closed.
 *
 * @example await read(call, users, 1, "?include=items")
 */
export async function read(call: Call, resource: Resource, id: Key, search: string): Promise<ReadResult> {
  requireOpen(call, resource.rules.read)
  const { kind, id: viewer } = call.viewer
  const { plan, values, includes } = parsedOnce(resource, `one:${kind}`, search, () => {
    const { query, values, shape } = parseOne(resource, kind, search)
    const plan = planOf(resource, `one:${kind}:${shape}`, () => compileOne(resource, kind, query))
    return { values, includes: query.includes, plan }
  })
  const statement = withValues(plan, { ...values, [ownValue.key]: id, [ownValue.viewer]: viewer }, true)
  const parts = () => [
    { table: resource.name, column: resource.key, value: id, times: 1 },
    ...partsOf(includes, resource, id),
  ]
  return readThrough(call, { statement, parts }, async () => {
    const rows = await call.client().query(statement)
    const body = rows[0]?.[0]
    return body === undefined ? undefined : { body: body as string, headers: {} }
  })
}

/** For the cache: the rows that refer to the one read, where they are embedded. */
const partsOf = (includes: Include[], { key }: Resource, value: Key): PartRead[] =>
  includes.flatMap(({ relation: { kind, target, local, foreign } }) =>
    kind === "many" && local === key && target.references.has(foreign)
      ? [{ table: target.name, column: foreign, value, times: expressions.firstRowsMentions }]
      : [],
  )
