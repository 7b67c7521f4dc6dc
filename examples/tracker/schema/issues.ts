import { relations } from "drizzle-orm"
import { id, itself, oneOf, references, table, text, timestamps } from "#weir/schema"
import { comments } from "./comments.ts"
import { labels } from "./labels.ts"
import { organizations } from "./organizations.ts"
import { projects } from "./projects.ts"
import { users } from "./users.ts"

export const issues = table("issues", {
  id: id(),
  organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
  project_id: references(() => projects.id, { onDelete: "cascade" }).notNull(),
  parent_id: references(itself, { onDelete: "set null" }),
  title: text({ min: 1, max: 200 }).notNull(),
  description: text({ max: 10_000 }),
  state: oneOf(["open", "started", "done"]).notNull().default("open"),
  author_id: references(() => users.id, { onDelete: "set null" }),
  assignee_id: references(() => users.id, { onDelete: "set null" }),
  ...timestamps(),
})

export const issuesRelations = relations(issues, ({ one, many }) => ({
  project: one(projects, { fields: [issues.project_id], references: [projects.id] }),
  parent: one(issues, {
    fields: [issues.parent_id],
    references: [issues.id],
    relationName: "children",
  }),
  children: many(issues, { relationName: "children" }),
  author: one(users, { fields: [issues.author_id], references: [users.id], relationName: "author" }),
  assignee: one(users, { fields: [issues.assignee_id], references: [users.id], relationName: "assignee" }),
  comments: many(comments),
  labels: many(labels),
}))
