import { getTableColumns, getTableName, is, sql, Table } from "drizzle-orm"
import { type AccountTableName, accountTableOf } from "../db/dialect/account-tables.ts"
import { primaryKeyOf } from "../db/dialect/foreign-keys.ts"
import { noPasswordSalt } from "../lib/no-password.ts"
import { resource } from "./define.ts"
import type { Resource, ResourceOptions } from "./resource.ts"
import { admin, all, nobody, type Rule, viewerIs } from "./rules.ts"

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
  /** Passkeys: `passkeys(table)` of `#weir/passkeys`. */
  passkeys?: PasskeyTable
  /** What became of the accounts, for admins: `GET /audit`. */
  audit?: Table
}

/** The table of passkeys, and what serves them: that is loaded with `#weir/passkeys`, and nowhere else. */
export interface PasskeyTable {
  table: Table
  server: object
}

/** The same, as resources. */
export type AccountResources = { [Name in keyof AccountTables]-?: Resource | undefined }

const purposes: Record<keyof AccountTables, AccountTableName> = {
  sessions: "sessions",
  keys: "api_keys",
  identities: "identities",
  tokens: "account_tokens",
  factors: "account_factors",
  passkeys: "passkeys",
  audit: "audit",
}

const mine: Rule = viewerIs("user_id") as Rule
const hidden = { read: nobody, write: nobody }

/** The accounts that rows belong to: their table, and its column of passwords. */
interface Owners {
  users: Table
  password: string
}

/**
 * The account has another way to sign in than this identity: one more of them, or a password. Whoever deletes the last way
 * in is locked out.
 */
const hasOtherWay =
  (identities: Table, { users, password }: Owners): Rule =>
  (row) => {
    const [key] = primaryKeyOf(users)
    const hash = getTableColumns(users)[password]
    const other = (name: string) =>
      sql`other_identity.${sql.identifier(getTableColumns(identities)[name]?.name ?? name)}`
    const another = sql`exists (select 1 from ${identities} other_identity where ${other("user_id")} = ${row("user_id")} and ${other("id")} <> ${row("id")})`
    return sql`(${another} or exists (select 1 from ${users} where ${key} = ${row("user_id")} and ${hash} not like ${`%$${noPasswordSalt}$%`}))`
  }

/** What is served of them, unless the API has a resource of its own for the table. */
const optionsOf = (table: Table, owners: Owners): Record<keyof AccountTables, ResourceOptions> => ({
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
  identities: { read: mine, delete: all(mine, hasOtherWay(table, owners)) },
  tokens: {},
  factors: {},
  passkeys: {},
  audit: { read: admin, sort: "-id" },
})

/**
 * The resources of the accounts' tables: those that the API declares, and default ones for the others. Throws one line
 * for a table that `accountTables` has not made for that purpose and for these accounts.
 */
export function accountResources(
  tables: AccountTables,
  owners: Owners,
  declared: readonly Resource[],
): AccountResources {
  const { users } = owners
  const resolved = (name: keyof AccountTables): Resource | undefined => {
    const given = tables[name]
    if (!given) return undefined
    const table = is(given, Table) ? given : given.table
    const made = accountTableOf(table)
    if (made?.purpose !== purposes[name] || made.users !== users)
      throw new Error(
        `accounts: ${name} takes the table ${purposes[name]} that accountTables(${getTableName(users)}) makes`,
      )
    return declared.find((one) => one.table === table) ?? resource(table, optionsOf(table, owners)[name])
  }
  return {
    sessions: resolved("sessions"),
    keys: resolved("keys"),
    identities: resolved("identities"),
    tokens: resolved("tokens"),
    factors: resolved("factors"),
    passkeys: resolved("passkeys"),
    audit: resolved("audit"),
  }
}
