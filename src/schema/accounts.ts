import { accountTables } from "#weir/schema"
import { users } from "./users.ts"

export const { sessions, api_keys, identities, account_tokens, account_factors, audit } = accountTables(users)
