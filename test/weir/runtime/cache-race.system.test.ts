import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { start, startAgain } from "../support/race-setting.ts"
import { endAndListUntold, staleReads } from "../support/race-verdict.ts"
import { anyOf, isHit } from "../support/race-world.ts"
import type { Fault, UpstashServer } from "../support/upstash-server.ts"

const faults: Fault[] = [
  { kind: "slow", ms: 200 },
  { kind: "refuse" },
  { kind: "die" },
  { kind: "garbage" },
  { kind: "error", status: 500 },
]

// A stale read is a failure, however rare: nothing is tried again.
const withoutRetry = { retry: 0, timeout: 120_000 }

test(
  "10,000 reads and writes from 4 processes over one Redis: none shows what was before an acknowledged write",
  withoutRetry,
  async () => {
    const ttl = 60
    const { world } = await start(4, { CACHE_TTL: ttl })
    // A machine that is busy has Redis take too long now and then, which a server sits out, and its clients with it.
    world.rest = 100
    const until = performance.now() + 90_000
    await world.load(() => world.requests >= 10_000 || performance.now() > until)
    const untold = await endAndListUntold(world.servers)

    const stale = staleReads(world, untold, ttl * 1_000)
    expect(stale.slice(0, 10), `${stale.length} stale reads`).toEqual([])
    expect(world.failures).toEqual([])
    expect(world.requests).toBeGreaterThanOrEqual(10_000)
    expect(world.reads.filter(isHit).length).toBeGreaterThan(world.reads.length / 4)
    const told = world.writes.filter(({ id }) => !untold.has(id))
    expect(told.length).toBeGreaterThan(world.writes.length / 2)
  },
)

test(
  "faults of Redis come and go: no request fails, and nothing is older than the time to live",
  withoutRetry,
  async () => {
    const ttl = 2
    const { world, redis, ways } = await start(2, { CACHE_TTL: ttl })
    // What needs no Redis is quick; so much of it would only be in the way.
    world.rest = 20
    let isOver = false
    const loaded = world.load(() => isOver)
    // Whoever waits hears of it.
    loaded.catch(() => {})
    /** Goes on until it holds; a load that has failed ends that. */
    const during = async (what: string, holds: () => boolean) => {
      const until = performance.now() + 20_000
      while (!holds()) {
        if (performance.now() > until) throw new Error(`For 20 seconds not so: ${what}`)
        await Promise.race([sleep(10), loaded])
      }
    }
    const everybody = world.servers.map((_, n) => n)
    const recovered = (who = everybody) => {
      const since = performance.now()
      const hitAt = (n: number) => world.reads.findLast((read) => read.server === n && isHit(read))
      return during("a hit at every server", () => who.every((n) => (hitAt(n)?.began ?? 0) > since))
    }
    /** What went wrong for whom, from when to when. */
    const spells: { name: string; who: number[]; began: number; ended: number }[] = []
    const spell = async (name: string, who: number[], begin: () => unknown, end: () => unknown, ms = 0) => {
      await begin()
      const began = performance.now()
      const written = () => world.writes.filter((write) => write.began > began && who.includes(write.server))
      await during("some writes", () => written().length >= 8 && performance.now() > began + ms)
      spells.push({ name, who, began, ended: performance.now() })
      await end()
    }
    const faulty = (who: number[], fault?: Fault) => {
      for (const n of who) (ways[n] as UpstashServer).fault = fault
    }

    try {
      await recovered()
      await spell("pause", everybody, redis.pause, redis.resume)
      await recovered()
      await spell("end", everybody, redis.stop, () => startAgain(redis.port))
      // While one half of the servers finds its way back, it is the turn of the other.
      for (const [n, fault] of [...faults, ...faults].entries()) {
        const half = everybody.filter((server) => server % 2 === n % 2)
        await recovered(half)
        await spell(
          fault.kind,
          half,
          () => faulty(half, fault),
          () => faulty(half),
        )
      }
      await recovered()
      // One server cannot tell what only it writes, and the others go on with what is stored.
      world.mayWrite = (server, { id }) => (server === 0) === (id % 2 === 0)
      await spell(
        "one alone",
        [0],
        () => faulty([0], { kind: "refuse" }),
        () => faulty([0]),
        ttl * 1_000 + 2_000,
      )
      world.mayWrite = () => true
      await recovered()
      // Everything at once, in quick succession.
      for (let n = 0; n < 40; n++) {
        for (const server of everybody) faulty([server], n % 2 ? undefined : anyOf(faults))
        const count = world.requests + 10
        await during("some requests", () => world.requests > count)
      }
      faulty(everybody)
      await recovered()
    } finally {
      isOver = true
      await loaded
    }
    const untold = await endAndListUntold(world.servers)

    const stale = staleReads(world, untold, ttl * 1_000 + 1_000)
    expect(stale.slice(0, 10), `${stale.length} stale reads`).toEqual([])
    expect(world.failures).toEqual([])
    for (const { name, who, began, ended } of spells) {
      const missed = world.writes.filter(({ id, server }) => untold.has(id) && who.includes(server))
      expect(
        missed.some((write) => write.began > began && write.acknowledged < ended),
        name,
      ).toBe(true)
    }
  },
)
