import { relations } from "drizzle-orm"
import { boolean, id, integer, real, references, table, text } from "#weir/schema"
import { authors } from "./authors.ts"

export const books = table("books", {
  id: id(),
  title: text({ max: 300 }).notNull(),
  author_id: references(() => authors.id),
  isbn: text({ max: 13 }).unique(),
  price: real(),
  on_loan: boolean().notNull().default(false),
  // The older application writes a day as `2019-04-01`, and a time as seconds since 1970: no timestamp().
  added_on: text({ max: 10 }),
  changed_at: integer(),
  remarks: text({ max: 1_000 }),
})

export const booksRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.author_id], references: [authors.id] }),
}))
