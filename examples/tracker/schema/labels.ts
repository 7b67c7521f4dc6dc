import { relations } from "drizzle-orm"
import { id, index, references, table, text, timestamps, unique } from "#weir/schema"
import { issues } from "./issues.ts"
import { organizations } from "./organizations.ts"

/** A word on an issue, once per issue. */
export const labels = table(
  "labels",
  {
    id: id(),
    organization_id: references(() => organizations.id, { onDelete: "cascade" }).notNull(),
    issue_id: references(() => issues.id, { onDelete: "cascade" }).notNull(),
    name: text({ min: 1, max: 40 }).notNull(),
    ...timestamps(),
  },
  (t) => [
    unique("labels_issue_id_name_unique").on(t.issue_id, t.name),
    index("labels_organization_id_name_index").on(t.organization_id, t.name),
  ],
)

export const labelsRelations = relations(labels, ({ one }) => ({
  issue: one(issues, { fields: [labels.issue_id], references: [issues.id] }),
}))
