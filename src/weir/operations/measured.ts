import { classify } from "../db/dialect/errors.ts"
import type { Client, Row, Statement } from "../db/driver.ts"
import { nextTurn } from "../lib/pace.ts"
import type { Values } from "../query/query.ts"
import type { AnswerSize } from "../sql/answer-size.ts"
import { ownValue, type Plan, withValues } from "../sql/plan.ts"
import { lacksValues } from "../sql/rendering.ts"
import type { AnswerLimits, Call } from "./call.ts"

/** Up to this size, in bytes, an answer is made with the statement that measures it. */
const maxQuickBytes = 1_048_576

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
    return { row: (await client.query(withLimit(whole, values, limits.bytes)))[0], plan: whole }
  }
  if (plan.size === "measured") return { row: await rowMeasured(call, plan, values, limits), plan }
  const runs = remaining.get(plan) ?? 0
  if (runs === 0) {
    const rows = await queryQuickly(client, withValues(plan, values, true))
    if (rows && !lacksValues(String(rows[0]?.[0]))) return { row: rows[0], plan }
  }
  remaining.set(plan, runs === 0 ? measuredRuns : runs - 1)
  const whole = measured()
  return { row: await rowMeasured(call, whole, values, limits), plan: whole }
}

const withLimit = (plan: Plan, values: Values, limit: number): Statement =>
  withValues(plan, { ...values, [ownValue.answerLimit]: limit }, true)

const rowMeasured = async (call: Call, plan: Plan, values: Values, limits: AnswerLimits) =>
  (await rowsMeasured(call, limits, (limit) => withLimit(plan, values, limit)))[0]

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
 * The rows of a read, whose statement measures its answer and is made for a limit in bytes. Most answers are small and come with their measure. A large
 * one is made by a second run, which does not count as cheap. One that is larger than an answer may be is not made: the
 * last column of the first row is its size.
 */
export async function rowsMeasured(
  call: Call,
  { bytes }: AnswerLimits,
  statementFor: (limit: number) => Statement,
): Promise<Row[]> {
  const quick = Math.min(bytes, maxQuickBytes)
  const client = call.client()
  const rows = await client.query(statementFor(quick))
  const size = Number(rows[0]?.at(-1) ?? 0)
  if (size <= quick || size > bytes) return rows
  await call.caller.admitAnswer?.(size)
  // A page is read with the first row of the next one.
  return client.query({ ...statementFor(bytes), bounded: false, scans: undefined, maxBytes: 2 * bytes })
}
