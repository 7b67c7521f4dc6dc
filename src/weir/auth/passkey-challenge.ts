import type { Statement } from "../db/driver.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { sweptTokens } from "./links.ts"
import { digestOf } from "./refresh-token.ts"
import { insertOf } from "./rows.ts"
import { sealer } from "./sealer.ts"

/** How long a browser may take to answer, in seconds. */
export const challengeSeconds = 300

/** What a challenge is for: a sign-in of whomever, or a new passkey of an account. */
export interface Challenged {
  account?: Key
}

type Secrets = [string, ...string[]]
const sealed = (secrets: Secrets) => sealer(secrets, "passkey")
const contentOf = ({ account }: Challenged) =>
  account === undefined ? { for: "sign_in" } : { for: "register", account: String(account) }

/** Makes a challenge, in base64url. It is sealed, so that asking for one writes nothing. */
export const newChallenge = (secrets: Secrets, challenged: Challenged): string =>
  Buffer.from(sealed(secrets).seal(contentOf(challenged), challengeSeconds)).toString("base64url")

/** Whether a challenge was made here, for that, and is not too old. It may have been used. */
export function isChallenge(secrets: Secrets, challenge: string, challenged: Challenged): boolean {
  const bytes = Buffer.from(challenge, "base64url")
  // As in unsealing: there is one text of each challenge.
  const opened =
    bytes.toString("base64url") === challenge ? sealed(secrets).open(bytes.toString()) : undefined
  const { for: purpose, account } = contentOf(challenged)
  return opened?.for === purpose && opened.account === account
}

/**
 * The statements that use a challenge up, and delete some of what has expired. The first fails where it was used before: of
 * many at once, one is done. It belongs to no account, since what uses up all links of an account must leave it.
 */
export const usedChallenge = (tokens: Resource, challenge: string): Statement[] => [
  insertOf(tokens, {
    token_hash: digestOf(`passkey ${challenge}`),
    purpose: "passkey",
    expires_at: new Date(Date.now() + challengeSeconds * 1000).toISOString(),
  }),
  sweptTokens(tokens),
]
