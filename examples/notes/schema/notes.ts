import { id, index, references, table, text, timestamps } from "#weir/schema"
import { users } from "./users.ts"

export const notes = table(
  "notes",
  {
    id: id(),
    text: text({ min: 1, max: 10_000 }).notNull(),
    tag: text({ min: 1, max: 40 }),
    owner_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
    ...timestamps(),
  },
  (t) => [index("notes_owner_id_tag_index").on(t.owner_id, t.tag)],
)
