import type { RecordValues } from "../recording.ts"
import type { Statement } from "../statement.ts"

/** Undefined: SQLite has no writes within a statement, so that another one follows which selects the row again. */
export const recordedWithin: ((statement: Statement, values: RecordValues) => Statement) | undefined =
  undefined
/** The end of a subselect of rows to be deleted: those that another transaction holds are left to it. */
export const skippingLocked: string = ""
