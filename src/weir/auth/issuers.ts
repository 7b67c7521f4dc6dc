import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose"
import { LRUCache } from "lru-cache"
import { storable } from "../lib/storable.ts"
import { asymmetric, type IssuerOptions } from "../resource/issuers.ts"
import { IssuerKeys, KeysUnavailable, maxAgeMs } from "./issuer-keys.ts"
import { verifiedAddress } from "./person.ts"

/** How far the clock of an issuer may be off, in seconds. */
const clockToleranceSeconds = 30

/** Longest token that is remembered once it is verified, in characters: some issuers put much into theirs. */
const maxRemembered = 4_000

/** What a token of another issuer says. */
export interface Issued {
  options: IssuerOptions
  issuer: string
  subject: string
  /** The address, where the issuer has verified it. */
  email?: string | undefined
  /** What the claim of roles holds, where the issuer has one. */
  roles?: readonly string[] | undefined
  /** What the token is good for; absent where that is everything. */
  scopes?: readonly string[] | undefined
  claims: Readonly<Record<string, unknown>>
  /** In milliseconds. */
  expiresAt: number
}

/** Nothing can be said of the token now. */
export interface Unavailable {
  unavailable: string
}

/** Verifies the tokens of other issuers. */
export interface Issuers {
  /** What a token says, why it does not hold, or why nothing can be said of it. `iss` chooses the issuer. */
  verify(token: string, iss: string): Promise<Issued | string | Unavailable>
  /** Whether the issuer is one of them. */
  has(iss: string): boolean
}

/** The `iss` that a token claims, unverified: it chooses whose keys are to hold, and nothing else. */
export function claimedIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token)
    return typeof iss === "string" ? iss : undefined
  } catch {
    return undefined
  }
}

/** Accepts the access tokens of some issuers (RFC 9068, and JWTs that are like those). */
export function issuers(list: readonly IssuerOptions[]): Issuers {
  const known = new Map(list.map((options) => [options.issuer, { options, keys: new IssuerKeys(options) }]))
  const checked = new LRUCache<string, Issued & { until: number }>({ max: 2000 })
  return {
    has: (iss) => known.has(iss),
    verify: async (token, iss) => {
      const issuer = known.get(iss)
      if (!issuer) return "its issuer is not one that is accepted here"
      const earlier = checked.get(token)
      if (earlier && earlier.issuer === iss && Date.now() < earlier.until) return earlier
      const verified = await verify(token, issuer.options, issuer.keys)
      // Verified again by then with the issuer's keys as they are: one that it has taken back ends its tokens.
      if (typeof verified === "object" && !("unavailable" in verified) && token.length <= maxRemembered)
        checked.set(token, { ...verified, until: Math.min(verified.expiresAt, Date.now() + maxAgeMs) })
      return verified
    },
  }
}

async function verify(
  token: string,
  options: IssuerOptions,
  keys: IssuerKeys,
): Promise<Issued | string | Unavailable> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
      algorithms: options.algorithms ?? asymmetric,
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ["sub", "exp"],
    })
    const { typ } = protectedHeader
    // Other kinds of JWT, such as logout tokens, say nothing of access (RFC 8725, 3.11).
    if (typ !== undefined && !/^(application\/)?(at\+)?jwt$/i.test(typ)) return "it is no access token"
    return read(payload, options)
  } catch (error) {
    if (error instanceof KeysUnavailable) return { unavailable: error.message }
    return reasonOf(error)
  }
}

/** Why a token does not hold, in words that say nothing of keys. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired"
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "it is for another audience"
    if (error.claim === "nbf") return "it is not valid yet"
    return `its claim ${error.claim} is missing or wrong`
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "it is signed by an algorithm that is not accepted"
  if (error instanceof errors.JWKSNoMatchingKey)
    return "it is signed with a key that its issuer does not have"
  return "it is malformed or was not signed by its issuer"
}

/** What the claims of a verified token say. */
function read(claims: JWTPayload, options: IssuerOptions): Issued | string {
  const { sub, exp } = claims
  // As the table of identities has it; a database refuses NUL.
  if (typeof sub !== "string" || !sub || sub.length > 255 || !storable(sub))
    return "its claim sub is missing or wrong"
  const { issuer, roles, email = "email" } = options
  const odd = oddClaim(claims, options)
  if (odd !== undefined) return `its claim ${odd} is missing or wrong`
  return {
    options,
    issuer,
    subject: sub,
    email: verifiedAddress(claimAt(claims, email), claims.email_verified),
    roles: roles === undefined ? undefined : words(claimAt(claims, roles)),
    scopes: scopesOf(claims, options),
    claims,
    expiresAt: (exp as number) * 1000 + clockToleranceSeconds * 1000,
  }
}

/** A claim by its name, which may have dots, or by the path to it. */
function claimAt(claims: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split("."))
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined
  return value
}

/** The words of a claim: a list, or text with blanks between them. */
function words(value: unknown): string[] {
  return typeof value === "string" ? value.split(" ").filter(Boolean) : ((value ?? []) as string[])
}

/** A claim of scopes or roles that holds no words: read as none, it would leave the token as it is, and not narrow it. */
function oddClaim(claims: JWTPayload, { scopes, roles }: IssuerOptions): string | undefined {
  const named = scopes === false ? [] : scopes === undefined ? ["scope", "scp"] : [scopes]
  const odd = named.find((name) => wordsAt(claims, name) === false)
  if (odd !== undefined || roles === undefined) return odd
  // Issuers write null for who has none.
  return wordsAt(claims, roles) === false && claimAt(claims, roles) !== null ? roles : undefined
}

/** Whether a claim holds words; undefined where it is not there. */
function wordsAt(claims: JWTPayload, name: string): boolean | undefined {
  const value = claimAt(claims, name)
  if (value === undefined) return undefined
  return typeof value === "string" || (Array.isArray(value) && value.every((one) => typeof one === "string"))
}

/** The scopes of OpenID Connect, which say what the token tells of its user. */
const openIdScopes = new Set(["openid", "profile", "email", "address", "phone", "offline_access"])

function scopesOf(claims: JWTPayload, { scopes }: IssuerOptions): string[] | undefined {
  if (scopes === false) return undefined
  if (scopes !== undefined) return words(claimAt(claims, scopes))
  const own = [...words(claims.scope), ...words(claims.scp)].filter((scope) => !openIdScopes.has(scope))
  return own.length ? [...new Set(own)] : undefined
}
