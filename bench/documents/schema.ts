import { relations } from "drizzle-orm"
import { collection, id, index, oneOf, real, references, table, text, timestamps } from "#weir/schema"

export const users = table("users", {
  id: id(),
  email: text({ max: 254 }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  role: oneOf(["user", "admin"]).notNull().default("user"),
})

/** Rows that have as columns what documents have as members. */
export const items = table(
  "items",
  {
    id: id(),
    title: text({ max: 200 }).notNull(),
    description: text({ max: 10_000 }),
    color: text({ max: 40 }).notNull(),
    width: real().notNull(),
    height: real().notNull(),
    price: real().notNull(),
    owner_id: references(() => users.id).notNull(),
    ...timestamps(),
  },
  (self) => [
    index("items_color_index").on(self.color, self.id),
    index("items_width_index").on(self.width, self.id),
  ],
)

export const itemsRelations = relations(items, ({ one }) => ({
  owner: one(users, { fields: [items.owner_id], references: [users.id] }),
}))

/** The rows of `items` as documents. */
export const documents = collection("documents", { owner: users, index: ["color", "size.width"] })
