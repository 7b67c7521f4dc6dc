import { sql } from "drizzle-orm"
import { LRUCache } from "lru-cache"
import type { AppContext } from "../http/context.ts"
import { changeOf } from "../operations/change.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { columnValue } from "./rows.ts"

/** How exactly it is kept when something was used last, in milliseconds. */
const stepMs = 3_600_000

/**
 * Notes that rows are used, in a column that says when it was used last: once an hour, after the answer. What was
 * noted by another process is not written again.
 */
export function touching(resource: Resource, column: string): Touch {
  const noted = new LRUCache<Key, number>({ max: 10_000 })
  return (c, key) => {
    const now = Date.now()
    if (now - (noted.get(key) ?? 0) < stepMs) return
    noted.set(key, now)
    touch(c, resource, column, key, now)
  }
}

/** Notes that a row is used now. */
export type Touch = (c: AppContext, key: Key) => void

function touch(c: AppContext, resource: Resource, column: string, key: Key, now: number): void {
  const plan = planOf(resource, `own:touch:${column}`, () => {
    const name = columnName(resource, column)
    const own = columnName(resource, resource.keys[0] as string)
    return compile(
      sql`update ${tableOf(resource)} set ${name} = ${boundValue(resource, column, "now")} where ${own} = ${boundValue(resource, resource.keys[0] as string, "key")} and (${name} is null or ${name} < ${boundValue(resource, column, "before")})`,
    )
  })
  const time = (ms: number) => columnValue(resource, column, new Date(ms).toISOString())
  const statement = withValues(plan, {
    key: columnValue(resource, resource.keys[0] as string, key),
    now: time(now),
    before: time(now - stepMs),
  })
  c.get("call").hooks?.later(`${resource.name}.${column}`, async (client) => {
    await client.batch([{ ...statement, change: changeOf(resource, "update", key) }])
  })
}
