import type { Client } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { CountPlan } from "../sql/count.ts"
import { withValues } from "../sql/plan.ts"

/** Up to so many rows, by the database's estimate, are counted. */
const maxCounted = 10_000

/** About how many rows a list has: by the database's statistics where these say that there are many. */
export async function estimatedCount(client: Client, plan: CountPlan, values: Values): Promise<number> {
  const [explained] = plan.estimate ? await client.query(withValues(plan.estimate, values, true)) : []
  const estimate = explained && expectedRows(explained[0])
  if (estimate !== undefined && estimate >= maxCounted) return estimate
  const [counted] = await client.query(withValues(plan.exact, values, true))
  return Number(counted?.[0])
}

/** The rows that a plan of Postgres expects, as it explains it in JSON. */
function expectedRows(plan: unknown): number | undefined {
  const [first] = (typeof plan === "string" ? JSON.parse(plan) : plan) as {
    Plan?: { "Plan Rows"?: number }
  }[]
  return first?.Plan?.["Plan Rows"]
}
