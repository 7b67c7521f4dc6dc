import { defineApi } from "#weir"
import { resources } from "./resources.ts"
import { retag } from "./routes/retag.ts"
import { users } from "./schema/users.ts"

/** Private notes with tags. */
export const api = defineApi({
  title: "Notes",
  version: "1.0.0",
  description: "Private notes. Each user reads and changes only their own.",
  accounts: { table: users, login: ["email"], password: "hashed_password" },
  resources,
  routes: [retag],
})
