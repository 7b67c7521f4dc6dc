import type { Created } from "./batch-runs.ts"
import type { Call } from "./call.ts"

/** One step of a batch: an operation on the call that it is given. */
export interface Step<T> {
  /** What stands for a read whose answer cannot be given, such as one that is too large: the others are done by then. */
  failed(error: unknown): T
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
export class Cancelled extends Error {}

/** What a step fails with that another request has outrun: the batch succeeds when it is tried again. */
export class Raced extends Error {}
