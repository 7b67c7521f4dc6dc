import { relations } from "drizzle-orm"
import { id, references, table, text, timestamps } from "#weir/schema"
import { issues } from "./issues.ts"
import { organizations } from "./organizations.ts"
import { statuses } from "./statuses.ts"

export const projects = table("projects", {
  id: id(),
  organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
  name: text({ min: 1, max: 100 }).notNull(),
  description: text({ max: 10_000 }),
  ...timestamps(),
})

export const projectsRelations = relations(projects, ({ one, many }) => ({
  organization: one(organizations, { fields: [projects.organization_id], references: [organizations.id] }),
  issues: many(issues),
  statuses: many(statuses),
}))
