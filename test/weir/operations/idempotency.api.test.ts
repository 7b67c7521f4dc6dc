// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  const client = w.database.connect()
  await client.batch([{ text: "delete from items", params: [] }])
  await client.close?.()
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(items, {
      read: anyone,
      create: signedIn,
      update: owner,
      delete: owner,
      fields: { owner_id: { initially: (viewer) => viewer.id } },
      embed: { owner: {} },
    }),
  )
})
afterEach(() => w.close())

type Options = Parameters<Call>[2]
const keyed = (key: string, method: string, path: string, { headers, ...options }: Options = {}) =>
  call(method, path, {
    token: w.ann.token,
    headers: { "idempotency-key": key, ...headers },
    ...options,
  })
const replayed = ({ headers }: Answer) => headers.get("idempotency-replayed")
const told = ({ status, text, headers }: Answer) => ({
  status,
  text,
  etag: headers.get("etag"),
  location: headers.get("location"),
})
const codeOf = ({ body }: Answer) => (body as { code?: string }).code
const items$ = async () => (await call("GET", "/items?limit=1000")).body as { id: number; price: number }[]
const lamp = { title: "Lamp", price: 10 }

describe("a write with an Idempotency-Key is done once", () => {
  test("a create: the retry gets the first answer, also when the row has changed since", async () => {
    const first = await keyed("k1", "POST", "/items", { json: lamp })
    expect(first.status, first.text).toBe(201)
    expect(replayed(first)).toBeNull()
    const { id } = first.body as { id: number }
    expect((await call("PATCH", `/items/${id}`, { token: w.ann.token, json: { price: 99 } })).status).toBe(
      200,
    )
    const second = await keyed("k1", "POST", "/items", { json: lamp })
    expect(replayed(second)).toBe("true")
    expect(told(second)).toEqual(told(first))
    expect(await items$()).toHaveLength(1)
  })

  test("the key may stand in quotes", async () => {
    await keyed('"k 1"'.replace(" ", ""), "POST", "/items", { json: lamp })
    expect(replayed(await keyed("k1", "POST", "/items", { json: lamp }))).toBe("true")
  })

  test("creates of many, in their order", async () => {
    const json = [1, 2, 3].map((price) => ({ title: `T${price}`, price }))
    const first = await keyed("m", "POST", "/items", { json })
    expect(first.status).toBe(201)
    const second = await keyed("m", "POST", "/items", { json })
    expect(replayed(second)).toBe("true")
    expect(told(second)).toEqual(told(first))
    expect(await items$()).toHaveLength(3)
  })

  test("with fields and include, what the first answer had, though the rows have changed since", async () => {
    const { id } = (await call("POST", "/items", { token: w.ann.token, json: lamp })).body as { id: number }
    const many = [lamp, { ...lamp, title: "Other" }]
    const requests: [string, string, unknown][] = [
      ["POST", "/items?fields=id,price&include=owner", lamp],
      ["POST", "/items?include=owner", many],
      ["PATCH", `/items/${id}?fields=price,_version`, { price: 12 }],
    ]
    const firsts: Answer[] = []
    for (const [i, [method, path, json]] of requests.entries())
      firsts.push(await keyed(`shaped-${i}`, method, path, { json }))
    const change = { token: w.ann.token, json: { price: 99 } }
    for (const { id } of await items$())
      expect((await w.call("PATCH", `/items/${id}`, change)).status).toBe(200)
    const name = { token: w.ann.token, json: { username: "ann-by-another-name" } }
    expect((await w.call("PATCH", `/users/${w.ann.id}`, name)).status).toBe(200)
    for (const [i, [method, path, json]] of requests.entries()) {
      const again = await keyed(`shaped-${i}`, method, path, { json })
      expect([again.status, again.text, replayed(again)]).toEqual([
        firsts[i]?.status,
        firsts[i]?.text,
        "true",
      ])
      expect(again.headers.get("etag")).toBe(firsts[i]?.headers.get("etag"))
      expect(again.headers.get("location")).toBe(firsts[i]?.headers.get("location"))
    }
  })

  test("50 at once: one row, and 50 equal answers", async () => {
    const all = await Promise.all(
      Array.from({ length: 50 }, () => keyed("race", "POST", "/items", { json: lamp })),
    )
    expect(new Set(all.map((one) => JSON.stringify(told(one)))).size).toBe(1)
    expect(all.filter((one) => replayed(one) === null)).toHaveLength(1)
    expect(all[0]?.status).toBe(201)
    expect(await items$()).toHaveLength(1)
  })

  test("a sign-up of who is not signed in", async () => {
    const json = { email: "eve@example.com", username: "eve", password: "correct horse battery" }
    const sign = () => w.call("POST", "/users", { json, headers: { "idempotency-key": "eve" } })
    const first = await sign()
    expect(first.status, first.text).toBe(201)
    expect(first.body).toMatchObject({ email: "eve@example.com" })
    const second = await sign()
    expect(told(second)).toEqual(told(first))
    expect(replayed(second)).toBe("true")
  })

  test("a patch with If-Match, of which the retry would be a 412", async () => {
    const { body, headers } = await keyed("c", "POST", "/items", { json: lamp })
    const { id } = body as { id: number }
    const patch = () =>
      keyed("p", "PATCH", `/items/${id}`, {
        json: { price: 11 },
        headers: { "if-match": headers.get("etag") ?? "" },
      })
    const first = await patch()
    expect(first.status, first.text).toBe(200)
    const second = await patch()
    expect(told(second)).toEqual(told(first))
    expect(replayed(second)).toBe("true")
  })

  test("20 patches with If-Match at once: one is done, and all are told so", async () => {
    const { body, headers } = await keyed("c", "POST", "/items", { json: lamp })
    const { id } = body as { id: number }
    const all = await Promise.all(
      Array.from({ length: 20 }, () =>
        keyed("p", "PATCH", `/items/${id}`, {
          json: { price: 11 },
          headers: { "if-match": headers.get("etag") ?? "" },
        }),
      ),
    )
    expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(all.filter((one) => replayed(one) === null)).toHaveLength(1)
  })

  test("a delete: the retry is no 404", async () => {
    const { body } = await keyed("c", "POST", "/items", { json: lamp })
    const { id } = body as { id: number }
    expect((await keyed("d", "DELETE", `/items/${id}`)).status).toBe(204)
    const second = await keyed("d", "DELETE", `/items/${id}`)
    expect(second.status).toBe(204)
    expect(replayed(second)).toBe("true")
    expect((await keyed("d2", "DELETE", `/items/${id}`)).status).toBe(404)
  })
})

