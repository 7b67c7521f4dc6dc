import { relations } from "drizzle-orm"
import { id, references, table, text, timestamps } from "#weir/schema"
import { issues } from "./issues.ts"
import { organizations } from "./organizations.ts"
import { users } from "./users.ts"

export const comments = table("comments", {
  id: id(),
  organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
  issue_id: references(() => issues.id, { onDelete: "cascade" }).notNull(),
  author_id: references(() => users.id, { onDelete: "set null" }),
  text: text({ min: 1, max: 10_000 }).notNull(),
  ...timestamps(),
})

export const commentsRelations = relations(comments, ({ one }) => ({
  issue: one(issues, { fields: [comments.issue_id], references: [issues.id] }),
  author: one(users, { fields: [comments.author_id], references: [users.id] }),
}))
