// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
  const { status } = await w.call("PATCH", "/items/1", { token: w.ann.token, json: { price: 0 } })
  expect(status).toBe(200)
})
afterEach(() => w.close())

const clients = 20
/** How many by all clients together: `INCREMENTS=2000` for as many as the product promises. */
const total = Number(process.env.INCREMENTS ?? 60)

const read = () => w.call("GET", "/items/1")
const priceOf = ({ body }: Answer): number => (body as { price: number }).price
const patch = (tag: Answer, price: number, headers: Record<string, string> = {}) =>
  w.call("PATCH", "/items/1", {
    token: w.ann.token,
    headers: { "if-match": tag.headers.get("etag") as string, ...headers },
    json: { price },
  })

/** Clients that each do their part of the increments, one after another. */
const inTurn = (increment: (n: string) => Promise<void>) =>
  Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; n < total / clients; n++) await increment(`${client}.${n}`)
    }),
  )

test(`${clients} clients make ${total} increments by read, If-Match and retry on 412, and lose none`, async () => {
  const made = new Set<number>()
  await inTurn(async () => {
    for (;;) {
      const before = await read()
      const answer = await patch(before, priceOf(before) + 1)
      expect([200, 412], answer.text).toContain(answer.status)
      if (answer.status === 412) continue
      made.add(priceOf(answer))
      return
    }
  })
  // Each made a number of its own, up to the last.
  expect(made.size).toBe(total)
  expect(priceOf(await read())).toBe(total)
}, 600_000)

test("nor do they where they send each patch twice with its key, as after a lost answer", async () => {
  await inTurn(async (n) => {
    for (let tries = 0; ; tries++) {
      const before = await read()
      const send = () => patch(before, priceOf(before) + 1, { "idempotency-key": `${n}.${tries}` })
      const [one, two] = await Promise.all([send(), send()])
      expect([200, 412], one.text).toContain(one.status)
      expect([two.status, two.status === 200 && two.text]).toEqual([
        one.status,
        one.status === 200 && one.text,
      ])
      if (one.status === 200) return
    }
  })
  expect(priceOf(await read())).toBe(total)
}, 600_000)
