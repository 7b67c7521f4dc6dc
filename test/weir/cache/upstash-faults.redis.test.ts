import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { execute } from "../support/scenarios.ts"
import { cacheStatus, essence, openProxy, type Side, sideOf, unhurried } from "../support/upstash.ts"
import type { Fault } from "../support/upstash-server.ts"
import { type World, world } from "../support/world.ts"

/** Redis away or out of its mind: no request fails for it, waits for it more than once, or is answered what was. */
let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

/** What the cache says of a read while a fault lasts: whether Redis was not there, or answered that it will not. */
const bypassedBy = (fault: Fault) =>
  `fwd=bypass; detail=${fault.kind === "error" ? "refused" : "unreachable"}`
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function eventually(check: () => Promise<void>, limit = 8_000): Promise<void> {
  for (const until = performance.now() + limit; ; await sleep(50))
    try {
      return await check()
    } catch (error) {
      if (performance.now() > until) throw error
    }
}

/** Two processes that have an item in Redis, each by a way of its own: a fault cuts off one of them. */
interface Pair {
  path: string
  one: Side
  other: Side
  /** What the item is called in the database. */
  title: string
}

async function pair(): Promise<Pair> {
  const prefix = crypto.randomUUID()
  const [one, other] = await Promise.all([sideOf(w, prefix), sideOf(w, prefix, { proxy: await openProxy() })])
  const made = await w.call("POST", "/items", { token: w.ann.token, json: { title: "old", price: 1 } })
  const path = made.headers.get("location") as string
  for (const side of [other, one]) await eventually(() => expectRead({ path, title: "old" }, side, "hit"))
  return { path, one, other, title: "old" }
}

async function expectRead({ path, title }: Pick<Pair, "path" | "title">, side: Side, status: string) {
  const answer = await side.call("GET", path)
  expect(answer.body).toMatchObject({ title })
  expect(essence(answer)).toEqual(essence(await w.call("GET", path)))
  expect(cacheStatus(answer)).toBe(status)
}

interface Faulty extends Pair {
  fault: Fault
}

const steps = {
  read: (at: Faulty) => expectRead(at, at.one, bypassedBy(at.fault)),
  write: async (at: Pair) => {
    at.title = crypto.randomUUID()
    const json = { title: at.title }
    const written = await at.one.call("PATCH", at.path, { token: w.ann.token, json })
    expect(written.status, written.text).toBe(200)
    expect(written.body).toMatchObject(json)
    expect(at.one.logs.at(-1)).toMatchObject({ status: 200, cache_untold: true })
  },
  "question of /ready": async ({ one }: Faulty) => {
    const ready = await one.call("GET", "/ready")
    expect(ready.status).toBe(200)
    const dependencies = {
      database: { status: "up" },
      cache: { status: "down", reason: expect.stringMatching(/^(unreachable|refused)$/) },
    }
    expect(ready.body).toMatchObject({ status: "degraded", dependencies })
  },
}
type Step = keyof typeof steps

/** A fault from its first notice, by one kind of request, to the recovery. */
async function course(fault: Fault, first: Step): Promise<void> {
  const at = { ...(await pair()), fault }
  const { one, other } = at
  const before = await one.proxy.requests()
  await one.proxy.fault(fault)
  const started = performance.now()
  await steps[first](at)
  for (const step of ["read", "write", "read", "question of /ready", "write", "read"] as const)
    await steps[step](at)
  // The first has found out. After it, nothing but a probe each second goes there.
  const requests = (await one.proxy.requests()) - before
  const probes = Math.floor((performance.now() - started) / 1000)
  expect(requests).toBeGreaterThanOrEqual(1)
  expect(requests).toBeLessThanOrEqual(1 + probes)
  for (const { level } of one.logs) expect(level).toBe("info")

  // Whom the fault does not reach serves on, and is told soon after it is over, though the one has no more requests.
  expect((await other.call("GET", at.path)).status).toBe(200)
  await one.proxy.fault(null)
  await eventually(async () => {
    expect((await other.call("GET", at.path)).body).toMatchObject({ title: at.title })
  })
  await eventually(async () => {
    const ready = await one.call("GET", "/ready")
    expect(ready.body).toMatchObject({ status: "ready", dependencies: { cache: { status: "up" } } })
  })
  for (const side of [one, other]) await eventually(() => expectRead(at, side, "hit"))
}

