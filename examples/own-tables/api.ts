import { defineApi } from "#weir"
import { resources } from "./resources.ts"
import * as schema from "./schema/index.ts"

/** Projects of teams, and their tasks. */
export const api = defineApi({
  title: "Tasks",
  version: "1.0.0",
  description: "Projects, their members, and their tasks with tags. Who is in a project sees what is in it.",
  accounts: { table: schema.members, login: ["email"], password: "passwordHash", role: "role" },
  schema,
  resources,
})
