import type { AppContext } from "../http/context.ts"
import { refuseParams, searchOf } from "../http/query-string.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import { requireHolds } from "../operations/access.ts"
import { forbidden, invalid, notFound } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import { signedIn } from "../resource/rules.ts"
import { findByKey } from "./accounts.ts"
import type { AuthContext, ProviderSignIn } from "./auth-context.ts"
import { readBody } from "./body.ts"
import { requireInPerson } from "./in-person.ts"
import { providerDocs, signInBody } from "./provider-docs.ts"
import type { Provider } from "./providers.ts"
import { begin, end, openTicket, reasonOf, refusalOf, sealTicket } from "./sign-in.ts"
import {
  type ParameterOf,
  registeredRedirect,
  SignInRefusal,
  type SignInRequest,
  wrongParameter,
} from "./sign-in-request.ts"
import { passwordMark } from "./token.ts"

/** Signing in with a provider, and linking one to an account. */
export function providerRoutes(registry: Registry, context: AuthContext, signIn: ProviderSignIn): void {
  const docs = providerDocs([...signIn.providers.keys()])
  const providerOf = (c: AppContext): Provider => {
    const provider = signIn.providers.get(c.req.param("provider") ?? "")
    if (!provider) throw notFound()
    return provider
  }
  registry.add(
    "get",
    "/auth/sign-in/{provider}",
    () => docs.begin,
    (c) => beginSignIn(c, signIn, providerOf(c)),
  )
  registry.add(
    "get",
    "/auth/callback/{provider}",
    () => docs.end,
    (c) => endSignIn(c, context, signIn, providerOf(c)),
  )
  registry.add(
    "post",
    "/auth/identities/{provider}",
    () => docs.link,
    (c) => beginLink(c, context, signIn, providerOf(c)),
  )
}

/** Sends the browser elsewhere. Nothing of it is kept: the URL may hold a code. */
const sendTo = (c: AppContext, location: string, cookie?: string): Response =>
  reply(c, 302, null, {
    location,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    ...(cookie === undefined ? {} : { "set-cookie": cookie }),
  })

/** The parameters of the query string. */
function parametersOf(c: AppContext): (name: string) => string | undefined {
  const params = new URLSearchParams(searchOf(c))
  return (name) => {
    const [value, ...others] = params.getAll(name)
    if (others.length)
      throw invalid("The query string is not valid", [
        { path: name, message: "may be given only once", code: "repeated" },
      ])
    return value || undefined
  }
}

const requestOf = (parameter: ParameterOf, redirectUri: string): SignInRequest => ({
  redirectUri,
  codeChallenge: parameter("code_challenge") ?? "",
  state: parameter("state"),
})

async function beginSignIn(c: AppContext, signIn: ProviderSignIn, provider: Provider): Promise<Response> {
  const parameter = parametersOf(c)
  const sealed = parameter("ticket")
  const ticket = sealed === undefined ? undefined : openTicket(signIn, provider, sealed)
  if (sealed !== undefined && !ticket)
    throw invalid("The query string is not valid", [
      {
        path: "ticket",
        message: "does not hold: it is another provider's, or too old",
        code: "invalid_value",
      },
    ])
  const redirectUri = registeredRedirect(
    ticket?.request.redirectUri ?? parameter("redirect_uri"),
    signIn.redirects,
  )
  const request = ticket?.request ?? requestOf(parameter, redirectUri)
  try {
    const wrong = ticket ? undefined : wrongParameter(parameter)
    if (wrong) throw new SignInRefusal("invalid_request", `${wrong.path} ${wrong.message}`)
    const { location, cookie } = await begin(c, signIn, provider, request, ticket?.link)
    return sendTo(c, location, cookie)
  } catch (error) {
    if (!(error instanceof SignInRefusal)) throw error
    c.set("logged", { sign_in: error.error, why: reasonOf(provider, error) })
    const { state = "" } = request
    // What is too long is not sent back.
    return sendTo(c, refusalOf({ ...request, state: state.slice(0, 500) || undefined }, error))
  }
}

async function endSignIn(
  c: AppContext,
  context: AuthContext,
  signIn: ProviderSignIn,
  provider: Provider,
): Promise<Response> {
  const parameter = parametersOf(c)
  const returned = {
    state: parameter("state") ?? "",
    code: parameter("code"),
    error: parameter("error"),
    iss: parameter("iss"),
  }
  c.set("logged", { sign_in: "ok", provider: provider.name })
  const { location, cookie } = await end(c, context, signIn, provider, returned)
  return sendTo(c, location, cookie)
}

async function beginLink(
  c: AppContext,
  { accounts }: AuthContext,
  signIn: ProviderSignIn,
  provider: Provider,
): Promise<Response> {
  const call = c.get("call")
  requireHolds(call, signedIn)
  const { viewer } = call
  // It is a way into the account, which is its owner's alone to give.
  requireInPerson(viewer, "link an account")
  refuseParams(searchOf(c))
  const body = await readBody(c, signInBody)
  const parameter: ParameterOf = (name) => body[name]
  const redirectUri = registeredRedirect(body.redirect_uri, signIn.redirects)
  const account = await findByKey(accounts, call.client(), viewer.id as Key)
  if (!account) throw forbidden("The account is no more")
  const link = { account: String(account.id), mark: passwordMark(account.hashedPassword) }
  const ticket = sealTicket(signIn, provider, link, requestOf(parameter, redirectUri))
  const origin = signIn.publicUrl ?? new URL(c.req.url).origin
  const url = `${origin}${c.get("basePath")}/auth/sign-in/${provider.name}?ticket=${ticket}`
  return reply(c, 200, JSON.stringify({ url }), { "cache-control": "no-store" })
}
