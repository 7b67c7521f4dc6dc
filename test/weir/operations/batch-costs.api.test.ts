// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { appOver } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

/** More than a statement may visit where it holds others up. */
const many = 25_000
const mark = "zzz marked"

let w: World
beforeAll(async () => {
  w = await world()
  const numbers =
    dialectName === "postgres"
      ? `select i from generate_series(1, ${many}) as s(i)`
      : `with recursive s(i) as (select 1 union all select i + 1 from s where i < ${many}) select i from s`
  const client = w.database.connect()
  const columns = "title, price, owner_id, description"
  const text = `insert into items (${columns}) select 'Item ' || i, 1, ${w.ann.id}, '${"x".repeat(200)}' from (${numbers}) as n`
  await client.batch([{ text, params: [] }])
  await client.close?.()
})
afterAll(() => w.close())

const batchOf = (call: Call, operations: object[], headers: Record<string, string> = {}, token?: string) =>
  call("POST", "/batch", { token: token ?? w.ann.token, headers, json: { operations } })
const anonymous = (call: Call, operations: object[]) => call("POST", "/batch", { json: { operations } })
const create = { method: "POST", path: "/items", body: { title: mark, price: 1 } }
const read = (path: string) => ({ method: "GET", path })
const results = ({ body, status, text }: Answer) => {
  expect(status, text.slice(0, 500)).toBe(200)
  return (body as { results: { status: number; body: Record<string, unknown> & { title: string }[] }[] })
    .results
}
const sorted = read("/items?sort=-title&limit=1&fields=id,title")
const isFile = () => w.driver === "libsql-file"

describe("a read of a batch that may take long", () => {
  test("is no part of the transaction of a file, and sees what that has left", async () => {
    const connect = w.database.connect.bind(w.database)
    const sent: number[] = []
    const spy = vi.spyOn(w.database, "connect").mockImplementation((...given) => {
      const client = connect(...given)
      const send = client.batch.bind(client)
      client.batch = (statements) => {
        sent.push(statements.length)
        return send(statements)
      }
      return client
    })
    const [made, found] = results(await batchOf(w.call, [create, sorted]))
    spy.mockRestore()
    expect(made?.status).toBe(201)
    expect(found?.body[0]?.title).toBe(mark)
    expect(sent[0]).toBe(isFile() ? 1 : 2)
  })

  test("names rows of the batch, also when it is made after the commit", async () => {
    const made = { ...create, id: "made" }
    const below = read("/users/{made.owner_id}/items?sort=-description,-id&fields=title&limit=200")
    for (const headers of [{}, { prefer: "tx=rollback" }, { "idempotency-key": "names-rows" }]) {
      const [, found] = results(await batchOf(w.call, [made, below], headers))
      expect([found?.status, found?.body], JSON.stringify(headers)).toMatchObject([
        200,
        expect.arrayContaining([{ title: made.body.title }]),
      ])
    }
    const kept = "select count(*) from weir_write_records where request = ''"
    expect(await w.database.connect().query({ text: kept, params: [] })).toMatchObject([
      [expect.toSatisfy((n) => Number(n) === 0)],
    ])
  })

  test("stands behind the last write of a batch over a file", async () => {
    const answer = await batchOf(w.call, [create, sorted, create, sorted])
    if (!isFile()) return void results(answer)
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { operation: "1", errors: [{ path: "operations.1.path", code: "invalid_value" }] },
    ])
    // By its key, or before all writes, it holds nobody up.
    results(await batchOf(w.call, [sorted, create, read("/items?limit=2"), read("/items/1"), create]))
  })

  test("is told so in its result when its time is up, and what is written stays", async () => {
    // Each of many items asks all of them.
    const filter = encodeURIComponent(
      JSON.stringify({ owner: { items: { every: { title: { contains: "I" }, price: { gt: 0 } } } } }),
    )
    const endless = [1, 2, 3].map((n) => read(`/items?filter=${filter}&sort=-description&skip=${n}&limit=1`))
    const { app } = appOver(w.database, { cache: w.cache, requestTimeoutMs: 60_000, queryTimeoutMs: 1 })
    const slow = caller(app)
    const [made, ...found] = results(await batchOf(slow, [create, ...endless]))
    expect(made?.status).toBe(201)
    if (isFile()) for (const { status } of found) expect(status).toBe(503)
    expect((await w.call("GET", `/items/${made?.body.id}`)).status).toBe(200)
  })

  test("is rehearsed as well, on a file in the process of long writes", async () => {
    const last = { ...create, body: { title: "zzzz last", price: 1 } }
    const [made, found] = results(await batchOf(w.call, [last, sorted], { prefer: "tx=rollback" }))
    expect([made?.status, found?.status]).toEqual([201, 200])
    expect(found?.body[0]).toEqual({ id: made?.body.id, title: "zzzz last" })
    expect((await w.call("GET", `/items/${made?.body.id}`)).status).toBe(404)
    results(await batchOf(w.call, [create, read("/items/1")], { prefer: "tx=rollback" }))
  })
})

