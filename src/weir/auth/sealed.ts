import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"

const algorithm = "aes-256-gcm"
const [keyBytes, nonceBytes, tagBytes] = [32, 12, 16]
const version = "s1."

const keys = new Map<string, Buffer>()
const maxKeys = 100

/** The key for a purpose (RFC 5869): who learns it has none of the others, nor the secret. */
function keyOf(secret: string, purpose: string): Buffer {
  const id = `${purpose}\n${secret}`
  const earlier = keys.get(id)
  if (earlier) return earlier
  const key = Buffer.from(hkdfSync("sha256", secret, "", `weir ${purpose}`, keyBytes))
  if (keys.size >= maxKeys) keys.clear()
  keys.set(id, key)
  return key
}

/** What a sealed text is for, and what it belongs to: it opens for the same only. */
export interface SealContext {
  purpose: string
  /** Such as the key of its account. A text that is copied to another row opens for nobody. */
  owner: string
}

/** Encrypts and authenticates bytes by a key derived from the secret, the first of those that there are. */
export function seal(
  secrets: readonly [string, ...string[]],
  context: SealContext,
  plain: Uint8Array,
): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, keyOf(secrets[0], context.purpose), nonce)
  cipher.setAAD(Buffer.from(context.owner))
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return version + sealed.toString("base64url")
}

/** What was sealed by any of the secrets, and which of them; undefined where it was by none, or for something else. */
export function unseal(
  secrets: readonly string[],
  context: SealContext,
  text: string,
): { plain: Buffer; by: number } | undefined {
  const bytes = Buffer.from(text.slice(version.length), "base64url")
  // Decoding skips what is none: of a text that is used once, there would be others.
  if (version + bytes.toString("base64url") !== text || bytes.length < nonceBytes + tagBytes) return undefined
  for (const [by, secret] of secrets.entries()) {
    const decipher = createDecipheriv(
      algorithm,
      keyOf(secret, context.purpose),
      bytes.subarray(0, nonceBytes),
      { authTagLength: tagBytes },
    )
    decipher.setAAD(Buffer.from(context.owner))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()])
      return { plain, by }
    } catch {
      // Another secret's, or altered.
    }
  }
  return undefined
}
