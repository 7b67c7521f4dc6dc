import { relations } from "drizzle-orm"
import { bigint, references, table } from "#weir/schema"
import { ledgers } from "./ledgers.ts"

/** A key of 64 bits that clients give, and a reference that is of text. */
export const entries = table("entries", {
  no: bigint({ name: "entry_no" }).primaryKey(),
  ledger: references(() => ledgers.code).notNull(),
  /** Counts from another entry on. */
  since: bigint(),
})

export const entriesRelations = relations(entries, ({ one }) => ({
  book: one(ledgers, { fields: [entries.ledger], references: [ledgers.code] }),
}))
