import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { cacheRuntime } from "#fresh"
import type { Call } from "../support/client.ts"
import { execute, personOf, type Who } from "../support/scenarios.ts"
import { cacheStatus, essence, type Side, sideOf, unhurried } from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

/** Reads of answers that are kept in Redis. Each test finds none of its own there. */
let w: World
let prefix: string
let side: Side
unhurried()
beforeAll(async () => {
  w = await world()
})
beforeEach(async () => {
  prefix = crypto.randomUUID()
  side = await sideOf(w, prefix)
})
afterAll(() => w.close())

const paths = [
  "/items/5",
  "/items/5?include=owner&fields=title",
  "/items?limit=2&count=exact&sort=-price",
  "/items?limit=2&skip=2",
  "/users/1",
  "/users/2/items?count=exact&limit=1",
  "/users?include=items&limit=2",
]

test.each(paths)("%s is missed once, and hit from then on in every process, to the letter", async (path) => {
  const plain = essence(await w.call("GET", path))
  const miss = await side.call("GET", path)
  expect(cacheStatus(miss)).toBe("fwd=uri-miss; stored")
  expect(essence(miss)).toEqual(plain)
  for (const one of [side, await sideOf(w, prefix)]) {
    const [requests, statements] = [await one.proxy.requests(), one.asked.length]
    const hit = await one.call("GET", path)
    expect(hit.headers.get("cache-status")).toMatch(/^Weir; hit; ttl=(60|5\d)$/)
    expect(essence(hit)).toEqual(plain)
    expect(await one.proxy.requests()).toBe(requests + 1)
    expect(one.asked).toHaveLength(statements)
  }
})

test("those who ask at once each have their own answer, in a few round trips where they may share them", async () => {
  const readers = [undefined, w.ann.token, w.root.token].flatMap((token) =>
    [...paths, "/items/6", "/nowhere", "/items/99"].map((path) => ({ token, path })),
  )
  const askAll = (call: Call) => Promise.all(readers.map(({ token, path }) => call("GET", path, { token })))
  const plain = (await askAll(w.call)).map(essence)
  expect((await askAll(side.call)).map(essence)).toEqual(plain)
  const requests = await side.proxy.requests()
  const hits = await askAll(side.call)
  expect(hits.map(essence)).toEqual(plain)
  // A problem says nothing of the cache.
  for (const { status, headers } of hits)
    expect(headers.get("cache-status")?.startsWith("Weir; hit;")).toBe(status === 200 ? true : undefined)
  const took = (await side.proxy.requests()) - requests
  if (cacheRuntime.pipelined) expect(took).toBeLessThan(readers.length / 2)
})

test("the second of a page's links is a page of its own", async () => {
  const first = await side.call("GET", "/items?limit=2")
  const second = await side.call("GET", first.links.next as string)
  expect(cacheStatus(second)).toBe("fwd=uri-miss; stored")
  expect(second.text).not.toBe(first.text)
})

test("what the client has already is 304 from Redis alone, and no more once it has changed", async () => {
  const miss = await side.call("GET", "/items/4")
  const headers = { "if-none-match": `"other", W/${miss.headers.get("etag")}` }
  const [requests, statements] = [await side.proxy.requests(), side.asked.length]
  const same = await side.call("GET", "/items/4", { headers })
  expect([same.status, same.text, cacheStatus(same)]).toEqual([304, "", "hit"])
  expect(same.headers.get("etag")).toBe(miss.headers.get("etag"))
  expect(await side.proxy.requests()).toBe(requests + 1)
  expect(side.asked).toHaveLength(statements)
  await side.call("PATCH", "/items/4", { token: w.bob.token, json: { title: "new" } })
  const changed = await side.call("GET", "/items/4", { headers })
  expect([changed.status, cacheStatus(changed)]).toEqual([200, "fwd=stale; stored"])
  expect(changed.body).toMatchObject({ title: "new" })
})

test("HEAD is a hit after GET, and GET after HEAD, with the same headers and no body", async () => {
  for (const [first, second] of [["GET", "HEAD"] as const, ["HEAD", "GET"] as const]) {
    const path = `/items?limit=1&count=exact&fields=${first === "GET" ? "id" : "title"}`
    const plain = await w.call("GET", path)
    const miss = await side.call(first, path)
    const hit = await side.call(second, path)
    expect([cacheStatus(miss), cacheStatus(hit)]).toEqual(["fwd=uri-miss; stored", "hit"])
    for (const [method, answer] of [[first, miss] as const, [second, hit] as const])
      expect(essence(answer)).toEqual({ ...essence(plain), text: method === "GET" ? plain.text : "" })
  }
})

