import { createHash, createHmac } from "node:crypto"
import { errors, jwtVerify, SignJWT } from "jose"
import { LRUCache } from "lru-cache"
import type { Key } from "../resource/key.ts"

/** How long an access token holds, in seconds. */
export const tokenLifetime = 3600

/** The claims of a token: its user, and the fingerprint of the user's password at the time of issue. */
export interface Claims {
  userId: Key
  passwordMark: string
}

/** Issues and verifies access tokens: JWTs signed with HS256 (RFC 7519, RFC 7518). */
export interface Tokens {
  issue(claims: Claims): Promise<string>
  /** The claims of a valid token, or why it is not valid. */
  verify(token: string): Promise<Claims | string>
  /** A keyed hash of the name that somebody signs in with: attempts on one account can be counted in a log. */
  nameMark(name: string): string
}

/** Reads an account's key from a token's subject; undefined for one that is no key. */
export type KeyOf = (subject: string) => Key | undefined

const wholeNumber: KeyOf = (subject) => {
  const key = Number(subject)
  return Number.isSafeInteger(key) ? key : undefined
}

/** Signs with a secret of 32 bytes or more (RFC 7518, 3.2), in the name of an issuer. */
export function tokens(secret: string, issuer: string, keyOf: KeyOf = wholeNumber): Tokens {
  const key = new TextEncoder().encode(secret)
  // A verified token stays valid until it expires; verifying it again would cost more than the read it is for.
  const checked = new LRUCache<string, Claims & { expires: number }>({ max: 2000 })
  return {
    // No token's signed text begins so: what is logged is no signature of one.
    nameMark: (name) =>
      createHmac("sha256", secret)
        .update(`account\n${name.trim().toLowerCase()}`)
        .digest("base64url")
        .slice(0, 16),
    issue: ({ userId, passwordMark }) =>
      new SignJWT({ pwm: passwordMark })
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setIssuer(issuer)
        .setSubject(String(userId))
        .setIssuedAt()
        .setExpirationTime(`${tokenLifetime}s`)
        .sign(key),
    verify: async (token) => {
      const earlier = checked.get(token)
      if (earlier) return earlier.expires > Date.now() ? earlier : "it has expired"
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer,
          requiredClaims: ["sub", "exp"],
        })
        const userId = keyOf(payload.sub as string)
        if (userId === undefined || typeof payload.pwm !== "string") return "it is not of this API"
        const claims = { userId, passwordMark: payload.pwm, expires: (payload.exp as number) * 1000 }
        checked.set(token, claims)
        return claims
      } catch (error) {
        return error instanceof errors.JWTExpired
          ? "it has expired"
          : "it is malformed or was not signed here"
      }
    },
  }
}

const marks = new LRUCache<string, string>({ max: 2000 })

/** A fingerprint of a stored password, for tokens: a new password ends the tokens of the old one. */
export function passwordMark(hashedPassword: string): string {
  const earlier = marks.get(hashedPassword)
  if (earlier) return earlier
  const mark = createHash("sha256").update(hashedPassword).digest("base64url").slice(0, 16)
  marks.set(hashedPassword, mark)
  return mark
}
