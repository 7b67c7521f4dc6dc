import { getTableName, type Table } from "drizzle-orm"
import { type AccountTableName, accountTableOf } from "../db/dialect/account-tables.ts"
import { resource } from "./define.ts"
import type { Resource, ResourceOptions } from "./resource.ts"
import { admin, nobody, type Rule, viewerIs } from "./rules.ts"

/** The tables that `accountTables` makes, by what they are for, as far as the accounts use them. */
export interface AccountTables {
  /** Sign-in begins a session, with refresh tokens. Without it, access tokens last an hour, and nothing ends them. */
  sessions?: Table
  /** Keys that programs call with: `POST /auth/keys`. */
  keys?: Table
  /** What other issuers call the accounts. */
  identities?: Table
  /** Tokens that are used once: links by mail, codes of a sign-in. */
  tokens?: Table
  /** Second factors: one-time codes of authenticator apps, and recovery codes. */
  factors?: Table
  /** What became of the accounts, for admins: `GET /audit`. */
  audit?: Table
}

/** The same, as resources. */
export type AccountResources = { [Name in keyof AccountTables]-?: Resource | undefined }

const purposes: Record<keyof AccountTables, AccountTableName> = {
  sessions: "sessions",
  keys: "api_keys",
  identities: "identities",
  tokens: "account_tokens",
  factors: "account_factors",
  audit: "audit",
}

const mine: Rule = viewerIs("user_id") as Rule
const hidden = { read: nobody, write: nobody }

/** What is served of them, unless the API has a resource of its own for the table. */
const options: Record<keyof AccountTables, ResourceOptions> = {
  sessions: {
    read: mine,
    delete: mine,
    sort: "-last_used_at",
    fields: { family_hash: hidden, token_hash: hidden, previous_hash: hidden, password_mark: hidden },
  },
  keys: {
    read: mine,
    update: mine,
    delete: mine,
    fields: {
      key_hash: hidden,
      user_id: { write: nobody },
      start: { write: nobody },
      scopes: { write: nobody },
      last_used_at: { write: nobody },
      expires_at: { write: nobody },
    },
  },
  identities: { read: mine },
  tokens: {},
  factors: {},
  audit: { read: admin, sort: "-id" },
}

/**
 * The resources of the accounts' tables: those that the API declares, and default ones for the others. Throws one line
 * for a table that `accountTables` has not made for that purpose and for these accounts.
 */
export function accountResources(
  tables: AccountTables,
  users: Table,
  declared: readonly Resource[],
): AccountResources {
  const resolved = (name: keyof AccountTables): Resource | undefined => {
    const table = tables[name]
    if (!table) return undefined
    const made = accountTableOf(table)
    if (made?.purpose !== purposes[name] || made.users !== users)
      throw new Error(
        `accounts: ${name} takes the table ${purposes[name]} that accountTables(${getTableName(users)}) makes`,
      )
    return declared.find((one) => one.table === table) ?? resource(table, options[name])
  }
  return {
    sessions: resolved("sessions"),
    keys: resolved("keys"),
    identities: resolved("identities"),
    tokens: resolved("tokens"),
    factors: resolved("factors"),
    audit: resolved("audit"),
  }
}