describe("what is refused, and what is not kept", () => {
  test("another body, path or method under the same key is a 422", async () => {
    const { body } = await keyed("k", "POST", "/items", { json: lamp })
    const { id } = body as { id: number }
    for (const again of [
      await keyed("k", "POST", "/items", { json: { ...lamp, price: 11 } }),
      await keyed("k", "POST", "/items?fields=id", { json: lamp }),
      await keyed("k", "PATCH", `/items/${id}`, { json: { price: 11 } }),
      await keyed("k", "DELETE", `/items/${id}`),
    ]) {
      expect(again.status).toBe(422)
      expect(codeOf(again)).toBe("idempotency_key_reused")
    }
    expect(await items$()).toMatchObject([{ id, price: 10 }])
  })

  test("the key of one viewer is not that of another", async () => {
    await keyed("k", "POST", "/items", { json: lamp })
    const other = await keyed("k", "POST", "/items", { json: lamp, token: w.bob.token })
    expect(other.status).toBe(201)
    expect(replayed(other)).toBeNull()
    expect(await items$()).toHaveLength(2)
  })

  test("what failed is tried anew", async () => {
    const wrong = await keyed("k", "POST", "/items", { json: { title: "Lamp" } })
    expect(wrong.status).toBe(422)
    const missing = await keyed("p", "PATCH", "/items/1", { json: { price: 1 } })
    expect(missing.status).toBe(404)
    const made = await keyed("k", "POST", "/items", { json: lamp })
    expect(made.status, made.text).toBe(201)
    const { id } = made.body as { id: number }
    expect((await keyed("p", "PATCH", `/items/${id}`, { json: { price: 1 } })).status).toBe(200)
  })

  test("a key that is malformed is a 422 which names the header", async () => {
    for (const key of ["", "a b", "x".repeat(256)]) {
      const { status, body } = await keyed(key, "POST", "/items", { json: lamp })
      expect(status, key).toBe(422)
      expect(body).toMatchObject({ errors: [{ path: "idempotency-key" }] })
    }
    expect(await items$()).toHaveLength(0)
  })

  test("a record that has expired no longer counts, and goes", async () => {
    const client = w.database.connect()
    const run = (text: string) => client.batch([{ text, params: [] }])
    await keyed("k", "POST", "/items", { json: lamp })
    await keyed("l", "POST", "/items", { json: lamp })
    await run("update weir_write_records set expires_at = '2020-01-01T00:00:00.000Z'")
    const again = await keyed("k", "POST", "/items", { json: lamp })
    expect(again.status, again.text).toBe(201)
    expect(replayed(again)).toBeNull()
    expect(await items$()).toHaveLength(3)
    const [[count] = []] = await client.query({
      text: "select count(*) from weir_write_records",
      params: [],
    })
    expect(Number(count)).toBe(1)
    await client.close?.()
  })
})
