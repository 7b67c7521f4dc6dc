import { defineApi } from "#weir"
import { resources } from "./resources.ts"
import { rowHistory } from "./schema/row-history.ts"
import { users } from "./schema/users.ts"
import { writeRecords } from "./schema/write-records.ts"

/** A shop whose writes are safe to send again, to race and to combine. */
export const api = defineApi({
  title: "Shop",
  version: "1.0.0",
  description: "Products and orders. Writes can be conditional, repeated and combined.",
  accounts: { table: users, login: ["email"], password: "hashed_password" },
  records: writeRecords,
  history: rowHistory,
  resources,
})
