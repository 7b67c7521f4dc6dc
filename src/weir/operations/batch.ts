import { classify } from "../db/dialect/errors.ts"
import type { Client, Row, Statement } from "../db/driver.ts"
import { forbidden, Problem } from "../problem.ts"
import { requiredRead } from "../sql/record.ts"
import { failedStep, isOwnFault } from "./batch-failure.ts"
import { type Created, createdTogether, type Run, runsOf, singly } from "./batch-runs.ts"
import type { Call } from "./call.ts"
import { endOf, type Recording, startOf } from "./recording.ts"

/** One step of a batch: an operation on the call that it is given. */
export interface Step<T> {
  /** What stands for a read whose answer cannot be given, such as one that is too large: others are done by then. */
  failed(problem: Problem): T
  /** Whether it changes a row that a step before it writes. */
  changesWritten: boolean
  /** Whether it only reads. */
  isRead: boolean
  /** Whether a record of its rows is kept: a later step names one, or a retry wants it. */
  isRecorded: boolean
  /** Where its records stand among those of the others. Default: where it is done. */
  place?: number
  /** The row that it creates, where it does nothing else. */
  creates?: Created<T> | undefined
  run(call: Call): Promise<T>
}

/** Records of one step: an array of rows has one each. */
export const recordsPerStep = 10_000

/** What a failed step is thrown with. */
export class StepFailed extends Error {
  readonly step: number

  constructor(step: number, cause: unknown) {
    super("A step of the batch failed", { cause })
    this.step = step
  }
}

/** What the other steps are told of a batch that failed. */
class Cancelled extends Error {}

/**
 * Carries out steps in one transaction, all or none, each on the state that those before it leave. They are begun in their
 * order, and what they write is collected; reads before the first write are made at once. Throws a `StepFailed` for the
 * first that fails.
 */
export async function inBatch<T>(call: Call, steps: Step<T>[], recording: Recording): Promise<T[]> {
  const parts = await begun(call, runsOf(steps), recording)
  const done = await carryOut(call, parts, recording)
  const results = await Promise.all(
    done.map(({ result, step }) => result.catch((error) => [afterwards(step, error)])),
  )
  return results.flat()
}

/** Begins runs of steps in their order: one that cannot be begun together, step by step. */
async function begun<T>(call: Call, runs: Run<T>[], recording: Recording): Promise<Part<T>[]> {
  const parts: Part<T>[] = []
  const waiting = [...runs]
  let hasWritten = false
  for (let run = waiting.shift(); run; run = waiting.shift()) {
    const part: Part<T> = new Part(call, run, recording, hasWritten)
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
      cancel(parts)
      throw error instanceof StepFailed ? error : new StepFailed(run.index, error)
    }
  }
  return parts
}

function afterwards<T>({ isRead, failed }: Step<T>, error: unknown): T {
  if (isRead && error instanceof Problem) return failed(error)
  throw error
}

function cancel<T>(parts: Part<T>[]): void {
  for (const part of parts) part.reject(new Cancelled())
}

/** A step that has been begun, up to its first statement that must wait for the others; or a run of them. */
class Part<T> {
  readonly result: Promise<T[]>
  /** Resolves when it waits for the others, or has no need to. */
  readonly begun: Promise<unknown>
  statements: Statement[] = []
  private waiting: { resolve(rows: Row[][]): void; reject(error: unknown): void } | undefined
  private readonly reached: () => void
  readonly run: Run<T>
  /** The first of its steps. */
  readonly step: Step<T>

  constructor(call: Call, run: Run<T>, recording: Recording, waits: boolean) {
    this.run = run
    const { index, steps } = run
    const [step] = steps
    this.step = step
    let reached = () => {}
    const waitsForOthers = new Promise<void>((resolve) => {
      reached = resolve
    })
    this.reached = reached
    const own: Call = {
      ...call,
      bypass: "no-store",
      collector: { step: index, isRun: this.isRun, add: (statements) => this.add(statements) },
      recording: step.isRecorded ? { ...recording, from: (step.place ?? index) * recordsPerStep } : undefined,
    }
    if (step.isRead && waits) own.client = () => this.reading(call.client())
    this.result = this.isRun ? createdTogether(own, steps) : step.run(own).then((result) => [result])
    // Whoever awaits the result is told of its failure.
    this.result.catch(() => {})
    this.begun = Promise.race([waitsForOthers, this.result])
  }

  get isRun(): boolean {
    return this.run.steps.length > 1
  }

  resolve(rows: Row[][]): void {
    this.waiting?.resolve(rows)
  }

  reject(error: unknown): void {
    this.waiting?.reject(error)
  }

  private add(statements: Statement[]): Promise<Row[][]> {
    if (this.waiting) throw new StepFailed(this.run.index, new Cancelled())
    this.statements = statements
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
      this.reached()
    })
  }

  /** A client whose first read is one of the batch's statements. */
  private reading(client: Client): Client {
    return {
      query: async (statement) => {
        if (this.waiting) return client.query(statement)
        const [rows = []] = await this.add([requiredRead(statement, this.run.index)])
        // The first column says that there is a row.
        return rows.map(([, ...columns]) => columns)
      },
      batch: (statements) => this.add(statements),
    }
  }
}

/** Sends the statements of all parts, and gives each its rows. Returns the parts that were carried out at last. */
async function carryOut<T>(call: Call, parts: Part<T>[], recording: Recording): Promise<Part<T>[]> {
  const isRecorded = parts.some(({ step }) => step.isRecorded)
  const before = isRecorded ? startOf(recording) : []
  const after = isRecorded ? endOf(recording) : []
  const all = parts.flatMap(({ statements }) => statements)
  if (all.length === 0) return parts
  let results: Row[][]
  try {
    results = await call.client().batch([...before, ...all, ...after])
  } catch (error) {
    // Which row of a run is at fault is known where each has a statement.
    if (isOwnFault(error) && parts.some(({ isRun }) => isRun))
      return carryOut(call, await unfolded(call, parts, recording), recording)
    throw await failureOf(call, parts, before, error)
  }
  let at = before.length
  for (const part of parts) {
    part.resolve(results.slice(at, at + part.statements.length))
    at += part.statements.length
  }
  return parts
}

/** The parts with the steps of each run begun one by one. */
async function unfolded<T>(call: Call, parts: Part<T>[], recording: Recording): Promise<Part<T>[]> {
  const list: Part<T>[] = []
  for (const part of parts)
    if (part.isRun) {
      part.reject(new Cancelled())
      list.push(...(await begun(call, singly([part.run]), recording)))
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
