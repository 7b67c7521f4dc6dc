/** The kinds of database failure, the same for every dialect. */
export type DatabaseFailure =
  /** Another row has the same value in unique columns. `columns` is empty where the database names none, or an `index`. */
  | { kind: "unique"; columns: string[]; index?: string }
  /** A reference to a row that does not exist, or a row that is still referred to. */
  | { kind: "foreign_key"; columns: string[] }
  /** A NOT NULL, a column type or the CHECK of that name refused a value. */
  | { kind: "invalid"; columns: string[]; check?: string }
  /** The rows to be inserted are more than the quota allows. */
  | { kind: "quota" }
  /** A rule forbids the row to be inserted. */
  | { kind: "rule" }
  /** A transaction that was to be undone. */
  | { kind: "undone" }
  /** A write of a batch changed no row: the one of that number. */
  | { kind: "missed"; write: number }
  /** A document would be larger than it may be. */
  | { kind: "document" }
  /** The statement exceeded its time limit and was cancelled. */
  | { kind: "timeout" }
  /** A table or column is missing: the database has not been migrated. */
  | { kind: "unmigrated" }
  /** A value that JSON has no form for: bytes, where SQLite keeps them in a column of text. */
  | { kind: "unsayable" }
  /** SQLite cannot take the statement: it nests too deeply. */
  | { kind: "too_complex" }
  /** The server refused the login or does not have the database. */
  | { kind: "refused" }
  /** The database was opened for reading only. */
  | { kind: "read_only" }
  /** The database cannot undo such a write and tell what it did. */
  | { kind: "unrehearsed"; why: string }
  /** The transaction was undone again and again, since others wrote the same rows. */
  | { kind: "contended" }
  /** The database is unreachable, shutting down, full or busy: a retry may succeed. */
  | { kind: "unavailable" }

/** The texts in the errors of statements that fail by a condition of their own. */
export const marks = {
  quota: "weir_quota_exceeded",
  rule: "weir_rule_refused",
  document: "weir_document_too_large",
  missed: "weir_write_missed",
  undone: "weir_undone",
} as const

/** The failure that an error's text is marked with. */
export const markedFailure = (text: string): DatabaseFailure | undefined => {
  for (const [kind, mark] of Object.entries(marks) as [keyof typeof marks, string][]) {
    const at = text.indexOf(`${mark} `)
    if (at < 0) continue
    return kind === "missed" ? { kind, write: Number.parseInt(text.slice(at + mark.length), 10) } : { kind }
  }
  return undefined
}
/** The code of the error of a write where `DATABASE_URL` says that there are none. */
export const readOnlyCode = "WEIR_READ_ONLY"

/** The code of the error of a rehearsal that a database cannot carry out. */
export const unrehearsedCode = "WEIR_UNREHEARSED"

/** The error and up to four causes, outermost first: Drizzle wraps the errors of a driver. */
export function* causes(error: unknown): Generator<Record<string, unknown>> {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    yield current as Record<string, unknown>
    current = (current as { cause?: unknown }).cause
  }
}

/** Whether a statement made a number that is too large: beyond 64 bits on SQLite, beyond its type on Postgres. */
export const isOverflow = (error: unknown): boolean =>
  [...causes(error)].some(
    ({ code, message }) => code === "22003" || /integer overflow/i.test(String(message)),
  )
