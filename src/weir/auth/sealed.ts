import { hkdfSync } from "node:crypto"
import { EncryptJWT, jwtDecrypt } from "jose"

/** Encrypts what travels through a browser, for one purpose and for a time. */
export interface Sealer {
  seal(content: object, seconds: number): Promise<string>
  /** The content; undefined where it was not sealed here for that purpose, or is too old. */
  open(text: string): Promise<Record<string, unknown> | undefined>
}

/**
 * Seals by keys of its own, derived from the secrets that tokens are signed with, so that nothing of the one kind is
 * ever taken for the other. The first secret seals, and those of all are opened.
 */
export function sealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) => new Uint8Array(hkdfSync("sha256", secret, "", `weir ${purpose}`, 32)))
  return {
    seal: (content, seconds) =>
      new EncryptJWT({ content })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setExpirationTime(`${seconds}s`)
        .encrypt(keys[0] as Uint8Array),
    open: async (text) => {
      for (const key of keys)
        try {
          const { payload } = await jwtDecrypt(text, key, {
            keyManagementAlgorithms: ["dir"],
            contentEncryptionAlgorithms: ["A256GCM"],
            requiredClaims: ["exp"],
          })
          return payload.content as Record<string, unknown>
        } catch {
          // That of an older secret may open it.
        }
      return undefined
    },
  }
}
