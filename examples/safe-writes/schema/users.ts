import { id, table, text, timestamps } from "#weir/schema"

export const users = table("users", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  ...timestamps(),
})
