import { Ratelimit } from "@upstash/ratelimit"
import type { Redis } from "@upstash/redis/cloudflare"
import { Breaker } from "../cache/breaker.ts"
import { redisClient } from "../cache/redis.ts"
import { blockMs, type Limit, type Limiter, strikesMs, type Verdict, windowMs } from "./limiter.ts"

export interface UpstashLimiterOptions {
  url: string
  token: string
  /** The prefix of all keys. */
  prefix: string
  /** Counts while Redis cannot. */
  fallback: Limiter
  /** How long an attempt waits for one answer of Redis, in ms; it needs two. Default: 50. */
  timeoutMs?: number
  /** Keeps background work alive on Workers. */
  waitUntil(work: Promise<unknown>): void
}

/** More blocks than a client can have in `strikesMs`. */
const maxStrikes = 1_000_000

/** Counts in Redis, for all processes together. While Redis is slow or unreachable, the fallback counts. */
export class UpstashLimiter implements Limiter {
  private readonly options: UpstashLimiterOptions
  private readonly redis: Redis
  private readonly breaker: Breaker
  private readonly counters = new Map<string, Ratelimit>()

  constructor(options: UpstashLimiterOptions) {
    const { timeoutMs = 50 } = options
    this.options = options
    this.redis = redisClient(options, timeoutMs)
    const probing = redisClient(options, 1000)
    this.breaker = new Breaker(async () => void (await probing.ping()), options.waitUntil)
  }

  async take(key: string, cost: number, limit: Limit): Promise<Verdict> {
    const { fallback } = this.options
    if (this.breaker.open) return fallback.take(key, cost, limit)
    try {
      return await (limit.growing ? this.takeGrowing(key, cost, limit) : this.count(key, cost, limit))
    } catch {
      this.breaker.trip()
      return fallback.take(key, cost, limit)
    }
  }

  private async takeGrowing(key: string, cost: number, limit: Limit): Promise<Verdict> {
    const block = `${this.options.prefix}:block:${limit.name}:${key}`
    const left = Number(await this.redis.pttl(block))
    if (left > 0) return { allowed: false, remaining: 0, resetMs: left }
    const verdict = await this.count(key, cost, limit)
    if (verdict.allowed) return verdict
    // Of attempts that come together, one begins the block.
    const first = await this.redis.set(block, 1, { px: blockMs(1), nx: true })
    const resetMs = first === null ? blockMs(1) : await this.lengthen(block, key, limit)
    return { ...verdict, resetMs }
  }

  /** Makes a block as long as the client's blocks before have earned. */
  private async lengthen(block: string, key: string, { name }: Limit): Promise<number> {
    const { remaining } = await this.counter(`${name}-strikes`, maxStrikes, strikesMs).limit(key)
    const ms = blockMs(maxStrikes - remaining)
    if (ms > blockMs(1)) await this.redis.pexpire(block, ms)
    return ms
  }

  private async count(key: string, cost: number, { name, amount }: Limit): Promise<Verdict> {
    const { success, remaining, reset } = await this.counter(name, amount, windowMs).limit(key, {
      rate: cost,
    })
    return { allowed: success, remaining: Math.max(0, remaining), resetMs: Math.max(0, reset - Date.now()) }
  }

  private counter(name: string, amount: number, ms: number): Ratelimit {
    const counter =
      this.counters.get(name) ??
      new Ratelimit({
        redis: this.redis,
        limiter: Ratelimit.fixedWindow(amount, `${ms} ms`),
        prefix: `${this.options.prefix}:${name}`,
        // The client's own timeout holds, and the breaker must learn of it.
        timeout: 0,
        ephemeralCache: false,
        enableTelemetry: false,
      })
    this.counters.set(name, counter)
    return counter
  }
}
