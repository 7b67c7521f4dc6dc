import type { Attempt } from "../operations/call.ts"
import { invalid, Problem } from "../problem.ts"
import { type Limit, type Limiter, type Verdict, windowMs } from "./limiter.ts"

/** How many attempts a minute are allowed; 0 for no limit. */
export interface LimitAmounts {
  /** Passwords that one address may try for one account. */
  signInPerAccount: number
  /** Passwords that one address may try in all. */
  signInPerAddress: number
  /** Accounts that one address may create. */
  signUpPerAddress: number
  /** Mails that one address may ask for to one account. */
  mailPerAccount: number
  /** Mails that one address may ask for in all; and as many links may it try. */
  mailPerAddress: number
  /** Requests of any kind, by address and by viewer. */
  requests: number
}

interface Check {
  limit: Limit
  key: string
  cost: number
}

/** The attempts for one account from all addresses together are this many times those from one; beyond, each waits. */
const accountFactor = 10
const accountDelayMs = 1000

const details: Record<Attempt["kind"], string> = {
  sign_in: "Too many passwords were tried",
  secret: "Too many passwords were tried",
  passkey: "Too many sign-ins were tried",
  sign_up: "Too many accounts were made",
  mail: "Too many mails were asked for",
  link: "Too many links were tried",
  request: "Too many requests were made",
}

/** The limits of clients: what is counted, and by what. */
export class ClientLimits {
  private readonly amounts: LimitAmounts
  private readonly limiter: Limiter

  constructor(amounts: LimitAmounts, limiter: Limiter) {
    this.amounts = amounts
    this.limiter = limiter
  }

  /** Whether requests as a whole are limited. */
  get limitsRequests(): boolean {
    return this.amounts.requests > 0
  }

  /**
   * Counts an attempt, and sets the `RateLimit` headers (draft-ietf-httpapi-ratelimit-headers) in `headers`. Throws
   * a 429 with `Retry-After` where a limit is used up, and a 422 where the attempt is more than the whole limit.
   * Undefined where the attempt is not limited.
   */
  count(
    attempt: Attempt,
    address: string | undefined,
    headers: Record<string, string>,
  ): Promise<void> | undefined {
    const checks = this.checksOf(attempt, address ?? "unknown").filter(({ limit }) => limit.amount > 0)
    return checks.length ? this.judge(attempt, checks, headers) : undefined
  }

  private async judge(attempt: Attempt, checks: Check[], headers: Record<string, string>): Promise<void> {
    const { limiter } = this
    if (!limiter.hasOwnAmount) for (const check of checks) requirePossible(check)
    const verdicts: Verdict[] = []
    // What one limit refuses was not tried: it does not count for the next, and makes no key there.
    for (const { key, cost, limit } of checks) {
      const verdict = await limiter.take(key, cost, limit)
      verdicts.push(verdict)
      if (!verdict.allowed) break
    }
    describe(headers, checks.slice(0, verdicts.length), verdicts)
    const refused = verdicts.find(({ allowed }) => !allowed)
    if (refused) {
      const seconds = secondsOf(refused.resetMs)
      throw new Problem("too_many_requests", `${details[attempt.kind]}; try again in ${seconds} s`, {
        headers: { "retry-after": `${seconds}` },
      })
    }
    if (attempt.kind === "sign_in" || attempt.kind === "secret") await this.slowDown(attempt.account)
  }

  private checksOf(attempt: Attempt, address: string): Check[] {
    const { signInPerAccount, signInPerAddress, signUpPerAddress, requests } = this.amounts
    const { mailPerAccount, mailPerAddress } = this.amounts
    const check = (name: string, amount: number, key: string, cost = 1): Check => ({
      limit: { name, amount, growing: attempt.kind !== "request" },
      key,
      cost,
    })
    switch (attempt.kind) {
      case "sign_in":
      case "secret":
        return [
          check("sign-in-address", signInPerAddress, address),
          check("sign-in-account", signInPerAccount, `${address} ${attempt.account}`),
        ]
      case "passkey":
        return [check("sign-in-address", signInPerAddress, address)]
      case "sign_up":
        return [check("sign-up-address", signUpPerAddress, address, attempt.rows)]
      case "mail":
        return [
          check("mail-address", mailPerAddress, address),
          check("mail-account", mailPerAccount, `${address} ${attempt.account}`),
        ]
      case "link":
        return [check("link-address", mailPerAddress, address)]
      case "request":
        return attempt.viewer === undefined
          ? [check("requests-address", requests, address)]
          : [check("requests-viewer", requests, `${attempt.viewer}`)]
    }
  }

  /** Delays, and never refuses, attempts for an account that many addresses try at once: its owner may be one of them. */
  private async slowDown(account: string): Promise<void> {
    const amount = this.amounts.signInPerAccount * accountFactor
    if (amount === 0) return
    const limit = { name: "account", amount, growing: false }
    const { allowed } = await this.limiter.take(account, 1, limit)
    if (!allowed) await new Promise((resolve) => setTimeout(resolve, accountDelayMs))
  }
}

/** Throws a 422 for an attempt that no wait would make possible. */
function requirePossible({ cost, limit: { amount } }: Check): void {
  if (cost <= amount) return
  const message = `creates ${cost} accounts, of at most ${amount} a minute (SIGN_UP_PER_ADDRESS)`
  throw invalid("The body asks for more accounts than one address may create", [
    { path: "body", message, code: "too_many" },
  ])
}

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** Adds limits to the headers: the policy of each, and what is left of it. */
function describe(headers: Record<string, string>, checks: Check[], verdicts: Verdict[]): void {
  for (const [i, { limit }] of checks.entries()) {
    const { remaining, resetMs } = verdicts[i] as Verdict
    add(headers, "ratelimit-policy", `"${limit.name}";q=${limit.amount};w=${windowMs / 1000}`)
    add(headers, "ratelimit", `"${limit.name}";r=${remaining};t=${secondsOf(resetMs)}`)
  }
}

function add(headers: Record<string, string>, name: string, member: string): void {
  headers[name] = headers[name] === undefined ? member : `${headers[name]}, ${member}`
}
