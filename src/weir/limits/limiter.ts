/** The span that limits count over, in ms. */
export const windowMs = 60_000
const longestBlockMs = 900_000

/** A limit: so many attempts a minute. */
export interface Limit {
  /** Its name in the `RateLimit` headers. */
  name: string
  amount: number
  /** Whether each further block of a client is twice as long as the one before. */
  growing: boolean
}

/** What a limiter says of an attempt. */
export interface Verdict {
  allowed: boolean
  /** The attempts that are left until the reset. */
  remaining: number
  /** When attempts are allowed again, or anew, in ms from now. */
  resetMs: number
}

/** Counts attempts by key. */
export interface Limiter {
  /** Whether it counts to a number of its own, whatever the limit's amount. */
  readonly hasOwnAmount?: boolean
  take(key: string, cost: number, limit: Limit): Verdict | Promise<Verdict>
}

/** How long blocks are remembered, so that the next one is longer, in ms. */
export const strikesMs = 3_600_000

/** How long the block of a client lasts, in ms: a minute, twice as long each time, at most 15 minutes. */
export const blockMs = (strikes: number): number =>
  Math.min(windowMs * 2 ** Math.min(strikes - 1, 10), longestBlockMs)

/** Allows everything: where attempts cannot be counted. */
export const open: Limiter = {
  hasOwnAmount: true,
  take: (_key, _cost, { amount }) => ({ allowed: true, remaining: amount, resetMs: windowMs }),
}
