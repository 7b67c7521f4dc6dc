import type { Table } from "drizzle-orm"
import { keyOfOne } from "./collections.ts"
import { vocabulary } from "./vocabulary.ts"

const { boolean, id, index, integer, json, references, table, text, timestamp, timestamps, unique } =
  vocabulary

/** What the tables of accounts are for. */
export type AccountTableName =
  | "sessions"
  | "api_keys"
  | "identities"
  | "account_tokens"
  | "account_factors"
  | "passkeys"
  | "audit"

const purposes = new WeakMap<Table, { purpose: AccountTableName; users: Table }>()

/** What a table is for, and whose accounts it belongs to; undefined for one that `accountTables` has not made. */
export const accountTableOf = (table: Table): { purpose: AccountTableName; users: Table } | undefined =>
  purposes.get(table)

const digest = () => text({ max: 64 })
const created = () => timestamps().created_at

/** The column of the account that a row belongs to. */
const accountOf = (users: Table) =>
  references<number>((() => keyOfOne(users, "accountTables: the table")) as never, { onDelete: "cascade" })

const waysIn = (users: Table, prefix: string) => {
  const account = () => accountOf(users)
  return {
    /** Who is signed in where: a row is there as long as its session lasts. */
    sessions: table(`${prefix}sessions`, {
      id: id(),
      user_id: account().notNull(),
      /** Digests: of what all refresh tokens of the session begin with, of the present one, and of the last one. */
      family_hash: digest().notNull().unique(),
      token_hash: digest().notNull(),
      previous_hash: digest(),
      /** A fingerprint of the password that it was begun with. */
      password_mark: digest().notNull(),
      /** How it was begun: `password`, or who vouched. */
      method: text({ max: 60 }).notNull(),
      device: text({ max: 200 }),
      address: text({ max: 64 }),
      created_at: created(),
      last_used_at: timestamp().notNull(),
      expires_at: timestamp().notNull(),
    }),
    /** Keys that programs call with. */
    api_keys: table(`${prefix}api_keys`, {
      id: id(),
      user_id: account().notNull(),
      name: text({ min: 1, max: 100 }).notNull(),
      /** What the key begins with, to know it again. */
      start: text({ max: 20 }).notNull(),
      key_hash: digest().notNull().unique(),
      scopes: json().$type<string[]>().notNull(),
      created_at: created(),
      last_used_at: timestamp(),
      expires_at: timestamp(),
    }),
    /** What an account shows beside its password: authenticator apps, and codes for who has lost theirs. */
    account_factors: table(`${prefix}account_factors`, {
      id: id(),
      user_id: account().notNull(),
      /** `totp`, `recovery`, or `removed`: what is left of an app whose codes were guessed at, for its count. */
      kind: text({ max: 20 }).notNull(),
      /** The secret of an app, encrypted, or the digest of a recovery code. */
      secret: text({ max: 400 }).notNull(),
      /** The step of the last code that was taken: none is taken of it again. */
      last_step: integer(),
      /** Codes that were wrong since the last that was right, and when the latest of them came. */
      failures: integer().notNull().default(0),
      failed_at: timestamp(),
      created_at: created(),
      /** When a first code has shown that the app has the secret. */
      confirmed_at: timestamp(),
      last_used_at: timestamp(),
    }),
  }
}

const keys = (users: Table, prefix: string) => ({
  /** Passkeys (WebAuthn), by which an account signs in without its password. */
  passkeys: table(`${prefix}passkeys`, {
    id: id(),
    user_id: accountOf(users).notNull(),
    name: text({ min: 1, max: 100 }).notNull(),
    /** What the authenticator calls it, at most 1,023 bytes, and its public key (COSE): both in base64url. */
    credential_id: text({ max: 1364 }).notNull().unique(),
    public_key: text({ max: 2000 }).notNull(),
    /** How often it has signed, as far as its authenticator counts. */
    counter: integer().notNull(),
    transports: json().$type<string[]>().notNull(),
    /** Whether it outlives its device. */
    backed_up: boolean().notNull(),
    created_at: created(),
    last_used_at: timestamp(),
  }),
})

const records = (users: Table, prefix: string) => {
  const account = () => accountOf(users)
  return {
    /** What other issuers call an account. */
    identities: table(
      `${prefix}identities`,
      {
        id: id(),
        user_id: account().notNull(),
        issuer: text({ min: 1, max: 200 }).notNull(),
        subject: text({ min: 1, max: 255 }).notNull(),
        email: text({ max: 254 }),
        created_at: created(),
      },
      (self) => [unique(`${prefix}identities_issuer_subject`).on(self.issuer, self.subject)],
    ),
    /** Tokens that are used once: links by mail, codes of a sign-in. */
    account_tokens: table(
      `${prefix}account_tokens`,
      {
        token_hash: digest().primaryKey(),
        /** Such as `verify`, `reset`, `email`, `invite`, `sign_in`. */
        purpose: text({ max: 20 }).notNull(),
        /** Null for an invitation, which has no account yet. */
        user_id: account(),
        /** What belongs to it, such as a new address, as JSON. */
        data: json(),
        created_at: created(),
        expires_at: timestamp().notNull(),
      },
      (self) => [index(`${prefix}account_tokens_expires_at_index`).on(self.expires_at)],
    ),
    /** What became of accounts: a row outlives its account, so that it refers to none. */
    audit: table(
      `${prefix}audit`,
      {
        id: id(),
        at: created(),
        /** Such as `sign_in`, `sign_in_failed`, `password_changed`. */
        event: text({ max: 40 }).notNull(),
        /** The keys of the account, and of who did it, as text. */
        account: text({ max: 255 }),
        actor: text({ max: 255 }),
        address: text({ max: 64 }),
        device: text({ max: 200 }),
        request_id: text({ max: 200 }),
        details: json(),
      },
      (self) => [
        index(`${prefix}audit_account_index`).on(self.account),
        index(`${prefix}audit_request_id_index`).on(self.request_id),
      ],
    ),
  }
}

/**
 * The tables of what accounts have besides a password, for the schema to export, so that migrations make them, and for
 * `accounts` of `defineApi` to name. Those that are not wanted are left out of both.
 *
 * @example
 * // src/schema/accounts.ts
 * export const { sessions, api_keys, identities, account_tokens, account_factors, audit } = accountTables(users)
 * @param options.prefix stands before the names of the tables, where the schema has others of these names
 */
export function accountTables(users: Table, { prefix = "" }: { prefix?: string } = {}) {
  const tables = { ...waysIn(users, prefix), ...keys(users, prefix), ...records(users, prefix) }
  for (const [purpose, made] of Object.entries(tables))
    purposes.set(made, { purpose: purpose as AccountTableName, users })
  return tables
}
