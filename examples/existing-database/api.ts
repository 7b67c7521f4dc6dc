import { defineApi } from "#weir"
import { resources } from "./resources.ts"

/** The catalogue of a library, out of the database of an older application. */
export const api = defineApi({
  title: "Library",
  version: "1.0.0",
  description: "Books and their authors, for everybody to read.",
  accounts: false,
  resources,
})
