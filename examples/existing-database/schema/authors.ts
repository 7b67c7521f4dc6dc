import { relations } from "drizzle-orm"
import { id, integer, table, text } from "#weir/schema"
import { books } from "./books.ts"

export const authors = table("authors", {
  id: id(),
  name: text({ max: 200 }).notNull(),
  born: integer(),
})

export const authorsRelations = relations(authors, ({ many }) => ({ books: many(books) }))
