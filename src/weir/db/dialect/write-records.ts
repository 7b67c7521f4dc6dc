import { vocabulary } from "./vocabulary.ts"

const { index, integer, table, text, timestamp } = vocabulary

/**
 * What writes left, kept in their own transaction: by it a retry with the same `Idempotency-Key` gets the first outcome, and
 * the statements of a batch find the rows of those before them. A team's schema exports it, so that migrations make it.
 *
 * @example
 * // src/schema/write-records.ts
 * export { writeRecords } from "#weir/schema"
 */
export const writeRecords = table(
  "weir_write_records",
  {
    /** The record, and the write's place in it: unique, so that one request alone keeps it. */
    id: text({ max: 100 }).primaryKey(),
    /** A digest of viewer and key. */
    record: text({ max: 80 }).notNull(),
    position: integer().notNull(),
    /** A digest of what was requested. */
    request: text({ max: 80 }).notNull(),
    verb: text({ max: 20 }).notNull(),
    /** The row as its writer was answered; null for a delete. */
    body: text(),
    /** The row's key, as JSON. */
    row_key: text(),
    expires_at: timestamp().notNull(),
  },
  ({ record, expires_at }) => [
    index("weir_write_records_record_index").on(record),
    index("weir_write_records_expires_at_index").on(expires_at),
  ],
)
