// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, signedIn, viewerIs } from "../../../src/weir/resource/rules.ts"
import { where } from "../../../src/weir/resource/words.ts"
import * as schema from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf, appWith } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const { bigint, boolean, bytes, collection, decimal, id, integer, json, references, rowHistory } = schema
const { table, text, timestamp, timestamps } = schema

const lamps = table("lamps", {
  id: id(),
  title: text({ max: 40 }).notNull(),
  price: decimal({ precision: 12, scale: 2 }).notNull().default("1.50"),
  watts: bigint(),
  facts: json(),
  is_on: boolean().notNull().default(false),
  picture: bytes({ max: 100 }),
  cost: integer(),
  secret_note: text({ max: 40 }),
  maker_id: references(() => users.users.id),
  deleted_at: timestamp(),
  ...timestamps(),
})
const tags = table("tags", { code: text({ max: 40 }).primaryKey(), name: text({ max: 40 }).notNull() })
const papers = collection("papers", { owner: users.users })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, lamps, tags, papers })
  const unique = `create unique index history_row on weir_row_history (table_name, row_key, version)`
  await w.database.connect().batch([{ text: unique, params: [] }])
  call = appOf(
    w,
    resource(users.users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(lamps, {
      read: anyone,
      create: signedIn,
      update: viewerIs("maker_id"),
      delete: viewerIs("maker_id"),
      softDelete: "deleted_at",
      restore: viewerIs("maker_id"),
      history: true,
      fields: {
        cost: { read: admin, write: admin },
        secret_note: { read: viewerIs("maker_id") },
        maker_id: { write: admin, initially: (viewer) => viewer.id },
      },
    }),
    resource(tags, {
      read: where("name", "ne", "hidden"),
      create: anyone,
      update: anyone,
      delete: anyone,
      replace: true,
      history: { keep: 90 },
    }),
    resource(papers, {
      read: viewerIs("_owner_id"),
      create: signedIn,
      update: signedIn,
      delete: signedIn,
      history: true,
    }),
  )
})
afterEach(async () => {
  const names = ["weir_row_history", "lamps", "tags", "papers"]
  await w.database.connect().batch(names.map((name) => ({ text: `drop table ${name}`, params: [] })))
  await w.close()
})

interface Version {
  version: number
  verb: string
  at: string | null
  by: string | null
  row: Record<string, unknown> | null
}
const as = (token?: string) => (method: string, path: string, json?: unknown) =>
  call(method, path, { token, ...(json === undefined ? {} : { json }) })
