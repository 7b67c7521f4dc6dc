import { defineApi } from "#weir"
import { accountResources } from "./resources.ts"
import { account_tokens, audit, people, sessions } from "./schema/people.ts"

/** The accounts of the other API, whose addresses are verified before anybody signs in. */
export const confirmed = defineApi({
  title: "Confirmed\r\naccounts",
  version: "0.1.0",
  accounts: {
    table: people,
    login: ["email", "username"],
    password: "hashed_password",
    role: "role",
    verified: "verified_at",
    disabled: "disabled_at",
    sessions,
    tokens: account_tokens,
    audit,
    confirm: true,
  },
  resources: accountResources(),
  mailLinks: { reset: "/new-password#{token}" },
})
