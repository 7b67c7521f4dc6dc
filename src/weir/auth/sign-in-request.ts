import { invalid } from "../problem.ts"

/** What an app asks for when it begins a sign-in with a provider. */
export interface SignInRequest {
  redirectUri: string
  /** Of PKCE, between the app and this API: S256 of its verifier. */
  codeChallenge: string
  /** The app's own `state`. */
  state?: string | undefined
}

/** The errors that an app is sent back with (RFC 6749, 4.1.2.1). */
export type SignInError = "invalid_request" | "access_denied" | "server_error" | "temporarily_unavailable"

/** A sign-in that ends without an account: the app is told. */
export class SignInRefusal extends Error {
  readonly error: SignInError

  constructor(error: SignInError, description: string, cause?: unknown) {
    super(description, { cause })
    this.error = error
  }
}

export const parameters = ["redirect_uri", "code_challenge", "code_challenge_method", "state"] as const

/** Longest `state` that is sent back, in characters. */
export const maxState = 500

/** What S256 makes of any verifier. */
export const challengePattern = /^[A-Za-z0-9_-]{43}$/

/** Reads one of the parameters. Throws where it is given twice. */
export type ParameterOf = (name: (typeof parameters)[number]) => string | undefined

/**
 * The URL that a sign-in leads to. Throws a 422 for one that is not registered, to the letter: nobody is ever sent there,
 * with whatever error.
 */
export function registeredRedirect(uri: string | undefined, redirects: ReadonlySet<string>): string {
  if (uri !== undefined && redirects.has(uri)) return uri
  throw invalid("The sign-in cannot begin", [
    uri === undefined
      ? { path: "redirect_uri", message: "is required", code: "required" }
      : { path: "redirect_uri", message: "is none of AUTH_REDIRECTS", code: "invalid_value" },
  ])
}

/** What is wrong with the other parameters, if anything is: the parameter, and why. */
export function wrongParameter(parameter: ParameterOf): { path: string; message: string } | undefined {
  const challenge = parameter("code_challenge")
  if (!challenge || !challengePattern.test(challenge))
    return { path: "code_challenge", message: "must be S256 of a verifier, in base64url (RFC 7636)" }
  if (parameter("code_challenge_method") !== "S256")
    return { path: "code_challenge_method", message: "must be S256" }
  const state = parameter("state")
  if (state !== undefined && state.length > maxState)
    return { path: "state", message: `must have at most ${maxState} characters` }
  return undefined
}

/** Where the browser goes from here: back to the app, with what it is told. */
export function backTo({ redirectUri, state }: SignInRequest, told: Record<string, string>): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries({ ...told, ...(state === undefined ? {} : { state }) }))
    url.searchParams.set(name, value)
  return url.href
}
