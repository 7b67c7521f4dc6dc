// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const send = (method: string, path: string, json: unknown, headers: Record<string, string> = {}) =>
  w.call(method, path, { token: w.ann.token, headers, json })
const errors = (body: unknown) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => `${path} ${code}`)

describe("fields and include shape what a write answers", () => {
  test("of one row, as a read of it would", async () => {
    const made = await send("POST", "/items?fields=id,title&include=owner&include.owner.fields=username", {
      title: "new",
      price: 1,
    })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toEqual({ id: 7, title: "new", owner: { username: "ann" } })
    expect(made.headers.get("location")).toBe("/items/7")
    const changed = await send("PATCH", "/items/7?fields=price,_version", { price: 2 })
    expect(changed.body).toEqual({ price: 2, _version: changed.headers.get("etag")?.slice(1, -1) })
    expect((await w.call("GET", "/items/7")).headers.get("etag")).toBe(changed.headers.get("etag"))
    // What reads embed by themselves, writes do not.
    expect((await send("PATCH", `/users/${w.ann.id}?fields=id`, { username: "annie" })).body).toEqual({
      id: w.ann.id,
    })
  })

  test("of many, in their order", async () => {
    const rows = [3, 1, 2].map((price) => ({ title: `${price}`, price }))
    const made = await send("POST", "/items?fields=title", rows)
    expect(made.body).toEqual([{ title: "3" }, { title: "1" }, { title: "2" }])
    const nested = await send("POST", `/users/${w.ann.id}/items?fields=price`, { title: "x", price: 4 })
    expect(nested.body).toEqual({ price: 4 })
  })

  test.each([
    ["?fields=nothing", "fields unknown_field"],
    ["?include=nobody", "include unknown_relation"],
    ["?fields=id&price=1", "price unknown_parameter"],
    ["?limit=1", "limit unknown_parameter"],
    ["?fields=hashed_password&include=owner&include.owner.fields=hashed_password", "fields unknown_field"],
  ])("with %s nothing is written", async (search, error) => {
    const made = await send("POST", `/items${search}`, { title: "never", price: 1 })
    expect(made.status).toBe(422)
    expect(errors(made.body)).toContain(error)
    const changed = await send("PATCH", `/items/1${search}`, { title: "never" })
    expect(errors(changed.body)).toContain(error)
    expect((await w.call("GET", "/items?title=never")).body).toEqual([])
  })

  test("a delete has none", async () => {
    const gone = await w.call("DELETE", "/items/1?fields=id", { token: w.ann.token })
    expect(errors(gone.body)).toEqual(["fields unknown_parameter"])
  })
})

describe("Prefer (RFC 7240)", () => {
  test("return=minimal: no body, and the headers that say what was done", async () => {
    const prefer = { prefer: "return=minimal" }
    const made = await send("POST", "/items", { title: "new", price: 1 }, prefer)
    expect([made.status, made.text]).toEqual([201, ""])
    expect(made.headers.get("location")).toBe("/items/7")
    expect(made.headers.get("preference-applied")).toBe("return=minimal")
    const changed = await send("PATCH", "/items/7", { price: 2 }, prefer)
    expect([changed.status, changed.text]).toEqual([204, ""])
    const read = await w.call("GET", "/items/7")
    expect(read.body).toMatchObject({ price: 2 })
    expect(changed.headers.get("etag")).toBe(read.headers.get("etag"))
    const many = await send("POST", "/items", [{ title: "a", price: 1 }], prefer)
    expect([many.status, many.text]).toEqual([201, ""])
  })

  test.each([
    ["return=representation", "return=representation", 200],
    ['RETURN="minimal"; x=1', "return=minimal", 204],
    ["return=minimal, return=representation", "return=minimal", 204],
    ["respond-async, wait=10", null, 200],
    ["return=everything", null, 200],
    ["handling=strict, return=minimal", "return=minimal, handling=strict", 204],
    ["", null, 200],
  ])("%s", async (prefer, applied, status) => {
    const changed = await send("PATCH", "/items/1", { price: 2 }, { prefer })
    expect(changed.status, changed.text).toBe(status)
    expect(changed.headers.get("preference-applied")).toBe(applied)
  })

  test.each(["handling=strict, respond-async", "return=everything, handling=strict"])(
    "%s is refused, and nothing is written",
    async (prefer) => {
      const changed = await send("PATCH", "/items/1", { price: 99 }, { prefer })
      expect(changed.status).toBe(422)
      expect(errors(changed.body)).toEqual(["prefer invalid_value"])
      expect((await w.call("GET", "/items/1")).body).not.toMatchObject({ price: 99 })
    },
  )

  test("a failure has its body all the same", async () => {
    const prefer = { prefer: "return=minimal" }
    expect((await send("PATCH", "/items/1", { price: "x" }, prefer)).body).toMatchObject({ status: 422 })
  })
})
