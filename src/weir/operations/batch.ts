import { classify } from "../db/dialect/errors.ts"
import type { Row, Statement } from "../db/driver.ts"
import { Pace } from "../lib/pace.ts"
import { forbidden, invalid, notFound, Problem } from "../problem.ts"
import { undone } from "../sql/record.ts"
import { failedStep, isOwnFault } from "./batch-failure.ts"
import { Part } from "./batch-part.ts"
import { BatchRows } from "./batch-rows.ts"
import { type Run, runsOf, singly } from "./batch-runs.ts"
import type { Shares } from "./batch-shares.ts"
import { Cancelled, type Step, StepFailed } from "./batch-step.ts"
import type { Call } from "./call.ts"
import { endOf, type Recording, startOf } from "./recording.ts"

/** What the steps of a batch have in common. */
interface Batch {
  recording: Recording
  shares: Shares
  rows: BatchRows
}

/**
 * Carries out steps in one transaction, all or none, each on the state that those before it leave. They are begun in their
 * order, and what they write is collected. Reads before the first write are made at once, and those behind the last that may
 * take long after the commit. `shares` limit what each may answer. Throws a `StepFailed` for the first that fails.
 */
export async function inBatch<T>(
  call: Call,
  steps: Step<T>[],
  recording: Recording,
  shares: Shares = { read: call.limits, write: call.limits },
): Promise<T[]> {
  const batch = { recording, shares, rows: new BatchRows() }
  const parts = await begun(call, runsOf(steps), batch, true)
  const done = await carryOut(call, parts, batch)
  const results = await Promise.all(
    done.map(({ result, step }) => result.catch((error) => [afterwards(step, error)])),
  )
  return results.flat()
}

/**
 * Begins runs of steps in their order: one that cannot be begun together, step by step. `isWhole`: whether nothing stands before
 * them, so that those before one that fails can be tried.
 */
async function begun<T>(call: Call, runs: Run<T>[], batch: Batch, isWhole: boolean): Promise<Part<T>[]> {
  const { recording, shares, rows } = batch
  const parts: Part<T>[] = []
  const waiting = [...runs]
  let hasWritten = false
  const pace = new Pace()
  for (let run = waiting.shift(); run; run = waiting.shift()) {
    const limits = run.steps[0].isRead ? shares.read : shares.write
    const part: Part<T> = new Part(call, run, { recording, limits, waits: hasWritten, rows })
    parts.push(part)
    hasWritten ||= !part.step.isRead
    try {
      await part.begun
    } catch (error) {
      if (part.isRun) {
        parts.pop()
        waiting.unshift(...singly([run]))
        continue
      }
      parts.pop()
      const failure = error instanceof StepFailed ? error : new StepFailed(run.index, error)
      // What fails before it is known once it is tried.
      if (isWhole && failure.cause instanceof Problem && failure.cause.status < 500)
        await carryOut(call, parts, batch, true)
      cancel(parts)
      throw failure
    }
    if (pace.isOver()) await pace.rest()
  }
  return parts
}

function afterwards<T>({ isRead, failed }: Step<T>, error: unknown): T {
  if (isRead) return failed(error)
  throw error
}

function cancel<T>(parts: Part<T>[]): void {
  for (const part of parts) part.reject(new Cancelled())
}

/**
 * Sends the statements of all parts, and gives each its rows. Returns the parts that were carried out at last. A trial is
 * undone, and throws what its first failing part does.
 */
async function carryOut<T>(call: Call, parts: Part<T>[], batch: Batch, isTrial = false): Promise<Part<T>[]> {
  const { recording } = batch
  const afterwards = postponed(call, parts)
  const isRecorded = parts.some(({ step }) => step.isRecorded)
  const before = startOf(recording, isRecorded)
  const end = isRecorded && !isTrial ? endOf(recording) : []
  // A read after the commit finds the rows that it names by their records.
  const after = isTrial ? [undone()] : afterwards.size ? [] : end
  const all = parts.flatMap(({ statements }) => statements)
  if (all.length === 0) return parts
  let results: Row[][]
  try {
    results = await call.client().batch([...before, ...all, ...after])
  } catch (error) {
    if (isTrial && classify(error)?.kind === "undone") return parts
    // Which row of a run is at fault is known where each has a statement.
    if (isOwnFault(error) && parts.some(({ isRun }) => isRun))
      return carryOut(call, await unfolded(call, parts, batch), batch, isTrial)
    throw await failureOf(call, parts, before, error)
  }
  let at = before.length
  for (const part of parts) {
    if (afterwards.has(part)) continue
    part.resolve(results.slice(at, at + part.statements.length))
    at += part.statements.length
  }
  for (const part of afterwards) part.readNow(call.client())
  if (afterwards.size && end.length && !call.isRehearsal)
    await Promise.allSettled([...afterwards].map(({ result }) => result))
      .then(() => call.client().batch(end))
      // Else the records are swept once they have expired.
      .catch(() => {})
  return parts
}

/**
 * The reads that are made after the commit, since they may take long: those behind the last write. Their statements are no
 * part of the transaction. Throws where such a read stands before a write.
 */
function postponed<T>(call: Call, parts: Part<T>[]): Set<Part<T>> {
  const last = parts.findLastIndex(({ step }) => !step.isRead)
  const isLong = (read: Statement | undefined) => read !== undefined && call.client().isLong?.(read) === true
  const long = parts.filter(({ read }) => isLong(read))
  const early = long.find((part) => parts.indexOf(part) < last)
  if (early) {
    cancel(parts)
    const message = "may take long, and would hold up others within a batch: put it behind the last write"
    throw new StepFailed(
      early.run.index,
      invalid("The operation is not valid", [{ path: "path", message, code: "invalid_value" }]),
    )
  }
  for (const part of long) part.statements = []
  return new Set(long)
}

/** The parts with the steps of each run begun one by one. */
async function unfolded<T>(call: Call, parts: Part<T>[], batch: Batch): Promise<Part<T>[]> {
  const list: Part<T>[] = []
  for (const part of parts)
    if (part.isRun) {
      part.reject(new Cancelled())
      list.push(...(await begun(call, singly([part.run]), batch, false)))
    } else list.push(part)
  return list
}

/** What a transaction failed with, and ends its parts. */
async function failureOf<T>(
  call: Call,
  parts: Part<T>[],
  before: Statement[],
  error: unknown,
): Promise<unknown> {
  const failed = await failedStep(call, parts, before, error)
  if (failed === undefined) {
    cancel(parts)
    return error
  }
  for (const [i, part] of parts.entries()) if (i !== failed) part.reject(new Cancelled())
  const part = parts[failed] as Part<T>
  return new StepFailed(part.run.index, await reasonOf(part, error))
}

/** Why a step failed, in the words of its own operation. */
async function reasonOf<T>(part: Part<T>, error: unknown): Promise<unknown> {
  // A write that changes no row is told so: it looks why.
  if (classify(error)?.kind === "missed") part.resolve(part.statements.map(() => []))
  else part.reject(error)
  if (part.isOfGone && classify(error)?.kind === "missed") return notFound()
  try {
    await part.result
  } catch (reason) {
    const isMissing = reason instanceof Problem && reason.code === "not_found"
    // The row is there, and was undone: what is left is a rule.
    if (isMissing && part.step.changesWritten) return forbidden("You may not change this row so")
    if (!(reason instanceof StepFailed)) return reason
  }
  return error instanceof Problem ? error : new Problem("conflict", "The row changed meanwhile: try again")
}
