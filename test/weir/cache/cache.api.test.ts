import "#fresh"
import { sql } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, nobody, owner, type Rule } from "../../../src/weir/resource/rules.ts"
import * as itemsModule from "../fixture/src/schema/items.ts"
import * as usersModule from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, CallOptions } from "../support/client.ts"
import { cacheOver } from "../support/fresh.ts"
import { execute } from "../support/scenarios.ts"
import { password, type World, world } from "../support/world.ts"

/** The cache's behaviour towards clients, with the store in memory. */
let w: World
const cached = (options: Parameters<typeof cacheOver>[1] = {}) =>
  world({ cache: cacheOver(new MemoryStore(8_388_608, undefined), options) })

beforeEach(async () => {
  w = await cached()
})
afterEach(() => w.close())

const get = (path: string, options: CallOptions = {}) => w.call("GET", path, options)
const statusOf = (answer: Answer) => answer.headers.get("cache-status")
/** What the cache says of a read: `hit`, or why it was not one. */
const outcome = async (path: string, options: CallOptions = {}) =>
  /^Weir; (?:hit|fwd=([\w-]+))/.exec(statusOf(await get(path, options)) ?? "")?.slice(0, 2)[1] ?? "hit"
const warm = async (...paths: string[]) => {
  for (const path of paths) await get(path)
}
const outcomes = async (...paths: string[]) => {
  const found: Record<string, string> = {}
  for (const path of paths) found[path] = await outcome(path)
  return found
}

describe("a hit", () => {
  const paths = ["/items/1", "/items?limit=2&count=exact&sort=-price", "/users/1", "/users/1/items?limit=1"]
  for (const path of paths)
    test(`${path} is what the miss was, to the letter`, async () => {
      const [miss, hit] = [await get(path), await get(path)]
      expect(statusOf(miss)).toBe("Weir; fwd=uri-miss; stored")
      expect(statusOf(hit)).toMatch(/^Weir; hit; ttl=\d+$/)
      expect(hit.text).toBe(miss.text)
      for (const name of ["etag", "link", "x-total-count", "vary", "cache-control", "content-type"])
        expect(hit.headers.get(name), name).toBe(miss.headers.get(name))
    })

  test("asks the database nothing, not even who the viewer is where it would know of other writers", async () => {
    await warm("/items/1")
    const log = w.logs.length
    await get("/items/1")
    expect(w.logs[log]).toMatchObject({ db_ms: 0, cache: expect.stringMatching(/^hit/) })
  })

  test("has links of the path and query string that it was asked by", async () => {
    await get("/items?limit=1&fields=id")
    const other = await get("/items?fields=id&limit=1")
    expect(other.links.next).toContain("fields=id&limit=1")
    expect((await get("/users/1/items?limit=1")).links.next).toContain("/users/1/items?")
  })
})

