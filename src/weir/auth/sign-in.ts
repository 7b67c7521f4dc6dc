import type { AppContext } from "../http/context.ts"
import { FetchFailure } from "../lib/bounded-fetch.ts"
import { Problem } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import { keyFrom } from "./accounts.ts"
import type { AuthContext, ProviderSignIn } from "./auth-context.ts"
import { hiddenCookie, sentCookie } from "./cookies.ts"
import { type Person, ProviderRefusal } from "./person.ts"
import { accountOf, requireFree } from "./provider-account.ts"
import type { Provider, ProviderRound } from "./providers.ts"
import { isSame } from "./same-text.ts"
import { type CodeContent, issueCode } from "./sign-in-code.ts"
import { backTo, SignInRefusal, type SignInRequest } from "./sign-in-request.ts"

/** How long the provider's page may be looked at, in seconds. */
const roundSeconds = 600
/** How long a ticket to link an identity may be opened, in seconds. */
const ticketSeconds = 300

/** Whose identity is to be linked, with the fingerprint of the account's password. */
export interface LinkTicket {
  account: string
  mark: string
}

/** What a sign-in was begun with, sealed in a cookie of the browser that began it. */
interface Begun {
  provider: string
  round: ProviderRound
  request: SignInRequest
  link?: LinkTicket | undefined
}

/** The name of a sign-in's cookie: several may be under way in one browser. */
const cookieName = (state: string): string => `weir_sign_in_${state.slice(0, 12)}`

interface Step {
  location: string
  cookie: string
}

/** Where the provider sends the browser back. */
const callbackOf = (c: AppContext, { publicUrl }: ProviderSignIn, { name }: Provider): string =>
  `${publicUrl ?? new URL(c.req.url).origin}${c.get("basePath")}/auth/callback/${name}`

const cookieFor = (state: string, value: string, callback: string, maxAge: number): string => {
  const { protocol, pathname: path } = new URL(callback)
  return hiddenCookie(cookieName(state), value, { path, maxAge, secure: protocol === "https:" })
}

/** Begins a sign-in: where the browser goes, and the cookie that it takes along. Throws `SignInRefusal`. */
export async function begin(
  c: AppContext,
  signIn: ProviderSignIn,
  provider: Provider,
  request: SignInRequest,
  link?: LinkTicket,
): Promise<Step> {
  const callback = callbackOf(c, signIn, provider)
  const { url, round } = await provider.begin(callback).catch(refuse)
  const begun: Begun = { provider: provider.name, round, request, link }
  const sealed = signIn.cookies.seal(begun, roundSeconds)
  return { location: url, cookie: cookieFor(round.state, sealed, callback, roundSeconds) }
}

/** What the provider has sent the browser back with. */
export interface Returned {
  state: string
  code: string | undefined
  error: string | undefined
  /** RFC 9207: whose answer it is. */
  iss: string | undefined
}

/** Ends a sign-in that the browser has begun: back to the app, with a code or an error. Throws a 400 where it has begun none. */
export async function end(
  c: AppContext,
  context: AuthContext,
  signIn: ProviderSignIn,
  provider: Provider,
  returned: Returned,
): Promise<Step> {
  const begun = begunBy(c, signIn, provider, returned.state)
  const { request, round } = begun
  const cookie = cookieFor(round.state, "", round.callback, 0)
  try {
    const content = await outcome(c, context, provider, begun, returned)
    const code = await issueCode(c, context.accounts, request, content)
    return { location: backTo(request, { code }), cookie }
  } catch (error) {
    const refusal = asRefusal(error)
    c.set("logged", { ...c.get("logged"), sign_in: refusal.error, why: reasonOf(provider, refusal) })
    return { location: refusalOf(request, refusal), cookie }
  }
}

/** Where the app is told of a refusal. */
export const refusalOf = (request: SignInRequest, { error, message }: SignInRefusal): string =>
  backTo(request, { error, error_description: message })

/** For the log: what the provider did. */
export const reasonOf = ({ name }: Provider, { cause, message }: SignInRefusal): string =>
  cause instanceof Error ? `${name} ${cause.message}` : message

function begunBy(c: AppContext, { cookies }: ProviderSignIn, { name }: Provider, state: string): Begun {
  const sealed = sentCookie(c, cookieName(state))
  const begun = sealed ? (cookies.open(sealed) as Begun | undefined) : undefined
  if (begun?.provider === name && isSame(begun.round.state, state)) return begun
  throw new Problem(
    "sign_in_not_begun",
    "This browser has not begun the sign-in, or too long ago: begin it again from the app",
  )
}

/** Who has signed in, and what that is good for. */
async function outcome(
  c: AppContext,
  context: AuthContext,
  provider: Provider,
  { round, link }: Begun,
  { code, error, iss }: Returned,
): Promise<CodeContent> {
  if (error === "access_denied") throw new SignInRefusal("access_denied", "The sign-in was cancelled")
  if (error === "temporarily_unavailable") throw unavailable()
  if (error !== undefined || code === undefined || !provider.isIssuer(iss))
    throw new SignInRefusal("server_error", "The provider has refused the sign-in")
  const person = await provider.person(code, round).catch(refuse)
  const { accounts } = context
  const { issuer, subject } = person
  const identity = { issuer, subject }
  if (!link)
    return { account: await accountOf(c, accounts, provider, person), provider: provider.name, identity }
  const account = keyFrom(accounts)(link.account) as Key
  await requireFree(c, accounts, person, account)
  return { account, provider: provider.name, identity, link: { person: bounded(person), mark: link.mark } }
}

/** What is kept of a person. */
const bounded = ({ issuer, subject, email }: Person): Person => ({ issuer, subject, email, names: [] })

const unavailable = (cause?: unknown): SignInRefusal =>
  new SignInRefusal("temporarily_unavailable", "The provider does not answer now; try again", cause)

function refuse(error: unknown): never {
  if (error instanceof FetchFailure) throw unavailable(error)
  if (error instanceof ProviderRefusal)
    throw new SignInRefusal("server_error", "What the provider says does not hold", error)
  throw error
}

/** A refusal that the app is told of: for what is no fault of the sign-in, that it may be tried again. */
function asRefusal(error: unknown): SignInRefusal {
  if (error instanceof SignInRefusal) return error
  if (error instanceof Problem && error.status === 429)
    return new SignInRefusal("temporarily_unavailable", error.message, error)
  throw error
}

/** Seals a ticket with which a browser begins to link an identity. */
export const sealTicket = (
  { tickets }: ProviderSignIn,
  provider: Provider,
  link: LinkTicket,
  request: SignInRequest,
): string => tickets.seal({ provider: provider.name, link, request }, ticketSeconds)

/** What a ticket was sealed for; undefined where it does not hold. */
export function openTicket(
  { tickets }: ProviderSignIn,
  provider: Provider,
  text: string,
): { link: LinkTicket; request: SignInRequest } | undefined {
  const ticket = tickets.open(text) as
    | { provider: string; link: LinkTicket; request: SignInRequest }
    | undefined
  return ticket?.provider === provider.name ? ticket : undefined
}
