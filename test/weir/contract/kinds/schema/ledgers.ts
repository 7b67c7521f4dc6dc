import { relations } from "drizzle-orm"
import { table, text } from "#weir/schema"
import { entries } from "./entries.ts"
import { lots } from "./lots.ts"

/** A text key that clients give. */
export const ledgers = table("ledgers", {
  code: text({ max: 20, pattern: "^[a-z]{3}-\\d+$", example: "led-1", name: "ledger_code" }).primaryKey(),
  title: text().notNull(),
})

export const ledgersRelations = relations(ledgers, ({ many }) => ({
  lots: many(lots),
  entries: many(entries),
}))
