import { relations } from "drizzle-orm"
import { id, references, table, text, timestamps } from "#weir/schema"
import { lines } from "./lines.ts"
import { users } from "./users.ts"

export const orders = table("orders", {
  id: id(),
  owner_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
  note: text({ max: 1000 }),
  ...timestamps(),
})

export const ordersRelations = relations(orders, ({ many }) => ({ lines: many(lines) }))
