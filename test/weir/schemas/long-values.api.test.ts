// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { id, integer, rowHistory, table } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Whole numbers beyond what JavaScript keeps are filtered by, and written as text, with all their digits. */

const isPostgres = dialectName === "postgres"
const pgKeyed = pg.pgTable("long_keyed", {
  k: pg.bigint({ mode: "number" }).primaryKey(),
  v: pg.bigint({ mode: "number" }),
  money: pg.numeric({ mode: "number" }),
})
const liteKeyed = lite.sqliteTable("long_keyed", {
  k: lite.integer().primaryKey(),
  v: lite.integer(),
  money: lite.numeric({ mode: "number" }),
})
const keyed = (isPostgres ? pgKeyed : liteKeyed) as typeof liteKeyed
const notes = (
  isPostgres
    ? pg.pgTable("long_notes", {
        id: pg.integer().primaryKey().generatedByDefaultAsIdentity(),
        keyedK: pg.bigint({ mode: "number" }).references(() => pgKeyed.k),
        list: pg.bigint({ mode: "number" }).array(),
      })
    : lite.sqliteTable("long_notes", {
        id: lite.integer().primaryKey({ autoIncrement: true }),
        keyedK: lite.integer().references(() => liteKeyed.k),
      })
) as lite.SQLiteTable
const bounded = table("long_bounded", { id: id(), n: integer({ min: 0, max: 100 }), big: integer() })

const long = ["-9223372036854775808", "-9007199254740993", "9007199254740992", "9007199254740993"]
const one = "9007199254740993"
const next = "9007199254740994"

let w: World
let call: Call
let told: unknown[]
const run = (...texts: string[]) => w.database.connect().batch(texts.map((text) => ({ text, params: [] })))

beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, keyed, notes, bounded })
  told = []
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone, replace: true as const }
  const after = { update: ({ key }: { key: unknown }) => void told.push(key) }
  call = appOf(
    w,
    resource(keyed, { ...open, name: "keyed", history: true, embed: true, bulk: true, after } as never),
    resource(notes, { ...open, name: "notes", embed: true } as never),
    resource(bounded, { ...open, name: "bounded" }),
  )
})
afterEach(async () => {
  await run(
    ...["long_notes", "long_keyed", "long_bounded", "weir_row_history"].map((name) => `drop table ${name}`),
  )
  await w.close()
})

const stored = async (text: string) =>
  String((await w.database.connect().query({ text, params: [] }))[0]?.[0])
const keysOf = async (filter: string): Promise<string[]> => {
  const { status, text } = await call("GET", `/keyed?${filter}&sort=k`)
  expect([filter, status, text]).toEqual([filter, 200, text])
  return [...text.matchAll(/"k":(-?\d+)/g)].map(([, k]) => k as string)
}

