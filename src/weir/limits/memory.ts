import { LRUCache } from "lru-cache"
import { blockMs, type Limit, type Limiter, strikesMs, type Verdict, windowMs } from "./limiter.ts"

interface Counter {
  count: number
  windowEnds: number
  blockedUntil: number
  strikes: number
}

/** Most keys that are counted; beyond it, the one that was used least recently is forgotten. */
const maxKeys = 100_000

/** Counts in the memory of one process. */
export class MemoryLimiter implements Limiter {
  private readonly counters = new LRUCache<string, Counter>({ max: maxKeys })
  private readonly now: () => number

  constructor(now: () => number = Date.now) {
    this.now = now
  }

  take(key: string, cost: number, { name, amount, growing }: Limit): Verdict {
    const now = this.now()
    const id = `${name} ${key}`
    let counter = this.counters.get(id)
    if (!counter) {
      counter = { count: 0, windowEnds: 0, blockedUntil: 0, strikes: 0 }
      this.counters.set(id, counter)
    }
    if (counter.blockedUntil > now)
      return { allowed: false, remaining: 0, resetMs: counter.blockedUntil - now }
    if (counter.windowEnds <= now) {
      counter.count = 0
      counter.windowEnds = now + windowMs
    }
    counter.count += cost
    if (counter.count <= amount)
      return { allowed: true, remaining: amount - counter.count, resetMs: counter.windowEnds - now }
    if (growing) {
      if (counter.blockedUntil + strikesMs < now) counter.strikes = 0
      counter.strikes += 1
      counter.blockedUntil = now + blockMs(counter.strikes)
      // The block replaces the rest of the window.
      counter.windowEnds = 0
    }
    return { allowed: false, remaining: 0, resetMs: Math.max(counter.blockedUntil, counter.windowEnds) - now }
  }
}
