import { afterEach, beforeEach, expect, test } from "vitest"
import { invalidating } from "../../../src/weir/cache/invalidating.ts"
import { execute } from "../support/scenarios.ts"
import { all, type Side, sideOf, statuses, trueStatuses, unhurried } from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

/** How Redis is told of writes, and of which. */
let w: World
let prefix: string
let one: Side
let other: Side
unhurried()
beforeEach(async () => {
  prefix = crypto.randomUUID()
  w = await world()
  one = await sideOf(w, prefix)
  other = await sideOf(w, prefix)
})
afterEach(() => w.close())

const paths = ["/items/5", "/items/6", "/items", "/users", "/users/2"]

test("a write is one request to Redis, and so is one of many rows", async () => {
  const options = { token: w.ann.token }
  const rows = Array.from({ length: 50 }, (_, price) => ({ title: "new", price }))
  for (const [method, path, json] of [
    ["POST", "/items", rows] as const,
    ["PATCH", "/items/1", { price: 1 }] as const,
    ["DELETE", "/items/1", undefined] as const,
    ["DELETE", "/users/1", undefined] as const,
  ]) {
    const requests = await one.proxy.requests()
    expect((await one.call(method, path, { ...options, json })).status).toBeLessThan(300)
    expect(await one.proxy.requests(), `${method} ${path}`).toBe(requests + 1)
  }
})

test("a write that is refused changes nothing of what is served", async () => {
  await statuses(one, paths)
  const refused = [
    await other.call("PATCH", "/items/5", { json: { price: 1 } }),
    await other.call("PATCH", "/items/5", { token: w.bob.token, json: { price: -1 } }),
    await other.call("POST", "/users", {
      json: { email: w.ann.email, username: "new", password: "long enough" },
    }),
    await other.call("POST", "/items", { token: w.ann.token, json: { title: "x", price: 1, owner_id: 99 } }),
    await other.call("DELETE", "/users/1", { token: w.bob.token }),
  ]
  for (const { status } of refused) expect(status).toBeGreaterThanOrEqual(400)
  await trueStatuses(w, one, paths)
})

test("what was read while it was changed is not served: the write moves the stamps that it was read under", async () => {
  const raced = await sideOf(w, prefix)
  // Between the reading and the storing.
  const write = () => other.call("PATCH", "/items/5", { token: w.bob.token, json: { title: "after" } })
  const keep = raced.cache.store?.keep.bind(raced.cache.store)
  if (!raced.cache.store || !keep) throw new Error("there is no store")
  raced.cache.store.keep = async (...entry) => {
    await write()
    await keep(...entry)
  }
  expect((await raced.call("GET", "/items/5")).body).toMatchObject({ title: "bob's 2" })
  for (const side of [one, other, raced])
    expect((await side.call("GET", "/items/5")).body).toMatchObject({ title: "after" })
})

test("a statement of one's own is told by what it names: the whole of these tables", async () => {
  await statuses(one, paths)
  const database = invalidating(w.database, other.cache.store)
  await execute({ database }, "update items set price = 7 where id = 6")
  const found = await trueStatuses(w, one, paths)
  expect(found).toMatchObject({
    "/items/5": "fwd=stale; stored",
    "/items/6": "fwd=stale; stored",
    "/users": "hit",
  })
})

// A `DEL` without a key is sent, which is an error, and nothing is asked of Redis for a second.
test("a statement that names none of the tables is no matter for Redis", async () => {
  await statuses(one, paths)
  const requests = await one.proxy.requests()
  await execute({ database: invalidating(w.database, one.cache.store) }, "select 1")
  expect(await one.proxy.requests()).toBe(requests)
  expect(await statuses(one, paths)).toEqual(all(paths, "hit"))
})
