import { classify } from "../db/dialect/errors.ts"
import type { Client, Row, Statement } from "../db/driver.ts"
import { forbidden, Problem } from "../problem.ts"
import { requiredRead } from "../sql/record.ts"
import { failedStep, isOwnFault } from "./batch-failure.ts"
import type { Alike, Call } from "./call.ts"
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
  const parts: Part<T>[] = []
  let hasWritten = false
  for (const [i, step] of steps.entries()) {
    hasWritten ||= !step.isRead
    const part = new Part(call, step, i, recording, hasWritten)
    parts.push(part)
    try {
      await part.begun
    } catch (error) {
      cancel(parts)
      throw error instanceof StepFailed ? error : new StepFailed(i, error)
    }
  }
  await carryOut(call, parts, steps.some(({ isRecorded }) => isRecorded) ? recording : undefined)
  return Promise.all(
    parts.map(({ result }, i) => result.catch((error) => afterwards(steps[i] as Step<T>, error))),
  )
}

function afterwards<T>({ isRead, failed }: Step<T>, error: unknown): T {
  if (isRead && error instanceof Problem) return failed(error)
  throw error
}

function cancel<T>(parts: Part<T>[]): void {
  for (const part of parts) part.reject(new Cancelled())
}

/** A step that has been begun, up to its first statement that must wait for the others. */
class Part<T> {
  readonly result: Promise<T>
  /** Resolves when it waits for the others, or has no need to. */
  readonly begun: Promise<unknown>
  statements: Statement[] = []
  /** What its one statement has in common with those of other steps. */
  alike: Alike | undefined
  private waiting: { resolve(rows: Row[][]): void; reject(error: unknown): void } | undefined
  private readonly reached: () => void
  private readonly index: number
  readonly step: Step<T>

  constructor(call: Call, step: Step<T>, index: number, recording: Recording, waits: boolean) {
    this.index = index
    this.step = step
    let reached = () => {}
    const waitsForOthers = new Promise<void>((resolve) => {
      reached = resolve
    })
    this.reached = reached
    const own: Call = {
      ...call,
      bypass: "no-store",
      collector: { step: index, add: (statements, alike) => this.add(statements, alike) },
      recording: step.isRecorded ? { ...recording, from: (step.place ?? index) * recordsPerStep } : undefined,
    }
    if (step.isRead && waits) own.client = () => this.reading(call.client())
    this.result = step.run(own)
    // Whoever awaits the result is told of its failure.
    this.result.catch(() => {})
    this.begun = Promise.race([waitsForOthers, this.result])
  }

  resolve(rows: Row[][]): void {
    this.waiting?.resolve(rows)
  }

  reject(error: unknown): void {
    this.waiting?.reject(error)
  }

  private add(statements: Statement[], alike?: Alike): Promise<Row[][]> {
    if (this.waiting) throw new StepFailed(this.index, new Cancelled())
    this.statements = statements
    this.alike = alike
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
        const [rows = []] = await this.add([requiredRead(statement, this.index)])
        // The first column says that there is a row.
        return rows.map(([, ...columns]) => columns)
      },
      batch: (statements) => this.add(statements),
    }
  }
}

/** Sends the statements of all steps, and gives each its rows. */
async function carryOut<T>(call: Call, parts: Part<T>[], recording: Recording | undefined): Promise<void> {
  const before = recording ? startOf(recording) : []
  const after = recording ? endOf(recording) : []
  const all = parts.flatMap(({ statements }) => statements)
  if (all.length === 0) return
  if (await carriedOutTogether(call, parts, before, after)) return
  let results: Row[][]
  try {
    results = await call.client().batch([...before, ...all, ...after])
  } catch (error) {
    const step = await failedStep(call, parts, before, error)
    if (step === undefined) {
      cancel(parts)
      throw error
    }
    for (const [i, part] of parts.entries()) if (i !== step) part.reject(new Cancelled())
    throw new StepFailed(step, await reasonOf(parts[step] as Part<T>, error))
  }
  let at = before.length
  for (const part of parts) {
    part.resolve(results.slice(at, at + part.statements.length))
    at += part.statements.length
  }
}

/**
 * Carries out steps that follow each other and insert rows alike by one statement for each such run. False where there is
 * none, or where something is at fault: nothing is written then, and the steps are carried out one by one.
 */
async function carriedOutTogether<T>(
  call: Call,
  parts: Part<T>[],
  before: Statement[],
  after: Statement[],
): Promise<boolean> {
  const runs: Part<T>[][] = []
  for (const part of parts) {
    const last = runs.at(-1)
    if (part.alike && last?.[0]?.alike?.kind === part.alike.kind) last.push(part)
    else runs.push([part])
  }
  if (runs.length === parts.length) return false
  const statements = runs.flatMap(([first, ...others]) =>
    others.length && first?.alike
      ? [first.alike.statementOf([first, ...others].map(({ alike }) => alike?.row as string))]
      : (first?.statements ?? []),
  )
  let results: Row[][]
  try {
    results = await call.client().batch([...before, ...statements, ...after])
  } catch (error) {
    if (isOwnFault(error)) return false
    cancel(parts)
    throw error
  }
  let at = before.length
  for (const run of runs) {
    const own = run.length > 1 ? 1 : (run[0]?.statements.length ?? 0)
    const rows = results.slice(at, at + own)
    for (const [i, part] of run.entries())
      part.resolve(run.length > 1 ? [rows[0]?.slice(i, i + 1) ?? []] : rows)
    at += own
  }
  return true
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
