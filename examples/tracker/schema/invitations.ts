import { relations } from "drizzle-orm"
import { id, oneOf, references, table, text, timestamp, timestamps } from "#weir/schema"
import { organizations } from "./organizations.ts"
import { users } from "./users.ts"

/** An organization asks a user, or whoever has an address, to become a member. */
export const invitations = table("invitations", {
  id: id(),
  organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
  /** Either of the two. */
  user_id: references(() => users.id, { onDelete: "cascade" }),
  email: text({ max: 254, format: "email" }),
  /** Owners are made of members, by owners. */
  role: oneOf(["member", "admin"]).notNull().default("member"),
  invited_by: references(() => users.id, { onDelete: "cascade" }).notNull(),
  state: oneOf(["pending", "accepted", "declined", "withdrawn"]).notNull().default("pending"),
  expires_at: timestamp().notNull(),
  /** What one acceptance is known by, so that its membership is made of it and of no other. */
  acceptance: text({ max: 36 }).unique(),
  ...timestamps(),
})

export const invitationsRelations = relations(invitations, ({ one }) => ({
  organization: one(organizations, {
    fields: [invitations.organization_id],
    references: [organizations.id],
  }),
  user: one(users, { fields: [invitations.user_id], references: [users.id], relationName: "user" }),
  addressee: one(users, { fields: [invitations.email], references: [users.email] }),
  inviter: one(users, {
    fields: [invitations.invited_by],
    references: [users.id],
    relationName: "inviter",
  }),
}))
