import { anyone, nobody, resource } from "#weir"
import * as authors from "./schema/authors.ts"
import * as books from "./schema/books.ts"

/** Read only: an action without a rule is closed. */
export const resources = [
  resource(authors, { read: anyone, embed: { books: {} } }),
  resource(books, {
    read: anyone,
    // Written by the staff for the staff.
    fields: { remarks: { read: nobody } },
    embed: { author: {} },
    sort: "title",
  }),
]
