import { id, references, table, text, timestamps } from "#weir/schema"
import { users } from "./users.ts"

/** Stands for a service that sends mail. */
export const mails = table("mails", {
  id: id(),
  owner_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
  text: text({ max: 1000 }).notNull(),
  ...timestamps(),
})