describe("a write", () => {
  const item = (id: number) => `/items/${id}`
  const lists = ["/items", "/items?sort=title", "/users/1/items", "/users/1", "/items/3?include=owner"]
  const others = ["/users/2", "/users/2/items", "/users/2?include=", "/users/2/items?sort=-price"]

  test("to a row outdates that row and whatever may hold it, and no other row", async () => {
    await warm(item(1), item(2), ...others, ...lists)
    expect((await w.call("PATCH", item(1), { token: w.ann.token, json: { price: 99 } })).status).toBe(200)
    expect(await outcomes(item(1), item(2), ...others, ...lists)).toEqual({
      [item(1)]: "stale",
      [item(2)]: "hit",
      // Nor what shows the rows of another user only.
      ...Object.fromEntries(others.map((path) => [path, "hit"])),
      "/items": "stale",
      "/items?sort=title": "stale",
      "/users/1/items": "stale",
      "/users/1": "stale",
      // The embedded owner is another table's row.
      "/items/3?include=owner": "hit",
    })
    expect((await get(item(1))).body).toMatchObject({ price: 99 })
  })

  test("that creates or deletes outdates lists and the owner's, and no single row", async () => {
    const kept = [item(1), ...others]
    const outdated = ["/items", "/users/1", "/users/1/items", "/users/1/items?sort=-price&limit=2"]
    const made = await w.call("POST", "/items", { token: w.ann.token, json: { title: "new", price: 1 } })
    for (const write of [
      () => w.call("POST", "/items", { token: w.ann.token, json: { title: "new", price: 1 } }),
      () => w.call("POST", "/items", { token: w.ann.token, json: [{ title: "new", price: 1 }] }),
      () => w.call("DELETE", made.headers.get("location") as string, { token: w.ann.token }),
    ]) {
      await warm(...kept, ...outdated)
      expect((await write()).status).toBeLessThan(300)
      expect(await outcomes(...kept, ...outdated)).toEqual({
        ...Object.fromEntries(kept.map((path) => [path, "hit"])),
        ...Object.fromEntries(outdated.map((path) => [path, "stale"])),
      })
    }
  })

  test("that gives a row to another outdates the pages of both", async () => {
    await warm("/users/1", "/users/2", "/users/2/items", "/users/1/items")
    const json = { owner_id: w.bob.id }
    expect((await w.call("PATCH", item(1), { token: w.root.token, json })).status).toBe(200)
    const ids = async (path: string) => ((await get(path)).body as { id: number }[]).map(({ id }) => id)
    expect(await ids("/users/1/items")).toEqual([2, 3])
    expect((await ids("/users/2/items")).sort()).toEqual([1, 4, 5, 6])
    expect((await get("/users/1")).body).toMatchObject({ items: [{ id: 3 }, { id: 2 }] })
    expect((await get("/users/2")).body).toMatchObject({
      items: [{ id: 6 }, { id: 5 }, { id: 4 }, { id: 1 }],
    })
  })

  test("that deletes a user outdates the items that go with it", async () => {
    await warm(item(1), item(4), "/items", "/users/2?include=")
    expect((await w.call("DELETE", "/users/1", { token: w.root.token })).status).toBe(204)
    expect((await get(item(1))).status).toBe(404)
    expect(await outcomes(item(4), "/items", "/users/2?include=")).toEqual({
      [item(4)]: "stale",
      "/items": "stale",
      "/users/2?include=": "hit",
    })
  })

  test("that is refused outdates nothing that it could not have changed", async () => {
    await warm(item(1), item(2))
    expect((await w.call("PATCH", item(1), { token: w.bob.token, json: { price: 1 } })).status).toBe(403)
    expect(await outcome(item(2))).toBe("hit")
    expect((await get(item(1))).body).toMatchObject({ price: 10.25 })
  })

  test("of a hand-written route's, or a statement of one's own, outdates what it names", async () => {
    await warm(item(1), "/users/1?include=", "/items")
    const client = w.database.connect()
    await handleOf(() => client)
      .update(itemsModule.items)
      .set({ price: 7 })
    await client.close?.()
    expect((await get(item(1))).body).toMatchObject({ price: 7 })
    expect(await outcome("/users/1?include=")).toBe("hit")
    await execute(w, "update items set price = 8")
    expect((await get(item(1))).body).toMatchObject({ price: 8 })
    expect((await get("/items?limit=1")).body).toMatchObject([{ price: 8 }])
  })

  test("that comes while a miss is being read outdates what the miss stores", async () => {
    const slow = w.database.connect()
    // Both begin; the write ends first or last, and in no case may the old price be served afterwards.
    for (let price = 100; price < 120; price++) {
      const reading = get("/items?fields=id,price&limit=1")
      await w.call("PATCH", item(1), { token: w.ann.token, json: { price } })
      expect((await get("/items?fields=id,price&limit=1")).body).toEqual([{ id: 1, price }])
      await reading
      expect((await get("/items?fields=id,price&limit=1")).body).toEqual([{ id: 1, price }])
    }
    await slow.close?.()
  })
})

