import { relations } from "drizzle-orm"
import { id, real, references, table, text, timestamps } from "#weir/schema"
import { users } from "./users.ts"

export const items = table("items", {
  id: id(),
  title: text({ min: 1, max: 200 }).notNull(),
  description: text({ max: 10_000 }),
  price: real({ min: 0 }).notNull(),
  owner_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
  ...timestamps(),
})

export const itemsRelations = relations(items, ({ one }) => ({
  owner: one(users, { fields: [items.owner_id], references: [users.id] }),
}))
