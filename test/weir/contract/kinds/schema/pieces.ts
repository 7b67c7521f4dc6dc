import { relations } from "drizzle-orm"
import { boolean, id, real, references, table, text } from "#weir/schema"
import { members } from "./members.ts"
import { shelves } from "./shelves.ts"

export const pieces = table("pieces", {
  id: id(),
  title: text({ min: 1, max: 80 }).notNull(),
  weight: real({ min: 0 }),
  public: boolean().notNull().default(false),
  shelf_id: references(() => shelves.id).notNull(),
  maker_id: references(() => members.id, { onDelete: "cascade" }),
})

export const piecesRelations = relations(pieces, ({ one }) => ({
  shelf: one(shelves, { fields: [pieces.shelf_id], references: [shelves.id] }),
  maker: one(members, { fields: [pieces.maker_id], references: [members.id] }),
}))
