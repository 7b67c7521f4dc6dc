import { defineApi } from "#weir"
import { passkeys } from "#weir/passkeys"
import { accountResources } from "./resources.ts"
import * as tables from "./schema/people.ts"

const { account_tokens, audit, people, sessions } = tables

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
    passkeys: passkeys(tables.passkeys),
    audit,
    confirm: true,
  },
  resources: accountResources(),
  mailLinks: { reset: "/new-password#{token}" },
})
