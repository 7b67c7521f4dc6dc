import { sql } from "drizzle-orm"
import { LRUCache } from "lru-cache"
import type { Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { columnValue } from "./rows.ts"

/** How exactly it is kept when something was used last, in milliseconds. */
const stepMs = 3_600_000

/**
 * Notes that rows are used, in a column that says when it was used last: once an hour. What was noted by another
 * process is not written again.
 */
export function touching(resource: Resource, column: string): Touch {
  const noted = new LRUCache<Key, number>({ max: 10_000 })
  return (key) => {
    const now = Date.now()
    if (now - (noted.get(key) ?? 0) < stepMs) return undefined
    noted.set(key, now)
    return touch(resource, column, key, now)
  }
}

/** The statement that notes that a row is used now, where it is due. */
export type Touch = (key: Key) => Statement | undefined

function touch(resource: Resource, column: string, key: Key, now: number): Statement {
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
  return { ...statement, change: changeOf(resource, "update", key) }
}
