import type { Row, Statement } from "../driver.ts"
import { unknownOutcomeCode } from "../errors.ts"

/** A write for a writer process. */
export interface WriterTask {
  statements: Pick<Statement, "text" | "params" | "single" | "header">[]
  /** Whether all is undone, once it has run. */
  isUndone: boolean
  /** How long to wait for the writes of other processes, in milliseconds. */
  waitMs: number
}

/** What it is sent: a write, and that it may commit it. */
export type WriterRequest = WriterTask | { commit: true }

/** What it answers: rows with the numbers of their statements, until all `ran`; after a commit that, and that it `rested`. */
export interface WriterReply {
  rows?: Row[]
  /** The number of the statement of each. */
  numbers?: number[]
  ran?: true
  committed?: true
  rested?: true
  error?: { message: string; code: unknown; statementIndex?: number }
}

/** A process that ended under a write. */
export class Lost extends Error {}

/** The process of a write ended before anything of it was kept. */
export class WriterEnded extends Error {
  readonly code = "SQLITE_NOMEM"
  constructor() {
    super("The process that carried out this write ended, and nothing was changed")
  }
}

/** The process of a write ended while it committed, and another process has written since. */
export class OutcomeUnknown extends Error {
  readonly code = unknownOutcomeCode
  constructor() {
    super("The process that committed this write ended: whether the write was kept is not known")
  }
}