const versions = async (path: string, token?: string): Promise<Version[]> => {
  const answer = await as(token)("GET", `${path}/history`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body as Version[]
}
const told = (list: Version[]) => list.map(({ version, verb, by }) => `${version} ${verb} ${by}`)
const stored = async (condition = "1 = 1") =>
  (
    await w.database.connect().query({
      text: `select table_name, row_key, version, verb from weir_row_history where ${condition} order by id`,
      params: [],
    })
  ).map((row) => row.join(" "))
const code = ({ body }: Answer) => (body as { code?: string }).code

test("each change of a row leaves a version, newest first, and a write that changed nothing leaves none", async () => {
  const ann = as(w.ann.token)
  const made = await ann("POST", "/lamps", { title: "one", price: "19.50", watts: "9007199254740993" })
  expect(made.status, made.text).toBe(201)
  expect((await ann("PATCH", "/lamps/1", { title: "two", facts: { a: [1.5] } })).status).toBe(200)
  expect((await as(w.bob.token)("PATCH", "/lamps/1", { title: "no" })).status).toBe(403)
  const held = await call("PATCH", "/lamps/1", {
    token: w.ann.token,
    json: { title: "no" },
    headers: { "if-match": '"other"' },
  })
  expect(held.status).toBe(412)
  expect((await ann("DELETE", "/lamps/1")).status).toBe(204)
  expect((await ann("POST", "/lamps/1/restore")).status).toBe(200)
  const list = await versions("/lamps/1")
  expect(told(list)).toEqual(["4 restore 1", "3 delete 1", "2 update 1", "1 insert 1"])
  expect(list[1]?.row).toBeNull()
  expect(list[2]?.row).toEqual({
    id: 1,
    title: "two",
    price: "19.50",
    watts: "9007199254740993",
    facts: { a: [1.5] },
    is_on: false,
    maker_id: 1,
    deleted_at: null,
    created_at: (made.body as { created_at: string }).created_at,
    updated_at: expect.any(String),
  })
  const times = list.map(({ at }) => at as string)
  expect(times).toEqual([...times].sort().reverse())
  expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(await stored("table_name like '@%'")).toEqual([])
})

test("a row that was there before has its state before its first change as version 0", async () => {
  const insert = `insert into tags (code, name) values ('a', 'old'), ('b', 'old'), ('c', 'old')`
  await w.database.connect().batch([{ text: insert, params: [] }])
  expect(await versions("/tags/a")).toEqual([])
  expect((await as()("PATCH", "/tags/a", { name: "new" })).status).toBe(200)
  expect((await as()("PUT", "/tags/b", { name: "new" })).status).toBe(200)
  expect((await as()("DELETE", "/tags/c")).status).toBe(204)
  expect((await as()("PATCH", "/tags/none", { name: "new" })).status).toBe(404)
  for (const key of ["a", "b"])
    expect((await versions(`/tags/${key}`)).map(({ version, verb, row }) => [version, verb, row])).toEqual([
      [1, "update", { code: key, name: "new" }],
      [0, "initial", { code: key, name: "old" }],
    ])
  expect(await stored()).toEqual(
    ["a 0 initial", "a 1 update", "b 0 initial", "b 1 update", "c 0 initial", "c 1 delete"].map(
      (one) => `tags ${one}`,
    ),
  )
})

test("many rows at once: a version of each, and none where one fails", async () => {
  const rows = [1, 2, 3].map((n) => ({ title: `${n}` }))
  expect((await as(w.ann.token)("POST", "/lamps", rows)).status).toBe(201)
  const keyed = ["x", "y", "x"].map((code) => ({ code, name: code }))
  expect((await as()("POST", "/tags", keyed)).status).toBe(409)
  expect((await as()("POST", "/tags", keyed.slice(0, 2))).status).toBe(201)
  expect(await stored()).toEqual([
    "lamps 1 1 insert",
    "lamps 2 1 insert",
    "lamps 3 1 insert",
    "tags x 1 insert",
    "tags y 1 insert",
  ])
})

test("a write with an Idempotency-Key leaves its version once, as other writes do", async () => {
  const send = (method: string, path: string, key: string, json?: unknown) =>
    call(method, path, { token: w.ann.token, headers: { "idempotency-key": key }, ...(json ? { json } : {}) })
  for (const _ of [1, 2]) {
    expect((await send("POST", "/lamps", "a", { title: "one" })).status).toBe(201)
    expect((await send("PATCH", "/lamps/1", "b", { title: "two" })).status).toBe(200)
    expect((await send("PATCH", "/lamps/1?from_version=1", "c")).body).toMatchObject({ title: "one" })
    expect((await send("POST", "/tags", "d", { code: "a,%", name: "first" })).status).toBe(201)
    expect((await send("DELETE", "/tags/a%2C%25", "e")).status).toBe(204)
  }
  expect((await send("PATCH", "/lamps/2", "f", { title: "no" })).status).toBe(404)
  expect(told(await versions("/lamps/1"))).toEqual(["3 update 1", "2 update 1", "1 insert 1"])
  expect(await stored("table_name = 'tags'")).toEqual(["tags a,% 1 insert", "tags a,% 2 delete"])
})

test("a batch leaves the versions of its writes, and a failed one none", async () => {
  const operations = [
    { id: "new", method: "POST", path: "/lamps", body: { title: "one" } },
    { method: "PATCH", path: "/lamps/{new.id}", body: { title: "two" } },
    { method: "POST", path: "/tags", body: { code: "a", name: "first" } },
    { method: "DELETE", path: "/tags/a" },
  ]
  const done = await as(w.ann.token)("POST", "/batch", { operations })
  expect(done.status, done.text).toBe(200)
  const all = ["lamps 1 1 insert", "lamps 1 2 update", "tags a 1 insert", "tags a 2 delete"]
  expect(await stored()).toEqual(all)
  const [last] = await versions("/lamps/1")
  expect(last).toMatchObject({ verb: "update", by: "1", row: { title: "two" } })
  const failing = [...operations, { method: "PATCH", path: "/tags/none", body: { name: "x" } }]
  expect((await as(w.ann.token)("POST", "/batch", { operations: failing })).status).toBe(404)
  expect(await stored()).toEqual(all)
})

test("pages of versions", async () => {
  await as(w.ann.token)("POST", "/lamps", { title: "0" })
  for (const n of [1, 2, 3, 4]) await as(w.ann.token)("PATCH", "/lamps/1", { title: `${n}` })
  const seen: number[] = []
  let next: string | undefined = "/lamps/1/history?limit=2"
  while (next) {
    const page: Answer = await as()("GET", next)
    seen.push(...(page.body as Version[]).map(({ version }) => version))
    next = page.links.next
  }
  expect(seen).toEqual([5, 4, 3, 2, 1])
  for (const wrong of ["limit=0", "limit=101", "before=x", "sort=version", "before=1&before=2"])
    expect((await as()("GET", `/lamps/1/history?${wrong}`)).status, wrong).toBe(422)
})

describe("who sees versions", () => {
  test("fields that are hidden from the viewer are left out, and so are those of some rows only", async () => {
    await as(w.root.token)("POST", "/lamps", { title: "one", cost: 5, secret_note: "psst", picture: "AAAA" })
    const [own] = await versions("/lamps/1", w.ann.token)
    expect(own?.row).not.toHaveProperty("cost")
    expect(own?.row).not.toHaveProperty("secret_note")
    const [whole] = await versions("/lamps/1", w.root.token)
    expect(whole?.row).toMatchObject({ cost: 5 })
    for (const row of [own?.row, whole?.row]) expect(row).not.toHaveProperty("picture")
  })

  test("a row that the viewer does not see has no history; a deleted one has it for admins", async () => {
    expect((await as()("GET", "/lamps/1/history")).status).toBe(404)
    expect((await as(w.root.token)("GET", "/lamps/1/history")).status).toBe(404)
    await as(w.ann.token)("POST", "/lamps", { title: "one" })
    await as(w.ann.token)("DELETE", "/lamps/1")
    await as()("POST", "/tags", { code: "a", name: "first" })
    await as()("DELETE", "/tags/a")
    for (const path of ["/lamps/1", "/tags/a"]) {
      expect((await as(w.ann.token)("GET", `${path}/history`)).status).toBe(404)
      expect(told(await versions(path, w.root.token))).toHaveLength(2)
    }
    const paper = await as(w.ann.token)("POST", "/papers", { text: "mine" })
    const path = paper.headers.get("location") as string
    expect((await as(w.bob.token)("GET", `${path}/history`)).status).toBe(404)
    // Not even admins see a row that is there and hidden.
    await as()("POST", "/tags", { code: "h", name: "hidden" })
    expect(await stored("row_key = 'h'")).toHaveLength(1)
    expect((await as(w.root.token)("GET", "/tags/h/history")).status).toBe(404)
    expect(await versions(path, w.ann.token)).toHaveLength(1)
  })

  test("who creates a row where one was deleted does not see the other's versions", async () => {
    await as()("POST", "/tags", { code: "a", name: "first" })
    const { at } = (await versions("/tags/a"))[0] as Version
    await as()("DELETE", "/tags/a")
    await as()("POST", "/tags", { code: "a", name: "second" })
    expect(told(await versions("/tags/a"))).toEqual(["3 insert null"])
    expect((await as()("GET", `/tags/a?as_of=${at}`)).status).toBe(404)
    expect((await as()("PATCH", "/tags/a?from_version=1")).status).toBe(404)
    expect(await versions("/tags/a", w.root.token)).toHaveLength(3)
    expect((await as(w.root.token)("GET", `/tags/a?as_of=${at}`)).body).toMatchObject({ name: "first" })
  })
})

describe("as_of", () => {
  test("the row as it was then", async () => {
    await as(w.ann.token)("POST", "/lamps", { title: "one", cost: undefined })
    await as(w.ann.token)("PATCH", "/lamps/1", { title: "two" })
    await as(w.ann.token)("DELETE", "/lamps/1")
    await as(w.ann.token)("POST", "/lamps/1/restore")
    const ats = (await versions("/lamps/1")).map(({ at }) => at as string).reverse()
    const expected = ["one", "two", undefined, "two"]
    for (const [i, at] of ats.entries()) {
      // Of versions within one millisecond, the last counts.
      if (ats.lastIndexOf(at) !== i) continue
      const then = await as()("GET", `/lamps/1?as_of=${at}&fields=title`)
      expect(then.status, at).toBe(expected[i] === undefined ? 404 : 200)
      if (expected[i]) expect(then.body).toEqual({ title: expected[i] })
      expect(then.headers.get("etag")).toBeNull()
    }
    expect((await as()("GET", "/lamps/1?as_of=2020-01-01T00:00:00Z")).status).toBe(404)
    const now = await as()("GET", "/lamps/1?as_of=2999-01-01T00:00:00%2B02:00")
    expect(now.body).toEqual((await versions("/lamps/1"))[0]?.row)
    for (const wrong of [
      "as_of=yesterday",
      "as_of=",
      "as_of=2999-01-01T00:00:00Z&include=maker",
      "as_of=2999-01-01T00:00:00Z&fields=cost",
    ])
      expect((await as()("GET", `/lamps/1?${wrong}`)).status, wrong).toBe(422)
    expect((await as()("GET", "/users/1?as_of=2999-01-01T00:00:00Z")).status).toBe(422)
  })

  test("a row's own times find it as it was made, and as it was changed", async () => {
    const ann = as(w.ann.token)
    const times: [path: string, at: string, title: string][] = []
    const note = (path: string, { body, text, status }: Answer) => {
      expect(status, text).toBeLessThan(300)
      const row = body as { updated_at: string; title: string }
      times.push([path, row.updated_at, row.title])
    }
    for (let i = 0; i < 5; i++) {
      const path = `/lamps/${i + 1}`
      const made = await ann("POST", "/lamps", { title: "made" })
      const { created_at, updated_at } = made.body as { created_at: string; updated_at: string }
      expect(created_at).toBe(updated_at)
      note(path, made)
      note(path, await ann("PATCH", path, { title: "changed" }))
      await ann("DELETE", path)
      note(path, await ann("POST", `${path}/restore`))
    }
    const many = (await ann("POST", "/lamps", [{ title: "a" }, { title: "b" }])).body as { id: number }[]
    for (const { id } of many) note(`/lamps/${id}`, await ann("GET", `/lamps/${id}`))
    for (const [path, at] of times) {
      // Of versions within one millisecond, the last counts.
      const last = times.findLast(([other, time]) => other === path && time === at)
      const then = await ann("GET", `${path}?as_of=${at}&fields=title`)
      expect([then.status, then.body], `${path} ${at}`).toEqual([200, { title: last?.[2] }])
    }
    for (const path of new Set(times.map(([path]) => path))) {
      const ats = (await versions(path)).map(({ at }) => at as string)
      expect(ats).toEqual([...ats].sort().reverse())
    }
  })

  test("of writers that wait for each other, the row's own time is that of its last version", async () => {
    const ann = as(w.ann.token)
    await ann("POST", "/lamps", { title: "0" })
    await Promise.all([1, 2, 3, 4, 5, 6].map((n) => ann("PATCH", "/lamps/1", { title: `${n}` })))
    const { updated_at, title } = (await ann("GET", "/lamps/1")).body as { updated_at: string; title: string }
    expect((await versions("/lamps/1"))[0]?.at).toBe(updated_at)
    expect((await ann("GET", `/lamps/1?as_of=${updated_at}`)).body).toMatchObject({ title })
  })

  test("a row that nobody has changed yet is as it is", async () => {
    await w.database
      .connect()
      .batch([{ text: `insert into tags (code, name) values ('a', 'old')`, params: [] }])
    expect((await as()("GET", "/tags/a?as_of=2020-01-01T00:00:00Z")).body).toEqual({ code: "a", name: "old" })
  })
})

describe("back to a version", () => {
  test("the fields that the viewer may set are what they were, and that is a version as well", async () => {
    const ann = as(w.ann.token)
    await call("POST", "/lamps", {
      token: w.ann.token,
      headers: { "content-type": "application/json" },
      body: '{"title":"one","price":"1.10","facts":{"n":1,"big":12345678901234567890}}',
    })
    const first = await ann("GET", "/lamps/1?fields=title,price,facts,is_on")
    await ann("PATCH", "/lamps/1", { title: "two", price: "2.20", facts: null, is_on: true })
    await as(w.root.token)("PATCH", "/lamps/1", { cost: 9 })
    expect((await as(w.bob.token)("PATCH", "/lamps/1?from_version=1")).status).toBe(403)
    const back = await ann("PATCH", "/lamps/1?from_version=1&fields=title,price,facts,is_on")
    expect(back.status, back.text).toBe(200)
    expect(back.text).toBe(first.text)
    expect(back.text).toContain("12345678901234567890")
    expect(told(await versions("/lamps/1"))[0]).toBe("4 update 1")
    const again = await ann("PATCH", "/lamps/1?from_version=1", {})
    expect(again.status).toBe(200)
    expect(await versions("/lamps/1")).toHaveLength(4)
    expect((await ann("PATCH", "/lamps/1?from_version=7")).status).toBe(404)
    for (const path of ["/lamps/1?from_version=x", "/lamps/1?from_version=1&from_version=2"])
      expect((await ann("PATCH", path)).status, path).toBe(422)
    expect((await ann("PATCH", "/lamps/1?from_version=1", { title: "x" })).status).toBe(422)
    const late = await call("PATCH", "/lamps/1?from_version=2", {
      token: w.ann.token,
      headers: { "if-match": '"other"' },
    })
    expect(code(late)).toBe("precondition_failed")
  })

  test("documents are as they were, without members that they have now", async () => {
    const ann = as(w.ann.token)
    const path = (await ann("POST", "/papers", { text: "one", size: { w: 1 } })).headers.get(
      "location",
    ) as string
    await ann("PATCH", path, { size: { h: 2 }, more: true })
    const list = await versions(path, w.ann.token)
    expect(list.map(({ row }) => row)).toMatchObject([
      { text: "one", size: { w: 1, h: 2 }, more: true },
      { text: "one", size: { w: 1 } },
    ])
    const back = await ann("PATCH", `${path}?from_version=1`)
    expect(back.status, back.text).toBe(200)
    expect(back.body).toMatchObject({ text: "one", size: { w: 1 } })
    expect(back.body).not.toHaveProperty("more")
    expect((await ann("GET", `${path}?as_of=2999-01-01T00:00:00Z&fields=_id,text`)).body).toEqual({
      _id: path.split("/").at(-1),
      text: "one",
    })
  })
})

test("20 updates of one row at once have 20 numbers, and the last is the row", async () => {
  await as(w.ann.token)("POST", "/lamps", { title: "one" })
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, n) => as(w.ann.token)("PATCH", "/lamps/1", { title: `n${n}` })),
  )
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
  const list = (await (await as()("GET", "/lamps/1/history?limit=100")).body) as Version[]
  expect(list.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, i) => 21 - i))
  expect(list[0]?.row).toEqual((await versions("/lamps/1"))[0]?.row)
  expect(list[0]?.row?.title).toBe(((await as()("GET", "/lamps/1")).body as { title: string }).title)
})

