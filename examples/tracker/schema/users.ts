import { relations } from "drizzle-orm"
import { id, oneOf, table, text, timestamp, timestamps } from "#weir/schema"
import { invitations } from "./invitations.ts"
import { memberships } from "./memberships.ts"

export const users = table("users", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  username: text({ min: 3, max: 40, pattern: "^[A-Za-z0-9_.-]+$", format: "username" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  /** An admin is an operator of the API, whatever the organizations say. */
  role: oneOf(["user", "admin"]).notNull().default("user"),
  /** Since when it is known that the address is theirs: invitations to addresses count from then on. */
  verified_at: timestamp(),
  ...timestamps(),
})

export const usersRelations = relations(users, ({ many }) => ({
  memberships: many(memberships),
  invitations: many(invitations, { relationName: "user" }),
}))
