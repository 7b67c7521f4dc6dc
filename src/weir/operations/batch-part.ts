import type { Client, Row, Statement } from "../db/driver.ts"
import { requiredRead } from "../sql/record.ts"
import type { BatchRows } from "./batch-rows.ts"
import { createdTogether, type Run } from "./batch-runs.ts"
import { Cancelled, recordsPerStep, type Step, StepFailed } from "./batch-step.ts"
import type { AnswerLimits, Call, Collector } from "./call.ts"
import type { Recording } from "./recording.ts"

interface PartOptions {
  recording: Recording
  limits: AnswerLimits
  /** Whether writes come before it. */
  waits: boolean
  rows: BatchRows
}

/** A step that has been begun, up to its first statement that must wait for the others; or a run of them. */
export class Part<T> {
  readonly result: Promise<T[]>
  /** Resolves when it waits for the others, or has no need to. */
  readonly begun: Promise<unknown>
  statements: Statement[] = []
  /** The read that waits for the writes before it. */
  read: Statement | undefined
  private waiting: { resolve(rows: Row[][]): void; reject(error: unknown): void } | undefined
  private readonly reached: () => void
  private readonly collector: Collector
  readonly run: Run<T>
  /** The first of its steps. */
  readonly step: Step<T>

  constructor(call: Call, run: Run<T>, { recording, limits, waits, rows }: PartOptions) {
    this.run = run
    const { index, steps } = run
    const [step] = steps
    this.step = step
    let reached = () => {}
    const waitsForOthers = new Promise<void>((resolve) => {
      reached = resolve
    })
    this.reached = reached
    this.collector = { step: index, isRun: this.isRun, rows, add: (statements) => this.add(statements) }
    const own: Call = {
      ...call,
      bypass: "no-store",
      limits,
      collector: this.collector,
      recording: step.isRecorded ? { ...recording, from: (step.place ?? index) * recordsPerStep } : undefined,
    }
    if (step.isRead && waits) own.client = () => this.reading(call.client())
    this.result = this.isRun ? createdTogether(own, steps) : step.run(own).then((result) => [result])
    // Whoever awaits the result is told of its failure.
    this.result.catch(() => {})
    this.begun = Promise.race([waitsForOthers, this.result])
  }

  /** Whether it writes a row that a step before it deletes. */
  get isOfGone(): boolean {
    return this.collector.isOfGone === true
  }

  get isRun(): boolean {
    return this.run.steps.length > 1
  }

  /** Makes a read that was put off. */
  readNow(client: Client): void {
    client.query(this.read as Statement).then(
      // The first column says that there is a row.
      (rows) => this.resolve([rows.map((row) => [1, ...row])]),
      (error) => this.reject(error),
    )
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
      isForOneRead: true,
      query: async (statement) => {
        if (this.waiting) return client.query(statement)
        this.read = statement
        const [rows = []] = await this.add([requiredRead(statement, this.run.index)])
        // The first column says that there is a row.
        return rows.map(([, ...columns]) => columns)
      },
      batch: (statements) => this.add(statements),
    }
  }
}
