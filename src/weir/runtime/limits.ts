import { hash } from "node:crypto"
import { ClientLimits, type LimitAmounts } from "../limits/client-limits.ts"
import { type Limiter, open } from "../limits/limiter.ts"
import { UpstashLimiter } from "../limits/upstash.ts"
import type { Settings } from "./settings.ts"

const amountsOf = (settings: Settings): LimitAmounts => {
  const isProduction = settings.NODE_ENV === "production"
  return {
    signInPerAccount: settings.SIGN_IN_PER_ACCOUNT ?? (isProduction ? 10 : 0),
    signInPerAddress: settings.SIGN_IN_PER_ADDRESS ?? (isProduction ? 30 : 0),
    signUpPerAddress: settings.SIGN_UP_PER_ADDRESS ?? (isProduction ? 30 : 0),
    mailPerAccount: settings.MAIL_PER_ACCOUNT ?? (isProduction ? 3 : 0),
    mailPerAddress: settings.MAIL_PER_ADDRESS ?? (isProduction ? 10 : 0),
    requests: settings.REQUESTS_PER_MINUTE,
  }
}

/**
 * The limits that the settings ask for, counted in Upstash Redis where it is set, else by `otherwise`. Undefined where
 * nothing is limited, or nothing can count.
 */
export function clientLimits(
  settings: Settings,
  otherwise: Limiter | undefined,
  waitUntil: (work: Promise<unknown>) => void,
): ClientLimits | undefined {
  const amounts = amountsOf(settings)
  if (Object.values(amounts).every((amount) => amount === 0)) return undefined
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings
  if (url === undefined || token === undefined) return otherwise && new ClientLimits(amounts, otherwise)
  const { CACHE_PREFIX, AUTH_SECRET = "" } = settings
  // All servers of one database have the secret in common.
  const name = CACHE_PREFIX ?? `weir:${hash("sha256", AUTH_SECRET, "base64url").slice(0, 16)}`
  const fallback = otherwise ?? open
  return new ClientLimits(
    amounts,
    new UpstashLimiter({ url, token, prefix: `${name}:limits`, fallback, waitUntil }),
  )
}
