import { createHash, randomBytes } from "node:crypto"
import { type Answer, fetchBounded, objectOf } from "../lib/bounded-fetch.ts"
import { askMs, discover, endpointOf } from "./discovery.ts"
import { githubPerson } from "./github.ts"
import { IssuerKeys } from "./issuer-keys.ts"
import { openIdPerson } from "./openid.ts"
import { type Person, ProviderRefusal } from "./person.ts"
import type { ProviderOptions } from "./provider-options.ts"

/** What is kept of a round to the provider and back. It travels in the browser that began it, which cannot read it. */
export interface ProviderRound {
  /** What the provider sends back: it shows that the answer is that of this round. */
  state: string
  nonce: string
  /** Of PKCE, between this server and the provider. */
  verifier: string
  /** Where the provider sends the browser. */
  callback: string
}

/** A provider that people sign in with. Its methods throw `FetchFailure` where it does not answer. */
export interface Provider {
  name: string
  /** Whether who is new gets an account. */
  create: boolean
  /** Whether an answer that names its issuer is its own (RFC 9207). */
  isIssuer(iss: string | undefined): boolean
  /** Begins a sign-in: where the browser is sent, and what is needed when it comes back. */
  begin(callback: string): Promise<{ url: string; round: ProviderRound }>
  /** Who has signed in, by the code that came back. Throws `ProviderRefusal`. */
  person(code: string, round: ProviderRound): Promise<Person>
}

const maxBytes = 262_144
/** How long what a provider publishes of itself is believed. */
const metadataMs = 600_000

/** What a provider is asked with. */
export interface Endpoints {
  authorization: string
  token: string
}

/** Makes a provider of its settings. */
export function provider(options: ProviderOptions): Provider {
  const { name, kind = name === "github" ? "github" : "openid", create = true } = options
  const isGithub = kind === "github"
  const defaults = isGithub ? github : openId
  const issuer = options.issuer ?? (name === "google" ? google : isGithub ? github.issuer : "")
  const keys = new IssuerKeys({ issuer, jwks: options.jwks_uri })
  const endpointsOf = isGithub ? async () => endpointsOfGithub(options) : discovered(options, issuer)
  const scopes = options.scopes ?? defaults.scopes

  return {
    name,
    create,
    isIssuer: (iss) => iss === undefined || isGithub || iss === issuer,
    begin: async (callback) => {
      const { authorization } = await endpointsOf()
      const round = { state: random(), nonce: random(), verifier: random(), callback }
      const url = new URL(authorization)
      const parameters = {
        response_type: "code",
        client_id: options.client_id,
        redirect_uri: callback,
        state: round.state,
        code_challenge: createHash("sha256").update(round.verifier).digest("base64url"),
        code_challenge_method: "S256",
        scope: scopes.join(" "),
        ...(isGithub ? {} : { nonce: round.nonce }),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return { url: url.href, round }
    },
    person: async (code, round) => {
      const signal = AbortSignal.timeout(askMs)
      const { token } = await endpointsOf()
      const tokens = await exchanged(token, options, code, round, signal)
      return isGithub
        ? githubPerson(tokens, issuer, options.userinfo_endpoint ?? github.userinfo, signal)
        : openIdPerson(tokens, { issuer, clientId: options.client_id, keys, nonce: round.nonce })
    },
  }
}

/** 256 bits, in the characters of a verifier. */
const random = (): string => randomBytes(32).toString("base64url")

const google = "https://accounts.google.com"
const openId = { scopes: ["openid", "email", "profile"] }
const github = {
  issuer: "https://github.com",
  authorization: "https://github.com/login/oauth/authorize",
  token: "https://github.com/login/oauth/access_token",
  userinfo: "https://api.github.com/user",
  scopes: ["read:user", "user:email"],
}

const endpointsOfGithub = (options: ProviderOptions): Endpoints => ({
  authorization: options.authorization_endpoint ?? github.authorization,
  token: options.token_endpoint ?? github.token,
})

/** The endpoints of an OpenID provider: those of its settings, else those that it publishes. */
function discovered(options: ProviderOptions, issuer: string): () => Promise<Endpoints> {
  let last: { at: number; endpoints: Endpoints } | undefined
  return async () => {
    const { authorization_endpoint: authorization, token_endpoint: token } = options
    if (authorization && token) return { authorization, token }
    if (last && Date.now() - last.at < metadataMs) return last.endpoints
    try {
      const found = await discover(issuer, AbortSignal.timeout(askMs))
      const endpoints = {
        authorization: authorization ?? endpointOf(found, "authorization_endpoint"),
        token: token ?? endpointOf(found, "token_endpoint"),
      }
      last = { at: Date.now(), endpoints }
      return endpoints
    } catch (error) {
      if (last) return last.endpoints
      throw error
    }
  }
}

/** Exchanges a code for tokens (RFC 6749, 4.1.3, and RFC 7636). */
async function exchanged(
  url: string,
  options: ProviderOptions,
  code: string,
  { verifier, callback }: ProviderRound,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const { client_id, client_secret, client_auth = "basic" } = options
  const isBasic = client_secret !== undefined && client_auth === "basic"
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: callback,
    code_verifier: verifier,
    ...(isBasic ? {} : { client_id }),
    ...(isBasic || client_secret === undefined ? {} : { client_secret }),
  })
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    "user-agent": "weir",
  }
  if (isBasic) headers.authorization = `Basic ${btoa([client_id, client_secret].map(formEncoded).join(":"))}`
  return grantedBy(
    await fetchBounded(url, { method: "POST", body: form.toString(), headers, maxBytes, signal }),
  )
}

/** As RFC 6749, 2.3.1, has it of what stands in the header. */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

/** The tokens of an answer. GitHub refuses with status 200. */
function grantedBy(answer: Answer): Record<string, unknown> {
  const isRefusal = answer.status === 400 || answer.status === 401
  const body = objectOf(isRefusal ? { ...answer, status: 200 } : answer)
  if (isRefusal || typeof body.error === "string")
    throw new ProviderRefusal(`refuses the code: ${String(body.error).slice(0, 100)}`)
  return body
}