describe("filters take what a list shows", () => {
  beforeEach(() => run(...[...long, "7"].map((k) => `insert into long_keyed (k, v) values (${k}, ${k})`)))

  test.each([
    ["v=9007199254740993", [one]],
    ["k=9007199254740993", [one]],
    ["k=-9223372036854775808", [long[0]]],
    ["v[ne]=9007199254740993", [long[0], long[1], "7", long[2]]],
    ["v[in]=9007199254740993,7", ["7", one]],
    ["v[nin]=9007199254740993,-9007199254740993", [long[0], "7", long[2]]],
    ["v[gt]=9007199254740992", [one]],
    ["v[gte]=9007199254740993", [one]],
    ["v[lt]=-9007199254740992", [long[0], long[1]]],
    ["v[lte]=9007199254740992", [long[0], long[1], "7", long[2]]],
    ["v[between]=9007199254740993,9223372036854775807", [one]],
    [`filter=${encodeURIComponent('{"v":9007199254740993}')}`, [one]],
    [`filter=${encodeURIComponent('{"v":{"in":[9007199254740993,7]}}')}`, ["7", one]],
  ])("%s", async (filter, keys) => {
    expect(await keysOf(filter)).toEqual(keys)
  })

  test("beyond 64 bits no column has a value", async () => {
    for (const filter of ["v=9223372036854775808", "v[in]=1,-9223372036854775809"])
      expect((await call("GET", `/keyed?${filter}`)).status).toBe(422)
  })

  test("of the row behind a reference, and of rows that a bulk write changes", async () => {
    await run(`insert into long_notes (${isPostgres ? '"keyedK"' : "keyedK"}) values (${one}), (${long[2]})`)
    expect((await call("GET", `/notes?keyedK=${one}&fields=id`)).text).toBe('[{"id":1}]')
    expect((await call("GET", `/notes?keyed.v=${one}&fields=id`)).text).toBe('[{"id":1}]')
    expect((await call("GET", `/keyed/${one}/notes?fields=id`)).text).toBe('[{"id":1}]')
    const changed = await call("PATCH", `/keyed?v=${one}`, { json: { money: 1 } })
    expect([changed.status, changed.text]).toEqual([200, '{"count":1}'])
    expect(await keysOf("money=1")).toEqual([one])
  })

  test("a list that was answered before a write shows what the write has left", async () => {
    for (const v of [next, "8"]) {
      expect((await call("GET", `/notes?keyedK=${one}&fields=id`)).body).toHaveLength(v === next ? 0 : 1)
      expect((await call("GET", `/keyed/${one}?fields=v`)).status).toBe(200)
      expect((await call("PATCH", `/keyed/${one}`, { json: { v } })).status).toBe(v === next ? 200 : 422)
      expect((await call("POST", "/notes", { json: { keyedK: one } })).status).toBe(201)
    }
    expect((await call("GET", `/notes?keyedK=${one}&fields=id`)).body).toHaveLength(2)
    expect((await call("GET", `/keyed/${one}?fields=v`)).text).toBe(`{"v":${next}}`)
  })
})

