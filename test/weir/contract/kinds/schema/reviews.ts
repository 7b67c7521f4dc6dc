import type { Table } from "drizzle-orm"
import { collection, id, references, table, text } from "#weir/schema"
import { ledgers } from "./ledgers.ts"
import { lots } from "./lots.ts"
import { members } from "./members.ts"

/** Documents that must name a row of each kind of key, and may name others of their own. */
export const reviews = collection("reviews", {
  owner: members,
  index: ["stars"],
  schema: {
    type: "object",
    required: ["stars"],
    properties: { stars: { type: "integer", minimum: 1, maximum: 5 }, text: { type: "string" } },
    additionalProperties: false,
  },
  references: {
    lot_id: { to: lots, required: true },
    ledger_code: { to: ledgers, required: true, onDelete: "restrict" },
    parent_id: (): Table => reviews,
  },
})

/** Rows that name documents. */
export const flags = table("flags", {
  id: id(),
  review_id: references(() => reviews._id, { onDelete: "cascade" }).notNull(),
  reason: text({ max: 40 }),
})