test("first updates of one row at once have one version 0", async () => {
  await w.database
    .connect()
    .batch([{ text: `insert into tags (code, name) values ('a', 'old')`, params: [] }])
  const all = await Promise.all(
    Array.from({ length: 5 }, (_, n) => as()("PATCH", "/tags/a", { name: `n${n}` })),
  )
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
  const list = await versions("/tags/a")
  expect(list.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1, 0])
  expect(list.at(-1)?.row).toEqual({ code: "a", name: "old" })
})

test("versions that were replaced before the time to keep are swept, the newest of a row never", async () => {
  for (const key of ["a", "b"]) {
    await as()("POST", "/tags", { code: key, name: "0" })
    for (const n of [1, 2, 3]) await as()("PATCH", `/tags/${key}`, { name: `${n}` })
  }
  const old = "update weir_row_history set at = '2020-01-01T00:00:00.000Z' where row_key = 'a' or version < 3"
  await w.database.connect().batch([{ text: old, params: [] }])
  await as()("POST", "/tags", { code: "c", name: "0" })
  expect(await stored("table_name = 'tags'")).toEqual([
    "tags a 4 update",
    // What was the row when the time to keep began.
    "tags b 2 update",
    "tags b 3 update",
    "tags b 4 update",
    "tags c 1 insert",
  ])
})

test("a page of versions that is more bytes than an answer may have is a 422, and a shorter one is whole", async () => {
  const answerLimits = { bytes: 400, rows: { anonymous: 100, user: 100, admin: 100 } }
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  const small = appWith(w, { answerLimits }, resource(tags, { ...open, history: true }))
  expect((await small("POST", "/tags", { json: { code: "a", name: "0".repeat(40) } })).status).toBe(201)
  for (let i = 1; i < 12; i++)
    expect((await small("PATCH", "/tags/a", { json: { name: String(i).repeat(20) } })).status).toBe(200)
  const { status, body } = await small("GET", "/tags/a/history")
  expect([status, body]).toMatchObject([422, { code: "answer_too_large", errors: [{ path: "limit" }] }])
  const page = await small("GET", "/tags/a/history?limit=2")
  expect((page.body as { row: unknown }[]).map(({ row }) => row)).toEqual([
    { code: "a", name: "11".repeat(20) },
    { code: "a", name: "10".repeat(20) },
  ])
})
