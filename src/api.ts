import { defineApi } from "#weir"
import { resources } from "./resources.ts"
import { stats } from "./routes/stats.ts"
import { account_factors, account_tokens, api_keys, audit, identities, sessions } from "./schema/accounts.ts"
import { users } from "./schema/users.ts"
import { writeRecords } from "./schema/write-records.ts"

/** What this API is. */
export const api = defineApi({
  title: "Weir",
  version: "0.1.0",
  description: "Users and their items. Errors are RFC 9457 problems.",
  license: { name: "MIT", identifier: "MIT" },
  tags: {
    users: "Accounts",
    items: "What users own",
    notes: "Documents of users",
    stats: "Counts, for admins",
  },
  accounts: {
    table: users,
    login: ["email", "username"],
    password: "hashed_password",
    role: "role",
    verified: "verified_at",
    disabled: "disabled_at",
    sessions,
    keys: api_keys,
    identities,
    tokens: account_tokens,
    factors: account_factors,
    audit,
  },
  resources,
  records: writeRecords,
  routes: [stats],
})
