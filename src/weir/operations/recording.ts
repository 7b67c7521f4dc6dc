import type { Change, Row, Statement } from "../db/driver.ts"
import type { Key, RowKey } from "../resource/key.ts"
import { planOf, withValues } from "../sql/plan.ts"
import { compileForget, compileRecords, compileSweep } from "../sql/record.ts"
import type { Call } from "./call.ts"

/** Under what the outcome of a request is kept, with its writes. */
export interface Recording {
  /** A digest of who asks, and of its key. */
  record: string
  /** A digest of what is requested. */
  request: string
  /** When the record no longer counts. */
  expiresAt: string
  /** Whether records of that name that no longer count stand in its way. */
  isExpired?: boolean
}

/** What a write left. */
export interface Outcome {
  verb: string
  /** The row as its writer was answered; empty for a delete. */
  body: string
  key: RowKey | undefined
}

const owner = {}
const changed: Change = {
  verb: "insert",
  table: "weir_write_records",
  references: [],
  moves: false,
}

/** The statement of a record is no change of the tables that it reads. */
export const asRecord = (statement: Statement): Statement => ({ ...statement, change: changed })

/** The statements before recorded writes, which remove some records that no longer count. */
export function sweeping({ record, isExpired }: Recording): Statement[] {
  const sweep = withValues(planOf(owner, "sweep", compileSweep), {})
  // Its own first: two requests that sweep each other's would wait for each other.
  const forget = isExpired ? [withValues(planOf(owner, "forget", compileForget), { record })] : []
  return [...forget, sweep].map(asRecord)
}

/** What is kept of a request: undefined where there is nothing, or where it no longer counts. */
export async function outcomesOf(
  call: Call,
  recording: Recording,
): Promise<{ request: string; outcomes: Outcome[] } | undefined> {
  const plan = planOf(owner, "records", compileRecords)
  const rows = await call.client().query(withValues(plan, { record: recording.record }))
  const [first] = rows
  if (!first) return undefined
  recording.isExpired = Number(first[4]) === 0
  return recording.isExpired ? undefined : { request: String(first[0]), outcomes: rows.map(outcomeOf) }
}

const outcomeOf = ([, verb, body, key]: Row): Outcome => ({
  verb: String(verb),
  body: body === null || body === undefined ? "" : String(body),
  key: typeof key === "string" ? ((JSON.parse(key) as Key | null) ?? undefined) : undefined,
})
