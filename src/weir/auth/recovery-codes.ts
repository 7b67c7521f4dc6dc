import { createHash, randomBytes } from "node:crypto"
import { base32 } from "../lib/base32.ts"

const amount = 10
/** 16 characters of base32: 80 bits, so that a plain digest of one cannot be searched through. */
const bytes = 10

const grouped = (text: string): string => (text.match(/.{4}/g) ?? []).join("-").toLowerCase()

/** Codes for who has lost the authenticator, each for one use: `k5rq-7mz2-ap3x-wd6c`. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: amount }, () => grouped(base32(randomBytes(bytes))))

/**
 * What is kept of a recovery code: its digest, as text of 43 characters. Undefined for text that is none. Case, spaces
 * and hyphens do not matter, nor do 0, 1 and 8 for O, I and B, which base32 has in their place.
 */
export function recoveryHash(text: string): string | undefined {
  const plain = text
    .replace(/[\s-]/g, "")
    .toUpperCase()
    .replace(/[018]/g, (digit) => ({ "0": "O", "1": "I" })[digit] ?? "B")
  if (!/^[A-Z2-7]{16}$/.test(plain)) return undefined
  return createHash("sha256").update(`recovery code\n${plain}`).digest("base64url")
}
