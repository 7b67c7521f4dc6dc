import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto"
import type { JWK } from "jose"

/** A key that signs tokens, and what verifies them. */
export interface SigningKey {
  kid: string
  alg: "HS256" | "EdDSA" | "ES256"
  key: Uint8Array | JWK
  /** The public half, where that is another. */
  verifier?: JWK
  /** The public half as others may see it (RFC 7517). */
  jwk?: Record<string, string>
}

/** Secrets as keys: what names one tells nothing of it. */
export const secretKeys = (secrets: readonly string[]): SigningKey[] =>
  secrets.map((secret) => ({
    kid: createHash("sha256").update(`weir kid\n${secret}`).digest("base64url").slice(0, 8),
    alg: "HS256",
    key: new TextEncoder().encode(secret),
  }))

const curves: Record<string, SigningKey["alg"]> = { Ed25519: "EdDSA", "P-256": "ES256" }

/**
 * Reads private keys from a JWK Set (RFC 7517, 5), or one of them alone: Ed25519 or P-256, the first signs. Throws one
 * line that says what is wrong, without any of the keys.
 */
export function readSigningKeys(text: string): SigningKey[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new Error("must be JSON: a JWK Set of private keys, or one JWK")
  }
  const set = (parsed as { keys?: unknown } | null)?.keys
  const all: unknown[] = Array.isArray(set) ? set : [parsed]
  if (all.length === 0) throw new Error("must hold at least one key")
  const keys = all.map(readKey)
  const twice = keys.find(({ kid }, i) => keys.findIndex((other) => other.kid === kid) !== i)
  if (twice) throw new Error(`has two keys of the kid ${twice.kid}`)
  return keys
}

function readKey(value: unknown, index: number): SigningKey {
  const jwk = (value ?? {}) as Record<string, unknown>
  const alg = typeof jwk.crv === "string" && Object.hasOwn(curves, jwk.crv) ? curves[jwk.crv] : undefined
  if (!alg) throw new Error(`key ${index} must be of the curve Ed25519 or P-256`)
  const open = publicPart(jwk)
  if (typeof jwk.d !== "string") throw new Error(`key ${index} must be a private key: it has no "d"`)
  const wrong = Object.entries({ ...open, d: jwk.d }).find(
    ([name, part]) => name.length === 1 && !isNumber(part),
  )
  if (wrong || open.kty !== (alg === "EdDSA" ? "OKP" : "EC")) throw new Error(`key ${index} is no valid key`)
  if (!isPair(open, jwk.d)) throw new Error(`key ${index} is no pair: its public half is of another key`)
  const kid = typeof jwk.kid === "string" && jwk.kid ? jwk.kid : thumbprint(open)
  return { kid, alg, key: { ...open, d: jwk.d }, verifier: open, jwk: { ...open, kid, alg, use: "sig" } }
}

/** Whether the private half is that of the public one. */
function isPair(open: Record<string, string>, d: string): boolean {
  try {
    const key = createPrivateKey({ key: { ...open, d }, format: "jwk" } as Parameters<
      typeof createPrivateKey
    >[0])
    const message = Buffer.from("weir")
    const hash = open.kty === "EC" ? "sha256" : null
    const verifier = createPublicKey({ key: open, format: "jwk" } as Parameters<typeof createPublicKey>[0])
    return verify(hash, message, verifier, sign(hash, message, key))
  } catch {
    return false
  }
}

/** Whether a member is a number of 32 bytes, as both curves have them. */
const isNumber = (part: unknown): boolean =>
  typeof part === "string" && /^[\w-]{43}$/.test(part) && Buffer.from(part, "base64url").length === 32

/** What of a key everybody may know, in the order of RFC 7638. */
function publicPart({ crv, kty, x, y }: Record<string, unknown>): Record<string, string> {
  const members = kty === "EC" ? { crv, kty, x, y } : { crv, kty, x }
  return members as Record<string, string>
}

const thumbprint = (open: Record<string, string>): string =>
  createHash("sha256").update(JSON.stringify(open)).digest("base64url").slice(0, 16)
