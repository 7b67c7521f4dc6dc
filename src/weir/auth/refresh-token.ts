import { createHash, randomBytes } from "node:crypto"
import type { Tokens } from "./token.ts"

/**
 * A refresh token: `wrt_`, what all tokens of its session have, and what tells them apart. Each part is 256 random bits,
 * or a keyed hash of as many; the database has digests alone.
 */
const form = /^wrt_([\w-]{43})([\w-]{43})$/

export interface RefreshToken {
  text: string
  familyHash: string
  tokenHash: string
}

/** A digest of a token that has the entropy of a key, and needs no salt. */
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url")

const made = (family: string, own: string): RefreshToken => ({
  text: `wrt_${family}${own}`,
  familyHash: digestOf(`family ${family}`),
  tokenHash: digestOf(`token ${family}${own}`),
})

/** The first token of a session. */
export const newRefreshToken = (): RefreshToken =>
  made(randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url"))

/** Reads a token; undefined for a text that is none. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  const [, family, own] = form.exec(text) ?? []
  return family === undefined || own === undefined ? undefined : made(family, own)
}

/**
 * The tokens that may follow a token: by the present secret first, then by those before it. One token is followed by the
 * same one each time, so that a retry whose answer was lost gets what the first attempt has made, and the database need not
 * hold it. Nobody makes it of the token alone.
 */
export function nextRefreshTokens({ text }: RefreshToken, tokens: Tokens): [RefreshToken, ...RefreshToken[]] {
  const [, family = ""] = form.exec(text) ?? []
  return tokens.marks("refresh", text).map((own) => made(family, own)) as [RefreshToken, ...RefreshToken[]]
}