const abrupt: Fault[] = [
  { kind: "refuse" },
  { kind: "die" },
  { kind: "garbage" },
  { kind: "error", status: 500 },
  { kind: "error", status: 429 },
  { kind: "error", status: 401 },
]
const firsts = Object.keys(steps) as Step[]

/** Faults take their course at once, for most of it is waiting for the recovery. */
const courses = (faults: Fault[]) =>
  Promise.all(
    faults.flatMap((fault) =>
      firsts.map((first) =>
        course(fault, first).catch((error: Error) => {
          error.message = `${JSON.stringify(fault)}, first noticed by a ${first}: ${error.message}`
          throw error
        }),
      ),
    ),
  )

describe("requests are answered without Redis, which is told and asked again once it is back", () => {
  describe("where it fails at once", () => {
    unhurried()
    test("in every way", () => courses(abrupt))
  })
  // Who waited for it would not be answered before the test ends.
  test("where it takes its time: one request waits a moment, and only one", () =>
    courses([{ kind: "slow", ms: 100_000 }]))
})

test("many who ask at once wait at once, and those after them not at all", async () => {
  const { one, path } = await pair()
  const before = await one.proxy.requests()
  await one.proxy.fault({ kind: "slow", ms: 100_000 })
  const ask = () => Promise.all(Array.from({ length: 20 }, () => one.call("GET", path)))
  for (const answer of [...(await ask()), ...(await ask())])
    expect([answer.status, cacheStatus(answer)]).toEqual([200, bypassedBy({ kind: "slow", ms: 100_000 })])
  expect((await one.proxy.requests()) - before).toBeLessThanOrEqual(20)
  await one.proxy.fault(null)
})

describe("a write while Redis is being told of one before it", () => {
  unhurried()
  // The probe takes from what is to be told what it has told, also where that has come in once more meanwhile.
  test("is told, too", async () => {
    const at = await pair()
    const { one, other } = at
    await one.proxy.fault({ kind: "refuse" })
    await steps.write(at)
    const [run, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const plainFetch = globalThis.fetch
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, options) => {
      const response = await plainFetch(url, options)
      if (String(url).startsWith(one.proxy.url) && String(options?.body).startsWith('["del"')) {
        run.resolve()
        await answered.promise
      }
      return response
    })
    await one.proxy.fault(null)
    await run.promise
    // What the other reads between the telling and the second write is what that outdates.
    for (const status of ["fwd=stale; stored", "hit"]) await expectRead(at, other, status)
    await steps.write(at)
    answered.resolve()
    await eventually(() => expectRead(at, other, "hit"), 2_500)
  })
})

describe("more that could not be told than is remembered", () => {
  unhurried()
  test("is told by whole tables", async () => {
    const at = await pair()
    const { one, other, path } = at
    await one.proxy.fault({ kind: "refuse" })
    at.title = "past the API"
    await execute(w, `update items set title = '${at.title}' where id = ${path.slice("/items/".length)}`)
    const stamps = Array.from({ length: 3_000 }, (_, n) => `items:${n}`)
    expect(await one.cache.store?.move(stamps)).toBe(false)
    await one.proxy.fault(null)
    await eventually(async () => {
      expect((await other.call("GET", path)).body).toMatchObject({ title: at.title })
    })
    const { commands } = await one.proxy.state()
    expect(commands.filter(([name]) => name === "del").map(({ length }) => length)).toEqual([2])
  })
})