describe("viewers", () => {
  test("are kept apart: what one may see is never served to another", async () => {
    const see = async (token?: string) =>
      ((await get("/users/1?include=", { token })).body as { email?: string }).email
    for (let round = 0; round < 2; round++) {
      expect(await see(w.ann.token)).toBe(w.ann.email)
      expect(await see(w.root.token)).toBe(w.ann.email)
      expect(await see(w.bob.token)).toBeUndefined()
      expect(await see()).toBeUndefined()
    }
  })

  test("share what does not depend on who they are", async () => {
    await get("/items", { token: w.ann.token })
    expect(await outcome("/items", { token: w.bob.token })).toBe("hit")
    expect(await outcome("/items")).toBe("hit")
  })

  test("with a token are told that the answer is theirs alone", async () => {
    const [theirs, open] = [await get("/items", { token: w.ann.token }), await get("/items")]
    expect(theirs.headers.get("cache-control")).toBe("private, no-cache")
    expect(open.headers.get("cache-control")).toBe("no-cache")
    expect(open.headers.get("vary")).toBe("Authorization")
  })

  test("lose and gain what a role gives with the next request, and a new password ends a token", async () => {
    const email = async () =>
      ((await get("/users/2", { token: w.ann.token })).body as { email?: string }).email
    expect(await email()).toBeUndefined()
    await w.call("PATCH", "/users/1", { token: w.root.token, json: { role: "admin" } })
    expect(await email()).toBe(w.bob.email)
    await w.call("PATCH", "/users/1", { token: w.root.token, json: { role: "user" } })
    expect(await email()).toBeUndefined()
    await get("/users/me", { token: w.ann.token })
    const json = { password: "another password", current_password: password }
    expect((await w.call("PATCH", "/users/1", { token: w.ann.token, json })).status).toBe(200)
    expect((await get("/users/me", { token: w.ann.token })).status).toBe(401)
  })

  test("of rows that are only theirs do not see each other's", async () => {
    const call = appOf(
      w,
      resource(usersModule, { read: anyone, fields: { hashed_password: { read: nobody } } }),
      resource(itemsModule, { read: owner, embed: { owner: {} } }),
    )
    const ids = async (token: string) =>
      ((await call("GET", "/items", { token })).body as { id: number }[]).map(({ id }) => id)
    for (let round = 0; round < 2; round++) {
      expect(await ids(w.ann.token)).toEqual([1, 2, 3])
      expect(await ids(w.bob.token)).toEqual([4, 5, 6])
    }
  })
})

describe("a client", () => {
  test("that has an answer gets 304 without it, on a hit and on a miss, by GET and HEAD", async () => {
    const first = await get("/items/1")
    const etag = first.headers.get("etag") as string
    expect(etag).toMatch(/^"[\da-f]{16}"$/)
    const variants = [etag, `W/${etag}`, `"other", ${etag}`, "*"]
    for (const held of variants)
      for (const method of ["GET", "HEAD"])
        for (const control of [{}, { "cache-control": "no-cache" }]) {
          const answer = await w.call(method, "/items/1", { headers: { "if-none-match": held, ...control } })
          expect(answer.status, held).toBe(304)
          expect(answer.text).toBe("")
          expect(answer.headers.get("etag")).toBe(etag)
          expect(answer.headers.get("content-type")).toBeNull()
        }
    await w.call("PATCH", "/items/1", { token: w.ann.token, json: { price: 11 } })
    const changed = await get("/items/1", { headers: { "if-none-match": etag } })
    expect(changed.status).toBe(200)
    expect(changed.headers.get("etag")).not.toBe(etag)
  })

  test("that uses fetch, which adds no-cache by itself to a request with a validator, gets a hit", async () => {
    const etag = (await get("/items/1")).headers.get("etag") as string
    const headers = { "if-none-match": etag, "cache-control": "no-cache", pragma: "no-cache" }
    const answer = await get("/items/1", { headers })
    expect(answer.status).toBe(304)
    expect(statusOf(answer)).toMatch(/^Weir; hit/)
  })

  test("that has the document gets 304 for it too", async () => {
    const etag = (await get("/openapi.json")).headers.get("etag") as string
    expect((await get("/openapi.json", { headers: { "if-none-match": etag } })).status).toBe(304)
    expect((await get("/openapi.json", { headers: { "if-none-match": '"other"' } })).status).toBe(200)
  })

  test("of a page whose rows are the same, but not its links, gets it anew", async () => {
    const etag = (await get("/items?limit=6")).headers.get("etag") as string
    await w.call("POST", "/items", { token: w.ann.token, json: { title: "seventh", price: 1 } })
    const answer = await get("/items?limit=6", { headers: { "if-none-match": etag } })
    expect(answer.status).toBe(200)
    expect(answer.links.next).toBeDefined()
  })

  test("can ask past the cache; what is read for no-cache is stored, for no-store it is not", async () => {
    await warm("/items/1")
    for (const control of ["no-cache", "max-age=0", "No-Cache, max-age=5"])
      expect(statusOf(await get("/items/1", { headers: { "cache-control": control } })), control).toBe(
        "Weir; fwd=request; stored",
      )
    expect(statusOf(await get("/items/2", { headers: { "cache-control": "no-store" } }))).toBe(
      "Weir; fwd=bypass; detail=no-store",
    )
    expect(await outcome("/items/2")).toBe("uri-miss")
    expect(await outcome("/items/1", { headers: { "cache-control": "max-age=60" } })).toBe("hit")
  })

  test("of another origin may read the validator, and is told of both headers that answers vary by", async () => {
    await w.close()
    w = await world({ corsOrigins: ["https://app.example"] })
    const answer = await get("/items/1", { headers: { origin: "https://app.example" } })
    expect(answer.headers.get("access-control-expose-headers")).toContain("ETag")
    expect(answer.headers.get("vary")).toMatch(/Authorization/)
    expect(answer.headers.get("vary")).toMatch(/Origin/)
    expect((await get("/items/1")).headers.get("vary")).toBe("Authorization, Origin")
  })

  test("gets no stored answer for what is not there", async () => {
    for (let n = 0; n < 2; n++) {
      const answer = await get("/items/999")
      expect(answer.status).toBe(404)
      expect(statusOf(answer)).toBeNull()
    }
  })
})

