import { classify } from "../db/dialect/errors.ts"
import type { Client, Row, Statement } from "../db/driver.ts"
import { nextTurn } from "../lib/pace.ts"
import type { Values } from "../query/query.ts"
import type { AnswerSize } from "../sql/answer-size.ts"
import { ownValue, type Plan, withValues } from "../sql/plan.ts"
import { lacksValues } from "../sql/rendering.ts"
import type { AnswerLimits, Call } from "./call.ts"

/** Up to this size, in bytes, an answer is made with the statement that measures it. */
export const maxQuickBytes = 1_048_576

/** How many runs of a statement are measured at once after one whose answer lacked values. */
const measuredRuns = 100

/** The statements whose last answers lacked values, and how many runs are still measured. */
const remaining = new WeakMap<Plan, number>()

type Sized = Plan & { size: AnswerSize }

/** The row of a read, and the statement that made it. `measured` compiles the one that measures its answer. */
export async function queryWithin<P extends Sized>(
  call: Call,
  plan: P,
  measured: () => P,
  values: Values,
  limits: AnswerLimits,
): Promise<{ row: Row | undefined; plan: P }> {
  const read = await queryOnce(call, plan, measured, values, limits)
  // What comes of a reader process was decoded in this turn of the event loop: what is made of a long text is left to the next.
  if (String(read.row?.[0] ?? "").length > maxQuickBytes) await nextTurn()
  return read
}

async function queryOnce<P extends Sized>(
  call: Call,
  plan: P,
  measured: () => P,
  values: Values,
  limits: AnswerLimits,
): Promise<{ row: Row | undefined; plan: P }> {
  const client = call.client()
  if (plan.size === "bounded") return { row: (await client.query(withValues(plan, values, true)))[0], plan }
  if (client.isForOneRead) {
    const whole = measured()
    const all = withValues(whole, { ...values, [ownValue.answerLimit]: limits.bytes }, true)
    return { row: (await client.query(all))[0], plan: whole }
  }
  if (plan.size === "measured") return { row: await queryMeasured(call, plan, values, limits), plan }
  const runs = remaining.get(plan) ?? 0
  if (runs === 0) {
    const rows = await queryQuickly(client, withValues(plan, values, true))
    if (rows && !lacksValues(String(rows[0]?.[0]))) return { row: rows[0], plan }
  }
  remaining.set(plan, runs === 0 ? measuredRuns : runs - 1)
  const whole = measured()
  return { row: await queryMeasured(call, whole, values, limits), plan: whole }
}

/** The rows of a statement that leaves out rare values, or undefined where it fails by one. */
async function queryQuickly(client: Client, statement: Statement): Promise<Row[] | undefined> {
  try {
    return await client.query(statement)
  } catch (error) {
    if (classify(error)?.kind !== "unsayable") throw error
    return undefined
  }
}

/**
 * The row of a read, whose statement measures its answer. Most answers are small and come with their measure. A large
 * one is made by a second run, which does not count as cheap. One that is larger than an answer may be is not made: the
 * row holds its size.
 */
async function queryMeasured(
  call: Call,
  plan: Plan,
  values: Values,
  limits: AnswerLimits,
): Promise<Row | undefined> {
  const quick = Math.min(limits.bytes, maxQuickBytes)
  const client = call.client()
  const [row] = await client.query(withValues(plan, { ...values, [ownValue.answerLimit]: quick }, true))
  if (!row) return undefined
  const size = Number(row.at(-1))
  if (size <= quick || size > limits.bytes) return row
  await call.caller.admitAnswer?.(size)
  const whole = withValues(plan, { ...values, [ownValue.answerLimit]: limits.bytes }, true)
  // A page is read with the first row of the next one.
  const maxBytes = 2 * limits.bytes
  const rows = await client.query({ ...whole, bounded: false, scans: undefined, maxBytes })
  return rows[0]
}
