import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"

/** Encrypts what travels through a browser, for one purpose and for a time. */
export interface Sealer {
  seal(content: object, seconds: number): string
  /** The content; undefined where it was not sealed here for that purpose, or is too old. */
  open(text: string): Record<string, unknown> | undefined
}

const algorithm = "aes-256-gcm"
const ivBytes = 12
const tagBytes = 16

/**
 * Seals by keys of its own, derived from the secrets that tokens are signed with (HKDF, RFC 5869), so that nothing of the
 * one kind is ever taken for the other. The first secret seals, and those of all are opened.
 */
export function sealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync("sha256", secret, "", `weir ${purpose}`, 32)))
  return {
    seal: (content, seconds) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv(algorithm, keys[0] as Buffer, iv)
      const text = JSON.stringify({ content, until: Date.now() + seconds * 1000 })
      const sealed = [iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(sealed).toString("base64url")
    },
    open: (text) => {
      const bytes = Buffer.from(text, "base64url")
      // Another spelling of the same bytes is none of this.
      if (bytes.length <= ivBytes + tagBytes || bytes.toString("base64url") !== text) return undefined
      for (const key of keys) {
        const opened = decrypted(key, bytes)
        if (opened) return opened.until > Date.now() ? opened.content : undefined
      }
      return undefined
    },
  }
}

/** What was encrypted with a key; undefined where it was not, or was changed. */
function decrypted(
  key: Buffer,
  bytes: Buffer,
): { content: Record<string, unknown>; until: number } | undefined {
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  try {
    const text =
      decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8")
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