describe("readers of one missing key", () => {
  test("share one reading: a thousand at once, one statement", async () => {
    const log = w.logs.length
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get("/items?sort=-title")))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const said = w.logs.slice(log).map(({ cache }) => cache)
    expect(said.filter((cache) => cache === "fwd=uri-miss; stored")).toHaveLength(1)
    // On a slow machine the last of them come when it is stored already.
    expect(said.filter((cache) => /^(fwd=uri-miss; collapsed|hit;.*)$/.test(String(cache)))).toHaveLength(999)
    expect(said).toContain("fwd=uri-miss; collapsed")
  })

  test("are answered where the first of them fails: one of them reads, and the others share that", async () => {
    let failing = 1
    const client = w.database.connect()
    const fails = async () => {
      if (failing-- > 0) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw new Error("cut off")
      }
      const rows = await client.query({ text: "select title from items where id = 1", params: [] })
      return { body: String(rows[0]?.[0]), etag: "", headers: {}, born: Date.now() }
    }
    const ask = () => ({ key: "k", stamps: ["items"], bypass: undefined })
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => w.cache.answer(ask, fails)))
    await client.close?.()
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1)
    expect(failing).toBe(-1)
  })

  test("share what is not there, too", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => get("/items/999")))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
    expect(new Set(answers.map(({ headers }) => headers.get("x-request-id"))).size).toBe(50)
  })
})

describe("time", () => {
  const price = async () => ((await get("/items/1")).body as { price: number }).price

  test("ends an answer, whatever its stamps say", async () => {
    await w.close()
    w = await cached({ ttl: 50 })
    await warm("/items/1")
    expect(await outcome("/items/1")).toBe("hit")
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await outcome("/items/1")).toBe("stale")
  })

  test("lets an ended answer be served once more while it is read anew, where that is wanted", async () => {
    await w.close()
    const later: Promise<unknown>[] = []
    w = await cached({ ttl: 50, stale: 60_000, waitUntil: (work) => later.push(work) })
    await warm("/items/1")
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(statusOf(await get("/items/1"))).toMatch(/^Weir; hit; ttl=-?0$/)
    expect(later).toHaveLength(1)
    await Promise.all(later)
    expect(statusOf(await get("/items/1"))).toBe("Weir; hit; ttl=1")
    // A write is no matter of time.
    await w.call("PATCH", "/items/1", { token: w.ann.token, json: { price: 5 } })
    expect(await price()).toBe(5)
  })

  test("makes a rule that asks for it, and the cache is not asked", async () => {
    const past: Rule<"created_at"> = (row) => sql`${row("created_at")} <= current_timestamp`
    const call = appOf(
      w,
      resource(usersModule, { read: past, fields: { hashed_password: { read: nobody } } }),
    )
    for (let n = 0; n < 2; n++) {
      const answer = await call("GET", "/users")
      expect(answer.status, answer.text).toBe(200)
      expect(statusOf(answer)).toBe("Weir; fwd=bypass; detail=unsteady")
    }
  })
})
