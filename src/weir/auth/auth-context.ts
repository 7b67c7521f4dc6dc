import type { Accounts } from "../resource/accounts.ts"
import type { IssuerOptions } from "../resource/issuers.ts"
import { keyFrom } from "./accounts.ts"
import { type IssuedTokens, issuedTokens } from "./issued.ts"
import { issuers } from "./issuers.ts"
import type { MailContext } from "./mail-context.ts"
import { makingRefusal } from "./new-account.ts"
import { passkeyServerOf } from "./passkey-server.ts"
import type { ProviderOptions } from "./provider-options.ts"
import { type Provider, provider } from "./providers.ts"
import { type Sealer, sealer } from "./sealer.ts"
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
  /** How long a session lasts at most, however often it is refreshed, in days. Default: 365. */
  sessionMaxDays?: number | undefined
  /** Other issuers whose tokens are accepted, beside those of `accounts.issuers`. */
  issuers?: readonly IssuerOptions[] | undefined
  /** Providers that people sign in with. */
  providers?: readonly ProviderOptions[] | undefined
  /** Where a sign-in with a provider may lead, to the letter. */
  redirects?: readonly string[] | undefined
  /** The origin at which clients reach the API. Default: that of each request. */
  publicUrl?: string | undefined
  /** How long an invitation holds, in days. Default: 7. */
  invitationDays?: number | undefined
  /** Where passkeys may be used: nowhere, without. */
  passkeys?: PasskeySettings | undefined
}

/** What says where passkeys may be used. */
export interface PasskeySettings {
  /** The origins of the pages that use them. */
  origins: readonly string[]
  /** What other settings know of origins: those among them that can be are meant where `origins` names none. */
  others: readonly string[]
  /** The domain that they are bound to. Default: the host of the first origin. */
  domain?: string | undefined
  /** Whether pages of this server itself may use them, at localhost. */
  isDevelopment: boolean
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
  /** What sends mail, where something does, and the accounts have addresses and tokens. */
  mail: MailContext | undefined
  /** Makes what must be there before anybody signs in. */
  prepare(): Promise<void>
  /** Whose pages may change something by a session that is in cookies, besides the API's own. */
  origins: readonly string[]
  /** The tokens of other issuers, where some are accepted. */
  issued: IssuedTokens | undefined
  /** Signing in with a provider, where there are some. */
  signIn: ProviderSignIn | undefined
}

/** What signing in with a provider works with. */
export interface ProviderSignIn {
  providers: ReadonlyMap<string, Provider>
  redirects: ReadonlySet<string>
  publicUrl: string | undefined
  /** Of the cookie in which a sign-in travels. */
  cookies: Sealer
  /** Of the ticket with which an account begins to link an identity. */
  tickets: Sealer
}

/** How long access tokens hold that a sign-out ends, in seconds. */
const sessionTokenSeconds = 900

interface Setting {
  accounts: Accounts
  issuer: string
  title: string
  secret: string
  settings?: AuthSettings | undefined
  mail?: Pick<MailContext, "send" | "appUrl" | "title" | "links" | "log"> | undefined
  prepare(): Promise<void>
  origins?: readonly string[] | undefined
}

/** The context of an API's accounts, by its settings. Throws one line where they ask for what the accounts cannot do. */
export function authContext(setting: Setting): AuthContext {
  const { accounts, issuer, title, secret, settings = {}, prepare } = setting
  const refusal = authRefusal(accounts, settings)
  if (refusal !== undefined) throw new Error(refusal)
  const lifetime = settings.accessTokenSeconds ?? (accounts.tables.sessions ? sessionTokenSeconds : undefined)
  const options = { keyOf: keyFrom(accounts), keys: settings.keys, lifetime }
  const others = issuersOf(accounts, settings)
  const secrets = secretsOf(secret) as [string, ...string[]]
  return {
    accounts,
    title,
    secrets,
    settings,
    mail: mailOf(setting),
    prepare,
    origins: setting.origins ?? [],
    tokens: tokens(secret, issuer, options),
    issued: others.length ? issuedTokens(accounts, issuers(others)) : undefined,
    signIn: settings.providers?.length ? signInOf(settings, secrets) : undefined,
  }
}

/** What sends the accounts' mail, where they have addresses and tokens. */
function mailOf({ accounts, mail }: Setting): MailContext | undefined {
  const { email, tables } = accounts
  return mail && email && tables.tokens ? { ...mail, email, tokens: tables.tokens } : undefined
}

/** The issuers of the settings, and those of the API that these do not name. */
function issuersOf(accounts: Accounts, { issuers = [] }: AuthSettings): IssuerOptions[] {
  const names = new Set(issuers.map((one) => one.issuer))
  return [...issuers, ...accounts.issuers.filter((one) => !names.has(one.issuer))]
}

const signInOf = (
  { providers = [], redirects = [], publicUrl }: AuthSettings,
  secrets: [string, ...string[]],
): ProviderSignIn => ({
  providers: new Map(providers.map((options) => [options.name, provider(options)])),
  redirects: new Set(redirects),
  publicUrl,
  cookies: sealer(secrets, "sign-in"),
  tickets: sealer(secrets, "link"),
})

/** Why the accounts cannot have what the settings ask for; undefined where they can. */
export function authRefusal(accounts: Accounts, settings: AuthSettings): string | undefined {
  const { tables, role } = accounts
  const misplaced = passkeyServerOf(accounts)?.refusal(settings)
  if (misplaced) return misplaced
  const others = issuersOf(accounts, settings)
  const { providers = [] } = settings
  const where = others.length ? "AUTH_ISSUERS" : "AUTH_PROVIDERS"
  if (!others.length && !providers.length) return undefined
  if (!tables.identities) return `${where}: the accounts need the table identities of accountTables()`
  if (providers.length && !tables.tokens)
    return "AUTH_PROVIDERS: the accounts need the table account_tokens of accountTables()"
  const mapped = others.find(({ roles }) => roles !== undefined)
  if (mapped && !role?.spec.values)
    return `AUTH_ISSUERS: roles of ${mapped.issuer}: the accounts have no role with listed values`
  const creates = others.some(({ create }) => create) || providers.some(({ create = true }) => create)
  const refusal = creates ? makingRefusal(accounts) : undefined
  return refusal && `${where}: no account can be made, since ${refusal}`
}