test.for(["some", "none", "every"])(
  "%s of a row's many rows, for each of many that share it, is looked for once",
  async (quantifier) => {
    const tree = { owner: { items: { [quantifier]: { owner: { username: { contains: "zz" } } } } } }
    const filter = encodeURIComponent(JSON.stringify(tree))
    const answer = await w.call("GET", `/items?filter=${filter}&sort=-title&limit=1`)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toHaveLength(quantifier === "none" ? 1 : 0)
  },
)

test("a write whose embeds cannot be read in time is done, and answered without them", async () => {
  const { app, logs } = appOver(w.database, { cache: w.cache, queryTimeoutMs: 1 })
  const slow = caller(app)
  const filter = encodeURIComponent(JSON.stringify({ description: { icontains: "y" } }))
  const path = `/items?include=owner.items&include.owner.items.sort=-title&include.owner.items.filter=${filter}`
  const made = await slow("POST", path, { token: w.ann.token, json: { title: "done", price: 1 } })
  expect(made.status, made.text).toBe(201)
  const row = made.body as { id: number; title: string }
  expect(row.title).toBe("done")
  if (logs.some(({ level }) => level === "warn")) expect(row).not.toHaveProperty("owner")
  expect((await w.call("GET", `/items/${row.id}`)).body).toMatchObject({ title: "done" })
  // What is too large to be answered is no reason to say that nothing was written either.
  const small = caller(
    appOver(w.database, {
      cache: w.cache,
      answerLimits: { bytes: 5_000, rows: { anonymous: 20_000, user: 200_000, admin: 200_000 } },
    }).app,
  )
  const large = await small("POST", "/items?include=owner.items&include.owner.items.limit=100", {
    token: w.ann.token,
    json: { title: "large", price: 1 },
  })
  expect(large.status, large.text).toBe(201)
  expect(large.body).toMatchObject({ title: "large" })
})

describe("the answers of a batch", () => {
  test("are together no larger than one answer may be", async () => {
    // Half a megabyte each.
    const page = (skip: number) => read(`/items?owner_id=${w.ann.id}&limit=1000&skip=${skip}`)
    const pages = (count: number) => Array.from({ length: count }, (_, i) => page(i))
    results(await batchOf(w.call, pages(8)))
    const answer = await batchOf(w.call, pages(64))
    expect([answer.status, answer.body]).toMatchObject([422, { code: "answer_too_large", operation: "0" }])
    const after = results(await batchOf(w.call, [create, ...pages(64)])).slice(1)
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([422]))
  })

  test("are of no more rows than one may have", async () => {
    const page = read("/items?limit=1000&fields=id")
    expect((await anonymous(w.call, Array(16).fill(page))).status).toBe(200)
    const answer = await anonymous(w.call, Array(40).fill(page))
    expect([answer.status, answer.body]).toMatchObject([422, { operation: "0" }])
  })
})
