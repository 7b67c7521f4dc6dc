// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Side, sideOf, unhurried } from "../support/upstash.ts"
import { type World, world } from "../support/world.ts"

unhurried()

let w: World
let one: Side
let other: Side
beforeAll(async () => {
  w = await world()
  const prefix = crypto.randomUUID()
  one = await sideOf(w, prefix)
  other = await sideOf(w, prefix)
})
afterAll(() => w.close())

test("what a process could not tell the cache of its write, the process of the retry tells it", async () => {
  const price = async () => ((await other.call("GET", "/items/1")).body as { price: number }).price
  await price()
  expect((await other.call("GET", "/items/1")).headers.get("cache-status")).toMatch(/^Weir; hit/)
  const patch = ({ call }: Side) =>
    call("PATCH", "/items/1", {
      token: w.ann.token,
      json: { price: 77 },
      headers: { "idempotency-key": "untold" },
    })
  await one.proxy.fault({ kind: "refuse" })
  const first = await patch(one)
  expect(first.status, first.text).toBe(200)
  await one.proxy.fault(null)
  const retry = await patch(other)
  expect(retry.headers.get("idempotency-replayed")).toBe("true")
  expect(retry.text).toBe(first.text)
  expect(await price()).toBe(77)
})
