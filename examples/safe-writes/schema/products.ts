import { boolean, id, real, table, text, timestamps } from "#weir/schema"

export const products = table("products", {
  id: id(),
  sku: text({ min: 1, max: 40 }).notNull().unique(),
  name: text({ min: 1, max: 200 }).notNull(),
  price: real({ min: 0 }).notNull(),
  sold_out: boolean().notNull().default(false),
  ...timestamps(),
})
