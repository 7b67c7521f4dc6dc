import { relations } from "drizzle-orm"
import { id, index, oneOf, references, table, timestamps, unique } from "#weir/schema"
import { organizations } from "./organizations.ts"
import { users } from "./users.ts"

/** Members read and write, admins invite and change roles, owners are those whom admins cannot remove. */
export const memberships = table(
  "memberships",
  {
    id: id(),
    user_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
    organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
    role: oneOf(["member", "admin", "owner"]).notNull().default("member"),
    ...timestamps(),
  },
  // The rules look memberships up by both columns: this is their index, too.
  (t) => [
    unique("memberships_user_organization_unique").on(t.user_id, t.organization_id),
    index("memberships_organization_role_index").on(t.organization_id, t.role),
  ],
)

export const membershipsRelations = relations(memberships, ({ one }) => ({
  user: one(users, { fields: [memberships.user_id], references: [users.id] }),
  organization: one(organizations, {
    fields: [memberships.organization_id],
    references: [organizations.id],
  }),
}))
