import { id, table, text, timestamps } from "#weir/schema"

export const users = table("users", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  username: text({ min: 3, max: 40, pattern: "^[A-Za-z0-9_.-]+$", format: "username" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  ...timestamps(),
})
