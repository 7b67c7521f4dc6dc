import { defineApi } from "#weir"
import { resources } from "./resources.ts"
import { acceptInvitation } from "./routes/accept-invitation.ts"
import { users } from "./schema/users.ts"

/** An issue tracker for many organizations. */
export const api = defineApi({
  title: "Tracker",
  version: "1.0.0",
  description: "Projects and issues of organizations. Only the members of an organization see its rows.",
  accounts: {
    table: users,
    login: ["email", "username"],
    password: "hashed_password",
    role: "role",
    verified: "verified_at",
  },
  resources,
  routes: [acceptInvitation],
})
