import type { Change, Row, Statement } from "../db/driver.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import type { Key, RowKey } from "../resource/key.ts"
import { planOf, withValues } from "../sql/plan.ts"
import { compileAnswer, compileForget, compileRecords, compileSweep, laterValue } from "../sql/record.ts"
import type { Call } from "./call.ts"

/** Under what the outcome of a request is kept, with its writes. */
export interface Recording {
  /** A digest of who asks, and of its key. */
  record: string
  /** A digest of what is requested; empty where nobody may ask for the outcome again. */
  request: string
  /** When the record no longer counts. */
  expiresAt: string
  /** Whether records of that name that no longer count stand in its way. */
  isExpired?: boolean
  /** The position of the first write. Default: 0. */
  from?: number
}

/** What a write left. */
export interface Outcome {
  verb: string
  /** Where it stands among the writes of its request. */
  position: number
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

/**
 * The statements before and after those of a batch. Where none of its steps `isRecorded`, as of deletes, it is recorded itself:
 * else nothing would say that it was carried out.
 */
export const startOf = (recording: Recording, isRecorded: boolean): Statement[] =>
  recording.request === ""
    ? []
    : [...sweeping(recording), ...(isRecorded ? [] : [answerOf(recording, donePosition, null)])]

export const endOf = ({ request, record }: Recording): Statement[] =>
  request === "" ? [asRecord(withValues(planOf(owner, "forget", compileForget), { record }))] : []

/** A record that goes with its batch, or once its last reads are made, which no request may put off for longer. */
export const passing = (): Recording => ({
  record: crypto.randomUUID(),
  request: "",
  expiresAt: new Date(Date.now() + 600_000).toISOString(),
})

/** Where the answer to a whole batch stands, behind its writes. */
export const answerPosition = 2_000_000_000

/** Where it stands that a batch was carried out, none of whose steps is recorded. */
const donePosition = answerPosition - 1

/** The statement that keeps text at a position of a record. It fails where another request with that key was first. */
function answerOf(
  { record, request, expiresAt: expires_at }: Recording,
  position: number,
  body: string | null,
): Statement {
  const values = { id: `${record}.${position}`, record, position, request, verb: "answer", expires_at, body }
  return asRecord(withValues(planOf(owner, "answer", compileAnswer), values))
}

/** Keeps the answer to a request whose writes are recorded. Where that fails, the records alone say what came of it. */
export async function keepAnswer(call: Call, recording: Recording, body: string): Promise<void> {
  const statement = answerOf(recording, answerPosition, body)
  await call
    .client()
    .batch([statement])
    .catch(() => {})
}

/**
 * Keeps what came of a request that has changed nothing, and so has no record of a write: a retry may find something to
 * change. Fails where another request with its key was first. `position`: where a write would stand that it did not make.
 */
export async function keepUnchanged(call: Call, body: string | null, position = 0): Promise<void> {
  const { recording, collector, isRehearsal } = call
  // A batch is recorded as a whole, and what is rehearsed uses up no key.
  if (!recording || collector || isRehearsal) return
  await call.client().batch([...sweeping(recording), answerOf(recording, position, body)])
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
  return recording.isExpired ? undefined : { request: String(first[0]), outcomes: outcomesIn(rows) }
}

function outcomesIn(records: Row[]): Outcome[] {
  const outcomes = records.flatMap((record) =>
    record[1] === "rows" ? outcomesOfMany(record) : outcomeOf(record),
  )
  return outcomes.sort((a, b) => a.position - b.position)
}

const outcomeOf = ([, verb, body, key, , position]: Row): Outcome => ({
  verb: String(verb),
  position: Number(position),
  body: body === null || body === undefined ? "" : String(body),
  key: typeof key === "string" ? ((parseWithLong(key) as Key | null) ?? undefined) : undefined,
})

/** The outcomes of rows that one statement inserted, each at its place in the request. */
function outcomesOfMany([, , body, key]: Row): Outcome[] {
  const [places, bodies] = JSON.parse(String(body)) as [number[], string[]]
  const keys = parseWithLong(String(key)) as (Key | null)[]
  return bodies.map((body, i) => ({
    verb: "insert",
    position: places[i] as number,
    body,
    key: keys[i] ?? undefined,
  }))
}

/** The value of a member of a row that an earlier step of a batch writes: known to the database alone. */
export const laterMember: typeof laterValue = laterValue
