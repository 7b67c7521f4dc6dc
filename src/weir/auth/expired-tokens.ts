import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement } from "../db/driver.ts"
import { changeOf } from "../operations/change.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { columnValue } from "./rows.ts"

/** Most expired tokens that are deleted with a new one. */
const sweptAtOnce = 100

/** The statement that deletes one-time tokens that have expired, of whatever purpose: some of them, with each new one. */
export function expiredSwept(tokens: Resource): Statement {
  const plan = planOf(tokens, "own:expired", () => {
    const hash = columnName(tokens, "token_hash")
    const table = tableOf(tokens)
    const isLate = sql`${columnName(tokens, "expires_at")} <= ${boundValue(tokens, "expires_at")}`
    return compile(
      sql`delete from ${table} where ${hash} in (select ${hash} from ${table} where ${isLate} limit ${sql.raw(`${sweptAtOnce}${expressions.skippingLocked}`)})`,
    )
  })
  const expires_at = columnValue(tokens, "expires_at", new Date().toISOString())
  return {
    ...withValues(plan, { expires_at } as Values),
    change: { ...changeOf(tokens, "delete"), moves: true },
  }
}