describe("a client that does not want what is kept", () => {
  const title = async (headers: Record<string, string> = {}) => {
    const answer = await side.call("GET", "/items/6", { headers })
    return [(answer.body as { title: string }).title, cacheStatus(answer)]
  }
  // Past the API, so that nothing but the request decides.
  const rename = (to: string) => execute(w, `update items set title = '${to}' where id = 6`)

  test("has it read and stored anew by no-cache, for everybody", async () => {
    for (const [n, cacheControl] of ["no-cache", "max-age=0", "foo, No-Cache"].entries()) {
      await title({ "cache-control": "no-cache" })
      const [before] = await title()
      await rename(`renewed ${n}`)
      expect(await title()).toEqual([before, "hit"])
      expect(await title({ "cache-control": cacheControl })).toEqual([`renewed ${n}`, "fwd=request; stored"])
      expect(await title()).toEqual([`renewed ${n}`, "hit"])
    }
  })

  test("has it read anew by no-store, and Redis is not asked, nor told", async () => {
    await rename("kept")
    await title()
    await rename("read")
    const requests = await side.proxy.requests()
    const noStore = { "cache-control": "no-store" }
    expect(await title(noStore)).toEqual(["read", "fwd=bypass; detail=no-store"])
    expect(await side.proxy.requests()).toBe(requests)
    expect(await title()).toEqual(["kept", "hit"])
  })
})

describe("viewers", () => {
  const everybody: Who[] = ["anonymous", "ann", "bob", "root"]
  const read = (who: Who, path: string) => side.call("GET", path, { token: personOf(w, who)?.token })

  test("are shown what is theirs, whoever has asked before", async () => {
    for (const order of [everybody, everybody.toReversed()]) {
      side = await sideOf(w, crypto.randomUUID())
      for (const status of ["fwd=uri-miss; stored", "hit"])
        for (const who of order)
          for (const path of ["/users/1", "/users"]) {
            const answer = await read(who, path)
            const plain = await w.call("GET", path, { token: personOf(w, who)?.token })
            expect(cacheStatus(answer), `${who} ${path}`).toBe(status)
            expect(essence(answer), `${who} ${path}`).toEqual(essence(plain))
            const shown = answer.text.includes("ann@example.com")
            expect(shown, `${who} ${path}`).toBe(who === "ann" || who === "root")
          }
    }
  })

  test("that have a new role are shown what it shows, from the next request on", async () => {
    const other = await sideOf(w, prefix)
    const sees = async () => {
      await read("bob", "/users/1")
      return (await read("bob", "/users/1")).text.includes("ann@example.com")
    }
    for (const role of ["user", "admin", "user"]) {
      const set = await other.call("PATCH", "/users/2", { token: w.root.token, json: { role } })
      expect(set.status, set.text).toBe(200)
      expect(await sees()).toBe(role === "admin")
    }
  })

  test("whose password is new, or who are deleted, are strangers from the next request on", async () => {
    const own = await world()
    try {
      const other = await sideOf(own, prefix)
      const mine = ({ token }: { token: string }) => side.call("GET", "/users/me", { token })
      side = await sideOf(own, prefix)
      for (const person of [own.ann, own.bob]) {
        await mine(person)
        expect(cacheStatus(await mine(person))).toBe("hit")
      }
      const json = { password: "battery staple", current_password: "correct horse" }
      const changed = await other.call("PATCH", "/users/1", { token: own.ann.token, json })
      expect(changed.status, changed.text).toBe(200)
      expect((await other.call("DELETE", "/users/2", { token: own.bob.token })).status).toBe(204)
      for (const person of [own.ann, own.bob]) expect((await mine(person)).status).toBe(401)
      // On routes that anybody may read as well (RFC 6750, 3.1).
      const asAnn = await side.call("GET", "/users/1", { token: own.ann.token })
      expect(asAnn.status).toBe(401)
      expect(asAnn.text).not.toContain("ann@example.com")
    } finally {
      await own.close()
    }
  })
})
