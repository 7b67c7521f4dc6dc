import { relations } from "drizzle-orm"
import { id, references, table, text, timestamps } from "#weir/schema"
import { invitations } from "./invitations.ts"
import { memberships } from "./memberships.ts"
import { projects } from "./projects.ts"
import { users } from "./users.ts"

export const organizations = table("organizations", {
  id: id(),
  name: text({ min: 1, max: 100 }).notNull(),
  founder_id: references(() => users.id, { onDelete: "set null" }),
  ...timestamps(),
})

export const organizationsRelations = relations(organizations, ({ many }) => ({
  memberships: many(memberships),
  invitations: many(invitations),
  projects: many(projects),
}))
