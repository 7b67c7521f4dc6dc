import { relations } from "drizzle-orm"
import { id, oneOf, table, text } from "#weir/schema"
import { pieces } from "./pieces.ts"

/** Accounts with one login name, other names of their columns, and another role of admins. */
export const members = table("members", {
  id: id(),
  handle: text({ min: 3, max: 30, pattern: "^[a-z0-9_]+$", example: "ann_1" }).notNull().unique(),
  secret: text({ max: 255 }).notNull(),
  rank: oneOf(["member", "chief"]).notNull().default("member"),
})

export const membersRelations = relations(members, ({ many }) => ({ pieces: many(pieces) }))
