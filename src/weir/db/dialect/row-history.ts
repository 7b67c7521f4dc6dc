import { vocabulary } from "./vocabulary.ts"

const { id, integer, table, text, timestamp, unique } = vocabulary

/**
 * The table of versions of rows, for resources with `history`. A team exports it from its own schema, so that its
 * migrations make it: `export { rowHistory } from "#weir/schema"`.
 */
export const rowHistory = table(
  "weir_row_history",
  {
    /** Ascends in time. */
    id: id(),
    table_name: text().notNull(),
    row_key: text().notNull(),
    version: integer().notNull(),
    verb: text().notNull(),
    /** Null where nobody knows since when the row was so. */
    at: timestamp(),
    by: text(),
    /** What the row was from then on, as JSON; null where it was deleted. */
    was: text(),
  },
  (self) => [unique("weir_row_history_row").on(self.table_name, self.row_key, self.version)],
)
