import type { Accounts } from "../resource/accounts.ts"
import { keyFrom } from "./accounts.ts"
import type { SigningKey } from "./signing-keys.ts"
import { secretsOf, type Tokens, tokens } from "./token.ts"

/** What an API's way of signing in is set to. */
export interface AuthSettings {
  /** Keys of pairs: the first signs tokens, all verify. Without them, the secret signs. */
  keys?: readonly SigningKey[] | undefined
  /** How long an access token holds, in seconds. Default: 15 minutes with sessions, an hour without. */
  accessTokenSeconds?: number | undefined
  /** How long a session lasts that is not used, in days. Default: 30. */
  sessionDays?: number | undefined
}

/** What the routes of accounts work with. */
export interface AuthContext {
  accounts: Accounts
  tokens: Tokens
  /** The secrets of AUTH_SECRET, newest first. */
  secrets: [string, ...string[]]
  /** The API as people know it. */
  title: string
  settings: AuthSettings
  /** Makes what must be there before anybody signs in. */
  prepare(): Promise<void>
}

/** How long access tokens hold that a sign-out ends, in seconds. */
const sessionTokenSeconds = 900

interface Setting {
  accounts: Accounts
  issuer: string
  title: string
  secret: string
  settings?: AuthSettings | undefined
  prepare(): Promise<void>
}

/** The context of an API's accounts, by its settings. */
export function authContext(setting: Setting): AuthContext {
  const { accounts, issuer, title, secret, settings = {}, prepare } = setting
  const lifetime = settings.accessTokenSeconds ?? (accounts.tables.sessions ? sessionTokenSeconds : undefined)
  const options = { keyOf: keyFrom(accounts), keys: settings.keys, lifetime }
  const secrets = secretsOf(secret) as [string, ...string[]]
  return { accounts, title, secrets, settings, prepare, tokens: tokens(secret, issuer, options) }
}
