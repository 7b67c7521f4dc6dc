import { relations } from "drizzle-orm"
import { id, integer, references, table } from "#weir/schema"
import { orders } from "./orders.ts"
import { products } from "./products.ts"

export const lines = table("lines", {
  id: id(),
  order_id: references(() => orders.id, { onDelete: "cascade" }).notNull(),
  product_id: references(() => products.id).notNull(),
  quantity: integer({ min: 1, max: 1000 }).notNull(),
})

export const linesRelations = relations(lines, ({ one }) => ({
  order: one(orders, { fields: [lines.order_id], references: [orders.id] }),
  product: one(products, { fields: [lines.product_id], references: [products.id] }),
}))
