import { afterEach, beforeEach, expect, test } from "vitest"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

test("lists items", async () => {
  const answer = await w.call("GET", "/items?include=owner&limit=2&sort=-title")
  expect(answer.status, answer.text).toBe(200)
  expect(answer.body).toMatchObject([{ title: "bob's 3", owner: { username: "bob" } }, { title: "bob's 2" }])
  const next = await w.call("GET", answer.links.next as string)
  expect(next.body).toMatchObject([{ title: "bob's 1" }, { title: "ann's 3" }])
})

test("creates an item", async () => {
  const answer = await w.call("POST", "/items", {
    token: w.ann.token,
    json: { title: "x", price: 0.1 + 0.2 },
  })
  expect(answer.status, answer.text).toBe(201)
  expect(answer.body).toMatchObject({ id: 7, title: "x", price: 0.1 + 0.2, owner_id: 1 })
})
