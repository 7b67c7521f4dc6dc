import "#fresh"
import { Ratelimit } from "@upstash/ratelimit"
import { expect, test } from "vitest"
import { Ratelimit as WorkerRatelimit } from "../../../scripts/worker-ratelimit.js"
import { Redis as WorkerRedis } from "../../../scripts/worker-redis.js"
import { redisClient } from "../../../src/weir/cache/redis.ts"
import type { Limit } from "../../../src/weir/limits/limiter.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"
import { UpstashLimiter } from "../../../src/weir/limits/upstash.ts"
import { type Door, openProxy } from "../support/upstash.ts"

const growing: Limit = { name: "sign-in", amount: 3, growing: true }
const plain: Limit = { name: "requests", amount: 3, growing: false }

const limiterOf = ({ url, token }: Door, prefix: string, timeoutMs: number) =>
  new UpstashLimiter({
    url,
    token,
    prefix,
    timeoutMs,
    fallback: new MemoryLimiter(),
    waitUntil: (work) => void work.catch(() => {}),
  })

/** Two processes with one Redis, which wait longer than a busy machine needs. */
async function pair(): Promise<{ proxy: Door; one: UpstashLimiter; other: UpstashLimiter; prefix: string }> {
  const prefix = crypto.randomUUID()
  const proxy = await openProxy()
  const other = limiterOf(await openProxy(), prefix, 10_000)
  return { proxy, one: limiterOf(proxy, prefix, 10_000), other, prefix }
}

/** The window of the clock may end between two attempts: then all of it is done once more. */
async function withinAMinute(attempt: () => Promise<void>): Promise<void> {
  const minute = () => Math.floor(Date.now() / 60_000)
  const before = minute()
  try {
    await attempt()
  } catch (error) {
    if (minute() === before) throw error
    await attempt()
  }
}

test("processes that share a Redis count together, and block together", () =>
  withinAMinute(async () => {
    const { one, other } = await pair()
    const verdicts = []
    for (const limiter of [one, other, one, other]) verdicts.push(await limiter.take("a", 1, growing))
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, false])
    expect(verdicts.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0])
    const blocked = await one.take("a", 1, growing)
    expect(blocked.allowed).toBe(false)
    expect(blocked.resetMs).toBeGreaterThan(30_000)
    expect((await one.take("b", 3, growing)).allowed).toBe(true)
    expect((await one.take("b", 3, plain)).allowed).toBe(true)
  }))

test("a Worker and a process of Node count together, and what they count under expires", () =>
  withinAMinute(async () => {
    const { proxy, prefix } = await pair()
    const signal = () => AbortSignal.timeout(10_000)
    const limiters = [
      new Ratelimit({
        redis: redisClient(proxy, 10_000),
        limiter: Ratelimit.fixedWindow(3, "60000 ms"),
        prefix,
        timeout: 0,
        ephemeralCache: false,
      }),
      new WorkerRatelimit({
        redis: new WorkerRedis({ ...proxy, signal }),
        limiter: WorkerRatelimit.fixedWindow(3, "60000 ms"),
        prefix,
      }),
    ]
    for (const client of ["a", "b"]) {
      const verdicts = []
      for (let i = 0; i < 4; i++) verdicts.push(await limiters[i % 2]?.limit(client, { rate: 1 }))
      expect(verdicts.map((verdict) => verdict?.success)).toEqual([true, true, true, false])
      expect(verdicts.map((verdict) => verdict?.remaining)).toEqual([2, 1, 0, 0])
      const [expiry] = await proxy.redis(["PTTL", `${prefix}:${client}:${Math.floor(Date.now() / 60_000)}`])
      expect(expiry).toBeGreaterThan(0)
      limiters.reverse()
    }
  }))

test("each further block is twice as long", () =>
  withinAMinute(async () => {
    const { proxy, one, prefix } = await pair()
    const blocks: number[] = []
    for (let i = 0; i < 3; i++) {
      const { allowed, resetMs } = await one.take("a", 4, growing)
      expect(allowed).toBe(false)
      blocks.push(resetMs / 60_000)
      await proxy.redis(["DEL", `${prefix}:block:sign-in:a`])
    }
    expect(blocks).toEqual([1, 2, 4])
  }))

test.each([{ kind: "refuse" } as const, { kind: "slow", ms: 2_000 } as const, { kind: "garbage" } as const])(
  "while Redis fails ($kind), each process counts by itself, and asks it no more",
  async (fault) => {
    const proxy = await openProxy()
    const one = limiterOf(proxy, crypto.randomUUID(), 50)
    await proxy.fault(fault)
    const verdicts = []
    for (let i = 0; i < 4; i++) verdicts.push(await one.take("a", 1, growing))
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, false])
    const before = await proxy.requests()
    // The breaker's probe, once a second, is all that Redis may see.
    for (let i = 0; i < 20; i++) await one.take("c", 1, plain)
    expect((await proxy.requests()) - before).toBeLessThan(5)
    await proxy.fault(null)
  },
)
