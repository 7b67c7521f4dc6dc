import { afterEach, beforeEach, describe, expect, test } from "vitest"
import {
  all,
  cacheStatus,
  type Door,
  keysOf,
  openProxy,
  type Side,
  sideOf,
  statuses,
  trueStatuses,
  unhurried,
} from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

/** What Redis holds, and that nothing depends on its holding it: emptied, full or written to by others. */
let w: World
let prefix: string
let proxy: Door
let side: Side
unhurried()
beforeEach(async () => {
  prefix = crypto.randomUUID()
  proxy = await openProxy()
  w = await world()
  side = await sideOf(w, prefix, { proxy })
})
afterEach(async () => {
  await proxy.redis(["CONFIG", "SET", "maxmemory", "0"])
  await w.close()
})

const paths = ["/items/5", "/items?count=exact", "/users/2"]
const entry = (keys: string[]) => keys.filter((key) => key.startsWith(`${prefix}:entry:`))
const stamps = (keys: string[]) => keys.filter((key) => key.startsWith(`${prefix}:stamp:`))
const rename = (title: string) =>
  side.call("PATCH", "/items/5", { token: w.bob.token, json: { title } }).then(({ status }) => status)

test("a stamp of another type is one that is not there: missed, and made anew", async () => {
  await statuses(side, paths)
  for (const key of stamps(await keysOf(proxy, prefix))) await proxy.redis(["DEL", key], ["RPUSH", key, "x"])
  await trueStatuses(w, side, paths)
  expect(await rename("new")).toBe(200)
  await trueStatuses(w, side, paths)
  await statuses(side, paths)
  expect(await statuses(side, paths)).toEqual(all(paths, "hit"))
})

describe("loses nothing but hits where Redis loses", () => {
  const losses: Record<string, { lost: () => Promise<unknown>; after: string }> = {
    "everything, as in a restart": {
      lost: () => proxy.redis(["FLUSHALL"]),
      after: "fwd=uri-miss; stored",
    },
    "the stamps, and keeps the entries": {
      lost: async () => proxy.redis(["DEL", ...stamps(await keysOf(proxy, prefix))]),
      after: "fwd=stale; stored",
    },
    "the entries, and keeps the stamps": {
      lost: async () => proxy.redis(["DEL", ...entry(await keysOf(proxy, prefix))]),
      after: "fwd=uri-miss; stored",
    },
  }
  test.each(Object.keys(losses))("%s", async (name) => {
    const { lost, after } = losses[name] as (typeof losses)[string]
    await statuses(side, paths)
    await lost()
    expect(await statuses(side, paths)).toEqual(all(paths, after))
    expect(await statuses(side, paths)).toEqual(all(paths, "hit"))
    // Also where the write that comes next finds nothing to move.
    await lost()
    expect(await rename("new")).toBe(200)
    await trueStatuses(w, side, paths)
    await lost()
    await trueStatuses(w, await sideOf(w, prefix), paths)
  })
})

test("a Redis that is full serves what it has, and is told of each write", async () => {
  const other = await sideOf(w, prefix)
  await statuses(side, ["/items/5", "/items/6"])
  await proxy.redis(["CONFIG", "SET", "maxmemory", "1"])
  expect(await statuses(other, ["/items/5", "/items/6"])).toEqual(all(["/items/5", "/items/6"], "hit"))
  expect(await rename("new")).toBe(200)
  expect(side.logs.at(-1)).not.toHaveProperty("cache_untold")
  // There is no room for a stamp, and none for an entry.
  expect(await statuses(other, ["/items/5", "/items/4"])).toEqual({
    "/items/5": "fwd=bypass; detail=full",
    "/items/4": "fwd=bypass; detail=full",
  })
  for (const one of [side, other]) await trueStatuses(w, one, paths)
  expect(await statuses(other, ["/items/6"])).toEqual({ "/items/6": "hit" })
  expect((await side.call("GET", "/ready")).body).toMatchObject({ status: "ready" })
  await proxy.redis(["CONFIG", "SET", "maxmemory", "0"])
  for (const one of [side, other]) await trueStatuses(w, one, paths)
  expect(await statuses(other, paths)).toEqual(all(paths, "hit"))
})

test("two prefixes in one Redis share nothing", async () => {
  const stranger = await sideOf(w, `${prefix}2`, { proxy })
  for (const one of [side, stranger])
    expect(await statuses(one, paths)).toEqual(all(paths, "fwd=uri-miss; stored"))
  const [first, second] = [await keysOf(proxy, prefix), await keysOf(proxy, `${prefix}2`)]
  expect(first.length).toBeGreaterThan(paths.length)
  expect(second).toEqual(first.map((key) => key.replace(prefix, `${prefix}2`)))
  await rename("new")
  expect(await statuses(side, paths)).toEqual(all(paths, "fwd=stale; stored"))
  expect(await statuses(stranger, paths)).toEqual(all(paths, "hit"))
})

test("a body over 262,144 characters is not stored, one below is", async () => {
  const rows = Array.from({ length: 27 }, () => ({
    title: "long",
    price: 1,
    description: "é".repeat(10_000),
  }))
  const made = await side.call("POST", "/items", { token: w.ann.token, json: rows.slice(0, 25) })
  expect(made.status).toBe(201)
  const path = "/items?title=long&fields=description"
  const stored = await side.call("GET", path)
  expect(stored.text.length).toBeLessThan(262_144)
  expect(cacheStatus(stored)).toBe("fwd=uri-miss; stored")
  expect(await side.call("GET", path).then((hit) => [cacheStatus(hit), hit.text === stored.text])).toEqual([
    "hit",
    true,
  ])
  await side.call("POST", "/items", { token: w.ann.token, json: rows.slice(25) })
  for (const why of ["stale", "stale"]) {
    const large = await side.call("GET", path)
    expect(large.text.length).toBeGreaterThan(262_144)
    expect(cacheStatus(large)).toBe(`fwd=${why}; detail=large`)
  }
  expect(cacheStatus(await side.call("GET", `${path}&limit=100`))).toBe("fwd=uri-miss; detail=large")
  expect(entry(await keysOf(proxy, prefix))).toHaveLength(1)
})

test("whatever is in Redis ends: entries with the TTL, stamps some time after them", async () => {
  const [ttl, stale] = [20_000, 10_000]
  side = await sideOf(w, prefix, { proxy, ttl, stale })
  await statuses(side, paths)
  await rename("new")
  await statuses(side, paths)
  const keys = await keysOf(proxy, prefix)
  expect(entry(keys)).toHaveLength(paths.length)
  expect(stamps(keys).length).toBeGreaterThan(0)
  expect([...entry(keys), ...stamps(keys)].sort()).toEqual(keys)
  for (const [keysOfKind, longest] of [
    [entry(keys), ttl + stale] as const,
    [stamps(keys), ttl + stale + 60_000] as const,
  ])
    for (const key of keysOfKind) {
      const [left] = await proxy.redis(["PTTL", key])
      expect(left, key).toBeGreaterThan(longest / 2)
      expect(left, key).toBeLessThanOrEqual(longest)
    }
})

test("an answer is missed when its TTL is over, also where nothing was written", async () => {
  side = await sideOf(w, prefix, { proxy, ttl: 300 })
  const first = await side.call("GET", "/items/5")
  expect(cacheStatus(first)).toBe("fwd=uri-miss; stored")
  await new Promise((resolve) => setTimeout(resolve, 310))
  expect(cacheStatus(await side.call("GET", "/items/5"))).toBe("fwd=uri-miss; stored")
})
