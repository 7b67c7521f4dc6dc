import type { SQL } from "drizzle-orm"

/** A document that is patched: its column, in the table of its row, and where the row is. */
export interface PatchedDocument {
  table: SQL
  column: SQL
  hasKey: SQL
  /** The merge patch, as it is bound. */
  patch: SQL
  /** Whether it is written, so that the row must be locked. */
  isWritten: boolean
}

/** What a merge patch makes of a document, as parts of a statement on its table. */
export interface PatchSql {
  /** A WITH clause, or nothing. */
  ctes: SQL
  /** A further table of the statement. */
  from: SQL | undefined
  /** The document after the patch. */
  document: SQL
  /** The same; it fails where it has more bytes than that. */
  upTo(maxBytes: number): SQL
}