describe("writes keep all digits, or refuse", () => {
  const raw = (method: string, path: string, body: string) =>
    call(method, path, { body, headers: { "content-type": "application/json" } })

  test("a number that JavaScript rounds is a 422 that names its field, in every form of a write", async () => {
    await run("insert into long_keyed (k, v) values (1, 1)")
    const paths: [string, string, string, string][] = [
      ["POST", "/keyed", `{"k":2,"v":${one}}`, "v"],
      ["POST", "/keyed", `{"k":${one}}`, "k"],
      ["POST", "/keyed", `[{"k":2},{"k":3,"v":-${one}}]`, "1.v"],
      ["PATCH", "/keyed/1", `{"v":${one}}`, "v"],
      ["PUT", "/keyed/1", `{"v":${one}}`, "v"],
      ["PATCH", "/keyed", `[{"k":${one},"v":1}]`, "0.k"],
      ["POST", "/bounded", `{"n":1,"big":${one}}`, "big"],
      ["POST", "/bounded", `{"n":"${one}","big":1}`, "n"],
      ["POST", "/bounded", '{"n":1,"big":"9223372036854775808"}', "big"],
      ["POST", "/bounded", '{"n":1,"big":"12"}', "big"],
    ]
    for (const [method, path, body, field] of paths) {
      const answer = await raw(method, path, body)
      const { errors } = answer.body as { errors?: { path: string }[] }
      expect([method, body, answer.status, [...new Set(errors?.map((issue) => issue.path))]]).toEqual([
        method,
        body,
        422,
        [field],
      ])
    }
    expect(await stored("select count(*) from long_keyed")).toBe("1")
  })

  test("text of its digits is stored as it is", async () => {
    const made = await call("POST", "/keyed", { json: { k: one, v: next } })
    expect([made.status, made.text]).toEqual([201, `{"k":${one},"v":${next},"money":null}`])
    expect(made.headers.get("location")).toBe(`/keyed/${one}`)
    expect(await stored(`select v from long_keyed where k = ${one}`)).toBe(next)
    expect((await call("PUT", `/keyed/${one}`, { json: { v: `-${one}` } })).text).toContain(`"v":-${one},`)
    expect((await call("PATCH", "/keyed", { json: [{ k: one, v: next }] })).text).toContain(`"v":${next},`)
    const many = await call("POST", "/keyed", { json: [{ k: next, v: one }, { k: "9007199254740995" }] })
    expect([many.status, many.text.match(/"k":\d+/g)]).toEqual([201, [`"k":${next}`, '"k":9007199254740995']])
    expect((await call("PUT", "/keyed/9007199254740997", { json: { v: one } })).status).toBe(201)
    expect(await keysOf(`v=${one}`)).toEqual([next, "9007199254740997"])
    const bound = await call("POST", "/bounded", { json: { n: 1, big: one } })
    expect([bound.status, bound.text]).toEqual([201, `{"id":1,"n":1,"big":${one}}`])
  })

  test("elements of an array as well", async () => {
    if (!isPostgres) return expect((await call("POST", "/notes", { json: { list: [] } })).status).toBe(422)
    const made = await call("POST", "/notes", { json: { list: [one, 7] } })
    expect([made.status, made.text]).toEqual([201, `{"id":1,"keyedK":null,"list":[${one},7]}`])
    expect((await call("GET", `/notes?list[contains]=${one}&fields=id`)).text).toBe('[{"id":1}]')
    expect((await raw("POST", "/notes", `{"list":[7,${one}]}`)).body).toMatchObject({
      status: 422,
      errors: [{ path: "list.1" }],
    })
  })

  test("a row below one with such a key has that key", async () => {
    await run(`insert into long_keyed (k, v) values (${one}, 1), (${next}, 2)`)
    const made = await call("POST", `/keyed/${one}/notes`, { json: {} })
    expect([made.status, made.text]).toEqual([201, expect.stringContaining(`"keyedK":${one}`)])
    const other = await call("POST", `/keyed/${one}/notes`, { json: { keyedK: next } })
    expect(other.status).toBe(422)
  })

  test("a batch passes on what it has read", async () => {
    await run(`insert into long_keyed (k, v) values (${one}, ${next}), (${long[2]}, 2)`)
    const { status, body } = await call("POST", "/batch", {
      json: {
        operations: [
          { id: "row", method: "GET", path: `/keyed/${one}` },
          { method: "PATCH", path: "/keyed/{row.k}", body: { money: 3 } },
          { method: "POST", path: "/notes", body: { keyedK: { $ref: "row.k" } } },
        ],
      },
    })
    expect([status, body]).toEqual([200, body])
    expect(await keysOf("money=3")).toEqual([one])
    expect(
      await stored(`select count(*) from long_notes where ${isPostgres ? '"keyedK"' : "keyedK"} = ${one}`),
    ).toBe("1")
  })

  test("an old version is restored, and hooks are told of the row itself", async () => {
    await call("POST", "/keyed", { json: { k: one, v: next } })
    expect((await call("PATCH", `/keyed/${one}`, { json: { v: 1 } })).status).toBe(200)
    const back = await call("PATCH", `/keyed/${one}?from_version=1`, { token: w.root.token })
    expect([back.status, back.text]).toEqual([200, expect.stringContaining(`"v":${next},`)])
    await expect.poll(() => told).toEqual([one, one])
  })
})

test("a decimal that is shown as a number is stored with all digits, or refused", async () => {
  const made = await call("POST", "/keyed", { json: { k: 1, money: one } })
  expect([made.status, made.text]).toEqual([201, `{"k":1,"v":null,"money":${one}}`])
  const body = `{"k":2,"money":${one}}`
  const refused = await call("POST", "/keyed", { body, headers: { "content-type": "application/json" } })
  expect(refused.body).toMatchObject({ status: 422, errors: [{ path: "money" }] })
  expect(await keysOf(`money=${one}`)).toEqual(["1"])
})
