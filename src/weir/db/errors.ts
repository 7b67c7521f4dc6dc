/** What went wrong in the database, in words that hold for every dialect. */
export type DatabaseFailure =
  /** Another row has the value; `columns` where the database names them. */
  | { kind: "unique"; columns: string[] }
  /** A reference to a row that does not exist, or a row that is still referred to. */
  | { kind: "foreign_key"; columns: string[] }
  /** A value that a CHECK, NOT NULL or a type refuses. */
  | { kind: "invalid"; columns: string[] }
  /** The statement took too long and was cancelled. */
  | { kind: "timeout" }
  /** The tables are not there: the database was not migrated. */
  | { kind: "unmigrated" }
  /** There, but not for us: a wrong password, no such database. */
  | { kind: "refused" }
  /** Not reachable, shutting down, full or busy: worth trying again. */
  | { kind: "unavailable" }

/** The error and its causes, outermost first: Drizzle wraps what a driver throws. */
export function* causes(error: unknown): Generator<Record<string, unknown>> {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    yield current as Record<string, unknown>
    current = (current as { cause?: unknown }).cause
  }
}
