import { createHash, createHmac } from "node:crypto"
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose"
import { LRUCache } from "lru-cache"
import type { Key } from "../resource/key.ts"
import { type SigningKey, secretKeys } from "./signing-keys.ts"

/** How long an access token holds where nothing can end it before, in seconds. */
export const tokenLifetime = 3600

/** The claims of a token: its user, and the fingerprint of the user's password at the time of issue. */
export interface Claims {
  userId: Key
  passwordMark: string
  /** The session that it is of. */
  session?: number | undefined
  /** The admin who acts as the user (`act`, RFC 8693, 4.1). */
  actor?: Key | undefined
}

/** Issues and verifies access tokens: JWTs signed with HS256, EdDSA or ES256 (RFC 7519, 7518, 8037). */
export interface Tokens {
  /** How long the tokens hold that it issues, in seconds. */
  lifetime: number
  issue(claims: Claims, lifetime?: number): Promise<string>
  /** The claims of a valid token, or why it is not valid. */
  verify(token: string): Promise<Claims | string>
  /** A keyed hash of the name that somebody signs in with: attempts on one account can be counted in a log. */
  nameMark(name: string): string
  /** Keyed hashes of a text for one purpose: that of the present secret first, then those of the ones before it. */
  marks(purpose: string, text: string): string[]
}

/** Reads an account's key from a token's subject; undefined for one that is no key. */
export type KeyOf = (subject: string) => Key | undefined

const wholeNumber: KeyOf = (subject) => {
  const key = Number(subject)
  return Number.isSafeInteger(key) ? key : undefined
}

export interface TokenOptions {
  keyOf?: KeyOf | undefined
  /** Keys of pairs, the first of which signs; others, and the secrets, verify. Without it, the first secret signs. */
  keys?: readonly SigningKey[] | undefined
  /** In seconds. */
  lifetime?: number | undefined
}

/**
 * Signs in the name of an issuer. `secret` is one of 32 bytes or more (RFC 7518, 3.2), or several with commas between
 * them, newest first: the first signs, and the tokens of all hold.
 */
export function tokens(secret: string, issuer: string, options: TokenOptions = {}): Tokens {
  const { keyOf = wholeNumber, keys = [], lifetime = tokenLifetime } = options
  const secrets = secretsOf(secret)
  const all = [...keys, ...secretKeys(secrets)]
  const [signer] = all as [SigningKey]
  // A verified token stays valid until it expires; verifying it again would cost more than the read it is for.
  const checked = new LRUCache<string, Claims & { expires: number }>({ max: 2000 })
  const marks = (purpose: string, text: string): string[] =>
    secrets.map((one) => createHmac("sha256", one).update(`${purpose}\n${text}`).digest("base64url"))
  return {
    lifetime,
    marks,
    // No token's signed text begins so: what is logged is no signature of one.
    nameMark: (name) => (marks("account", name.trim().toLowerCase())[0] as string).slice(0, 16),
    issue: ({ userId, passwordMark, session, actor }, seconds = lifetime) =>
      new SignJWT({
        pwm: passwordMark,
        ...(session === undefined ? {} : { sid: session }),
        ...(actor === undefined ? {} : { act: { sub: String(actor) } }),
      })
        .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(String(userId))
        .setIssuedAt()
        .setExpirationTime(`${seconds}s`)
        .sign(signer.key),
    verify: async (token) => {
      const earlier = checked.get(token)
      if (earlier) return earlier.expires > Date.now() ? earlier : "it has expired"
      const payload = await verified(token, all, issuer)
      if (typeof payload === "string") return payload
      const claims = isFor(payload, issuer) ? claimsOf(payload, keyOf) : undefined
      if (!claims) return "it is not of this API"
      checked.set(token, { ...claims, expires: (payload.exp as number) * 1000 })
      return claims
    },
  }
}

/** Fewest bytes of a secret (RFC 7518, 3.2). */
export const minSecretBytes = 32
export const isLongEnough = (secret: string): boolean =>
  new TextEncoder().encode(secret).length >= minSecretBytes

/** The secrets of a setting, newest first. A text with a shorter part between its commas is one secret. */
export function secretsOf(secret: string): string[] {
  const parts = secret
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
  return parts.length && parts.every(isLongEnough) ? parts : [secret]
}

/** The payload of a token that one of the keys has signed, or why there is none. */
async function verified(
  token: string,
  keys: readonly SigningKey[],
  issuer: string,
): Promise<JWTPayload | string> {
  const requirements = { issuer, requiredClaims: ["sub", "exp"], typ: "JWT" }
  let outcome = "it is malformed or was not signed here"
  for (const key of candidates(token, keys))
    try {
      return (await jwtVerify(token, key.verifier ?? key.key, { ...requirements, algorithms: [key.alg] }))
        .payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) outcome = "it has expired"
    }
  return outcome
}

/** The keys that may have signed a token: the one that it names, or all secrets where it names none. */
function candidates(token: string, keys: readonly SigningKey[]): readonly SigningKey[] {
  try {
    const [head = ""] = token.split(".", 1)
    const { kid, alg } = JSON.parse(Buffer.from(head, "base64url").toString()) as Record<string, unknown>
    return keys.filter((key) => key.alg === alg && (kid === undefined || kid === key.kid))
  } catch {
    return []
  }
}

/** Whether a token is for this API. Those that were issued before they said so, without `aud`, are until they expire. */
const isFor = ({ aud }: JWTPayload, issuer: string): boolean => aud === undefined || aud === issuer

/** The claims of a payload; undefined for one that `issue` has not made. */
function claimsOf({ sub, pwm, sid, act }: JWTPayload, keyOf: KeyOf): Claims | undefined {
  const userId = keyIn(sub, keyOf)
  const actor = keyIn((act as { sub?: unknown } | undefined)?.sub, keyOf)
  if (userId === undefined || typeof pwm !== "string" || (act !== undefined && actor === undefined))
    return undefined
  if (sid !== undefined && !Number.isSafeInteger(sid)) return undefined
  return { userId, passwordMark: pwm, session: sid as number | undefined, actor }
}

/** The key that a claim holds as `issue` writes it: a number has one spelling. */
function keyIn(claim: unknown, keyOf: KeyOf): Key | undefined {
  if (typeof claim !== "string") return undefined
  const key = keyOf(claim)
  return typeof key === "number" && String(key) !== claim ? undefined : key
}

const passwordMarks = new LRUCache<string, string>({ max: 2000 })

/** A fingerprint of a stored password, for tokens: a new password ends the tokens of the old one. */
export function passwordMark(hashedPassword: string): string {
  const earlier = passwordMarks.get(hashedPassword)
  if (earlier) return earlier
  const mark = createHash("sha256").update(hashedPassword).digest("base64url").slice(0, 16)
  passwordMarks.set(hashedPassword, mark)
  return mark
}
