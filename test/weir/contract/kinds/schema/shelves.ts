import { relations } from "drizzle-orm"
import { id, table, text } from "#weir/schema"
import { pieces } from "./pieces.ts"

/** A parent that nobody may create: its rows come from elsewhere. */
export const shelves = table("shelves", { id: id(), label: text({ max: 20 }).notNull() })

export const shelvesRelations = relations(shelves, ({ many }) => ({ pieces: many(pieces) }))
