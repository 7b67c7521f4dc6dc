import type { Client, Row } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import { ownValue, type Plan, withValues } from "../sql/plan.ts"
import type { AnswerLimits } from "./call.ts"

/** Up to this size, in bytes, an answer is made with the statement that measures it. */
const maxQuickBytes = 1_048_576

/**
 * The row of a read, whose statement measures its answer where it may be large. Most answers are small and come with
 * their measure. A large one is made by a second run, which does not count as cheap. One that is larger than an answer
 * may be is not made: the row holds its size.
 */
export async function queryMeasured(
  client: Client,
  plan: Plan & { measured: boolean },
  values: Values,
  limits: AnswerLimits,
): Promise<Row | undefined> {
  const quick = Math.min(limits.bytes, maxQuickBytes)
  const [row] = await client.query(withValues(plan, { ...values, [ownValue.answerLimit]: quick }, true))
  if (!plan.measured || !row) return row
  const size = Number(row.at(-1))
  if (size <= quick || size > limits.bytes) return row
  const whole = withValues(plan, { ...values, [ownValue.answerLimit]: limits.bytes }, true)
  const rows = await client.query({ ...whole, bounded: false, scans: undefined })
  return rows[0]
}
