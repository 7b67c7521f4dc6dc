import { relations } from "drizzle-orm"
import { id, oneOf, references, table, text, timestamps } from "#weir/schema"
import { organizations } from "./organizations.ts"
import { projects } from "./projects.ts"
import { users } from "./users.ts"

/** How a project stands, as a member reports it. A report is not changed afterwards. */
export const statuses = table("statuses", {
  id: id(),
  organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
  project_id: references(() => projects.id, { onDelete: "cascade" }).notNull(),
  state: oneOf(["on_track", "at_risk", "off_track"]).notNull(),
  summary: text({ max: 1_000 }),
  author_id: references(() => users.id, { onDelete: "set null" }),
  ...timestamps(),
})

export const statusesRelations = relations(statuses, ({ one }) => ({
  project: one(projects, { fields: [statuses.project_id], references: [projects.id] }),
  author: one(users, { fields: [statuses.author_id], references: [users.id] }),
}))
