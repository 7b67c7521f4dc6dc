import { relations } from "drizzle-orm"
import { id, oneOf, table, text, timestamp, timestamps } from "#weir/schema"
import { items } from "./items.ts"

export const users = table("users", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  username: text({ min: 3, max: 40, pattern: "^[A-Za-z0-9_.-]+$", format: "username" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  role: oneOf(["user", "admin"]).notNull().default("user"),
  verified_at: timestamp(),
  disabled_at: timestamp(),
  ...timestamps(),
})

export const usersRelations = relations(users, ({ many }) => ({ items: many(items) }))
