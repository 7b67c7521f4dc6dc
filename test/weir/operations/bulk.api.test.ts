// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, all, any, anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { where } from "../../../src/weir/resource/words.ts"
import {
  boolean,
  collection,
  id,
  integer,
  json,
  references,
  rowHistory,
  table,
  text,
  timestamp,
  timestamps,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const lamps = table("lamps", {
  id: id(),
  title: text({ max: 40 }).notNull(),
  code: text({ max: 20 }).unique(),
  price: integer().notNull().default(1),
  cost: integer(),
  shown: boolean().notNull().default(true),
  facts: json(),
  owner_id: references(() => users.users.id),
  ...timestamps(),
})
const bulbs = table("bulbs", {
  id: id(),
  lamp_id: references(() => lamps.id, { onDelete: "restrict" }).notNull(),
})
const primaryKey = (dialectName === "postgres" ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey
/** Rows with a key of two columns, which are hidden when they are deleted. */
const pages = table(
  "pages",
  {
    book: text({ max: 10 }).notNull(),
    number: integer().notNull(),
    words: integer(),
    deleted_at: timestamp(),
  },
  (t) => [primaryKey({ columns: [t.book, t.number] })],
)
/** Columns of names that a statement might use for values of its own. */
const odd = table("odd_names", {
  id: id(),
  rows: text({ max: 20 }),
  p0: text({ max: 20 }),
  j0: text({ max: 20 }),
  most: integer(),
  value: integer(),
  key: text({ max: 20 }),
  places: integer(),
})
const papers = collection("papers")
const looseTable = table("loose", { name: text({ max: 10 }) })

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, lamps, bulbs, papers }, { foreignKeys: true })
  call = appWith()
})
afterEach(async () => {
  const names = ["bulbs", "lamps", "papers", "weir_row_history"]
  await w.database
    .connect()
    .batch(names.map((name) => ({ text: `drop table if exists ${name}`, params: [] })))
  await w.close()
})

const appWith = (more: object = {}): Call =>
  appOf(
    w,
    resource(users, {
      read: anyone,
      fields: { hashed_password: { read: nobody } },
      embed: { lamps: {} },
    }),
    resource(lamps, {
      read: any(owner, where("shown", "eq", true)),
      create: signedIn,
      update: owner,
      updatedRow: all(owner, where("price", "lt", 1000)),
      delete: owner,
      bulk: true,
      fields: {
        cost: { update: admin },
        owner_id: { update: owner, initially: (viewer) => viewer.id },
      },
      embed: { owner: {}, bulbs: {} },
      ...more,
    }),
    resource(bulbs, { read: anyone, create: anyone }),
    resource(papers, { read: anyone, create: anyone, update: anyone, delete: anyone, bulk: true }),
  )

type Row = Record<string, unknown>
const as =
  (token: string | undefined) =>
  (method: string, path: string, json?: unknown, headers = {}) =>
    call(method, path, { token, headers, ...(json === undefined ? {} : { json }) })
const ann = (method: string, path: string, json?: unknown, headers = {}) =>
  as(w.ann.token)(method, path, json, headers)
const bob = (method: string, path: string, json?: unknown) => as(w.bob.token)(method, path, json)
const rowsOf = ({ body, text, status }: Answer): Row[] => {
  if (status >= 300) throw new Error(text.slice(0, 500))
  return body as Row[]
}
const errorsOf = ({ body }: Answer): [string, string][] =>
  ((body as { errors?: { path: string; code: string }[] }).errors ?? []).map(({ path, code }) => [path, code])
const make = async (n: number, more: (i: number) => Row = () => ({})): Promise<Row[]> =>
  rowsOf(
    await ann(
      "POST",
      "/lamps",
      Array.from({ length: n }, (_, i) => ({ title: `L${i}`, code: `c${i}`, ...more(i) })),
    ),
  )
const all_ = async (): Promise<Row[]> => rowsOf(await ann("GET", "/lamps?limit=1000&sort=id"))

describe("an array of rows with their keys", () => {
  test("each is changed by its own patch, and answered in the array's order", async () => {
    const [a, b, c] = (await make(3)) as [Row, Row, Row]
    const answer = await ann("PATCH", "/lamps", [
      { id: c.id, price: 30, facts: { n: 1 } },
      { id: a.id, title: "first" },
      { id: b.id, code: null, price: 20 },
    ])
    expect(rowsOf(answer)).toMatchObject([
      { id: c.id, title: "L2", price: 30, facts: { n: 1 } },
      { id: a.id, title: "first", price: 1 },
      { id: b.id, title: "L1", code: null, price: 20 },
    ])
    expect(await all_()).toMatchObject([{ title: "first" }, { price: 20 }, { price: 30 }])
    const shaped = await ann("PATCH", "/lamps?fields=price&include=owner", [{ id: a.id, price: 5 }])
    expect(rowsOf(shaped)).toMatchObject([{ price: 5, owner: { id: w.ann.id } }])
    expect(
      (await ann("PATCH", "/lamps", [{ id: a.id, price: 6 }], { prefer: "return=minimal" })).status,
    ).toBe(204)
  })

  test("each wrong row is named, and none is changed", async () => {
    const [a, b, c] = (await make(3)) as [Row, Row, Row]
    const hidden = rowsOf(await bob("POST", "/lamps", [{ title: "b", shown: false }, { title: "b2" }])) as [
      Row,
      Row,
    ]
    const cases: [string, unknown[], number, [string, string][]][] = [
      [
        "values",
        [{ id: a.id, price: "x" }, { price: 3 }, { id: c.id }, 7, { id: b.id, odd: 1 }],
        422,
        [
          ["0.price", "invalid_type"],
          ["1.id", "required"],
          ["2", "empty"],
          ["3", "invalid_type"],
          ["4.odd", "unknown_field"],
        ],
      ],
      [
        "one row twice",
        [
          { id: a.id, price: 2 },
          { id: a.id, price: 3 },
        ],
        422,
        [["1.id", "repeated"]],
      ],
      [
        "rows of others",
        [
          { id: a.id, price: 2 },
          { id: hidden[0].id, price: 2 },
          { id: 999, price: 2 },
          { id: hidden[1].id, price: 3 },
        ],
        404,
        [
          ["1", "not_found"],
          ["2", "not_found"],
          ["3", "forbidden"],
        ],
      ],
      [
        "rules",
        [
          { id: a.id, price: 1000 },
          { id: b.id, price: 2 },
          { id: c.id, price: 2000 },
        ],
        403,
        [
          ["0.price", "forbidden_value"],
          ["2.price", "forbidden_value"],
        ],
      ],
      [
        "fields",
        [
          { id: a.id, price: 2 },
          { id: b.id, cost: 2 },
        ],
        403,
        [["1.cost", "forbidden_field"]],
      ],
      [
        "taken values",
        [
          { id: a.id, price: 2 },
          { id: b.id, code: "c2" },
        ],
        409,
        [["1.code", "taken"]],
      ],
      ["nothing", [], 422, [["body", "out_of_range"]]],
    ]
    const before = await all_()
    for (const [name, rows, status, errors] of cases) {
      const answer = await ann("PATCH", "/lamps", rows)
      expect([name, answer.status, errorsOf(answer)]).toEqual([name, status, errors])
    }
    expect(await all_()).toEqual(before)
  })

  test("with a version, a row is changed only as it is", async () => {
    const [a, b] = (await make(2)) as [Row, Row]
    const [va, vb] = rowsOf(await ann("GET", "/lamps?fields=_version&sort=id")) as [Row, Row]
    const versions = [
      { id: a.id, _version: va._version, price: 2 },
      { id: b.id, _version: vb._version, price: 3 },
    ]
    expect(rowsOf(await ann("PATCH", "/lamps", versions))).toMatchObject([{ price: 2 }, { price: 3 }])
    const again = await ann("PATCH", "/lamps", [
      { id: a.id, price: 9 },
      { id: b.id, _version: vb._version, price: 9 },
    ])
    expect([again.status, errorsOf(again)]).toEqual([412, [["1", "precondition_failed"]]])
    expect(await all_()).toMatchObject([{ price: 2 }, { price: 3 }])
  })

  test("a key does it once", async () => {
    const rows = await make(20)
    const patch = rows.map(({ id }, i) => ({ id, price: i + 2 })).reverse()
    const first = await ann("PATCH", "/lamps", patch, { "idempotency-key": "patch" })
    await ann("PATCH", `/lamps/${rows[0]?.id}`, { price: 77 })
    const again = await ann("PATCH", "/lamps", patch, { "idempotency-key": "patch" })
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"])
    expect(new Set(rowsOf(again).map((row) => JSON.stringify(row)))).toEqual(
      new Set(rowsOf(first).map((row) => JSON.stringify(row))),
    )
    expect(again.text).toBe(first.text)
    expect((await all_())[0]).toMatchObject({ price: 77 })
  })

  test("documents are merged", async () => {
    const docs = rowsOf(await ann("POST", "/papers", [{ a: 1, b: { c: 1 } }, { a: 2 }])) as [Row, Row]
    const answer = await ann("PATCH", "/papers", [
      { _id: docs[1]._id, b: "12345678901234567890" },
      { _id: docs[0]._id, a: null, b: { d: 2 } },
    ])
    expect(rowsOf(answer)).toMatchObject([{ a: 2, b: "12345678901234567890" }, { b: { c: 1, d: 2 } }])
    const missing = await ann("PATCH", "/papers", [
      { _id: docs[0]._id, a: 5 },
      { _id: "none", a: 5 },
    ])
    expect([missing.status, errorsOf(missing)]).toEqual([404, [["1", "not_found"]]])
    expect(rowsOf(await ann("GET", "/papers?a=5"))).toEqual([])
    expect((await ann("PATCH", "/papers?a=2", { a: 3 })).status).toBe(422)
  })
})

describe("rows that filters find", () => {
  test("all that are the viewer's are changed by one patch, and counted", async () => {
    await make(10, (i) => ({ price: i }))
    await bob("POST", "/lamps", [{ title: "b", price: 0 }])
    const answer = await ann("PATCH", "/lamps?price[lt]=4", { title: "cheap", price: 4 })
    expect([answer.status, answer.body]).toEqual([200, { count: 4 }])
    const rows = await all_()
    expect(rows.map(({ price }) => price)).toEqual([4, 4, 4, 4, 4, 5, 6, 7, 8, 9, 0])
    const tree = encodeURIComponent(JSON.stringify({ or: [{ price: 9 }, { title: { starts_with: "L5" } }] }))
    expect((await ann("PATCH", `/lamps?filter=${tree}`, { shown: false })).body).toEqual({ count: 2 })
    expect((await ann("PATCH", `/lamps?owner.username=${w.ann.username}`, { price: 3 })).body).toEqual({
      count: 10,
    })
    expect((await ann("PATCH", "/lamps?price=12345", { price: 3 })).body).toEqual({ count: 0 })
    const minimal = await ann("PATCH", "/lamps?price=3", { price: 2 }, { prefer: "return=minimal" })
    expect([minimal.status, minimal.text]).toEqual([204, ""])
  })

  test("without a filter, with another parameter or beyond max_affected, nothing is changed", async () => {
    await make(5)
    const cases: [string, string, [string, string][]][] = [
      ["PATCH", "/lamps", [["filter", "required"]]],
      ["DELETE", "/lamps", [["filter", "required"]]],
      ["DELETE", "/lamps?max_affected=7", [["filter", "required"]]],
      ...["{}", '{"and":[]}', '{"not":{"or":[]}}', '{"or":[{},{"price":1}]}'].map(
        (tree): [string, string, [string, string][]] => [
          "DELETE",
          `/lamps?filter=${encodeURIComponent(tree)}`,
          [["filter", "required"]],
        ],
      ),
      [
        "DELETE",
        "/lamps?limit=1",
        [
          ["limit", "unknown_parameter"],
          ["filter", "required"],
        ],
      ],
      ["DELETE", "/lamps?title=L0&sort=id", [["sort", "unknown_parameter"]]],
      ["DELETE", "/lamps?price=1&max_affected=4", [["max_affected", "out_of_range"]]],
      ["PATCH", "/lamps?price=1&max_affected=4", [["max_affected", "out_of_range"]]],
      ["PATCH", "/lamps?price=1&max_affected=0", [["max_affected", "out_of_range"]]],
      [
        "PATCH",
        "/lamps?nope=1",
        [
          ["nope", "unknown_parameter"],
          ["filter", "required"],
        ],
      ],
    ]
    const before = await all_()
    for (const [method, path, errors] of cases) {
      const answer = await ann(method, path, method === "PATCH" ? { price: 2 } : undefined)
      expect([path, answer.status, new Map(errorsOf(answer))]).toEqual([path, 422, new Map(errors)])
    }
    expect((await ann("PATCH", "/lamps?price=1", {})).status).toBe(422)
    expect((await ann("PATCH", "/lamps?price=1", { price: "x" })).status).toBe(422)
    expect((await as(undefined)("PATCH", "/lamps?price=1", { price: 2 })).status).toBe(401)
    expect(await all_()).toEqual(before)
    expect((await ann("PATCH", "/lamps?price=1&max_affected=5", { price: 2 })).body).toEqual({ count: 5 })
  })

  test("a precondition is of one row: here it is refused, and not ignored", async () => {
    const [lamp] = (await make(1)) as [Row]
    for (const header of ["if-match", "if-none-match", "if-unmodified-since"]) {
      const own = { [header]: header === "if-unmodified-since" ? "Wed, 01 Jan 2020 00:00:00 GMT" : '"x"' }
      for (const [method, path, json] of [
        ["PATCH", "/lamps", [{ id: lamp.id, price: 9 }]],
        ["PATCH", "/lamps?price=1", { price: 9 }],
        ["DELETE", "/lamps?price=1", undefined],
      ] as const) {
        const answer = await ann(method, path, json, own)
        expect([method, answer.status, errorsOf(answer)]).toEqual([method, 422, [[header, "conflict"]]])
      }
    }
    expect(await all_()).toMatchObject([{ price: 1 }])
  })

  test("where one row may not become so, none is changed", async () => {
    await make(5, (i) => ({ price: 100 + i }))
    const refused = await ann("PATCH", "/lamps?price[gte]=100", { price: 1000 })
    expect([refused.status, errorsOf(refused)]).toEqual([403, [["price", "forbidden_value"]]])
    expect((await ann("PATCH", "/lamps?price[gte]=100", { cost: 1 })).status).toBe(403)
    const taken = await ann("PATCH", "/lamps?price[gte]=100", { code: "same" })
    expect([taken.status, errorsOf(taken)]).toEqual([409, [["code", "taken"]]])
    const unknown = await ann("PATCH", "/lamps?price[gte]=100", { owner_id: 999 })
    expect([403, 422]).toContain(unknown.status)
    expect((await all_()).map(({ price }) => price)).toEqual([100, 101, 102, 103, 104])
  })

  test("a delete takes all that are the viewer's, or none where one is referred to", async () => {
    const rows = await make(6, (i) => ({ price: i }))
    await bob("POST", "/lamps", [{ title: "b", price: 0 }])
    expect((await ann("DELETE", "/lamps?price[lt]=2")).body).toEqual({ count: 2 })
    expect(await all_()).toHaveLength(5)
    rowsOf(await ann("POST", "/bulbs", [{ lamp_id: rows[4]?.id }, { lamp_id: rows[5]?.id }]))
    const kept = await ann("DELETE", "/lamps?price[gte]=3")
    expect([kept.status, (kept.body as Row).code]).toEqual([409, "still_referenced"])
    expect(await all_()).toHaveLength(5)
    expect((await ann("DELETE", "/papers?a=1")).body).toEqual({ count: 0 })
  })

  test("a read after it shows it, in lists and where it is embedded", async () => {
    await make(3)
    const listed = async () => rowsOf(await ann("GET", "/lamps?fields=price")).map(({ price }) => price)
    const embedded = async () =>
      (await ann("GET", `/users/${w.ann.id}?include=lamps`)).body as { lamps: Row[] }
    expect([await listed(), (await embedded()).lamps.length]).toEqual([[1, 1, 1], 3])
    await ann("PATCH", "/lamps?price=1", { price: 8 })
    expect([await listed(), (await embedded()).lamps.map(({ price }) => price)]).toEqual([
      [8, 8, 8],
      [8, 8, 8],
    ])
    await ann("DELETE", "/lamps?price=8")
    expect([await listed(), (await embedded()).lamps]).toEqual([[], []])
  })

  test("a key does it once", async () => {
    await make(5, (i) => ({ price: i }))
    const first = await ann("DELETE", "/lamps?price[lt]=3", undefined, { "idempotency-key": "del" })
    const again = await ann("DELETE", "/lamps?price[lt]=3", undefined, { "idempotency-key": "del" })
    expect([first.body, again.body, again.headers.get("idempotency-replayed")]).toEqual([
      { count: 3 },
      { count: 3 },
      "true",
    ])
    const patched = await ann("PATCH", "/lamps?price=3", { price: 4 }, { "idempotency-key": "patch" })
    await ann("PATCH", "/lamps?price=4", { price: 3 })
    const replayed = await ann("PATCH", "/lamps?price=3", { price: 4 }, { "idempotency-key": "patch" })
    expect([patched.body, replayed.body]).toEqual([{ count: 1 }, { count: 1 }])
    expect((await all_()).map(({ price }) => price)).toEqual([3, 3])
  })

  test("thousands of rows are one transaction", async () => {
    await make(2_500, (i) => ({ price: i % 5 }))
    const few = await ann("PATCH", "/lamps?price[lt]=4", { price: 9 })
    expect([few.status, errorsOf(few)]).toEqual([422, [["max_affected", "out_of_range"]]])
    expect((await ann("PATCH", "/lamps?price[lt]=4&max_affected=10000", { price: 9 })).body).toEqual({
      count: 2_000,
    })
    expect((await ann("DELETE", "/lamps?price=9&max_affected=2000")).body).toEqual({ count: 2_000 })
    expect(await all_()).toHaveLength(500)
  })

  test("each row has its version, is counted for the quota, and hooks are called", async () => {
    const told: unknown[] = []
    const asked: unknown[] = []
    call = appWith({
      history: true,
      quota: { rows: 6, per: "owner_id" },
      before: {
        update: ({ key }: { key: number }) => void asked.push(key),
        delete: ({ key }: { key: number }) => void asked.push(key),
      },
      after: {
        update: ({ key, row }: { key: number; row: Row }) => void told.push([key, row.price]),
        delete: ({ key }: { key: number }) => void told.push([key]),
      },
    })
    const [a, b] = (await make(2)) as [Row, Row]
    expect((await ann("PATCH", "/lamps?price=1", { price: 5 })).body).toEqual({ count: 2 })
    expect(asked).toEqual([a.id, b.id])
    await expect
      .poll(() => told)
      .toEqual([
        [a.id, 5],
        [b.id, 5],
      ])
    for (const { id } of [a, b])
      expect(rowsOf(await ann("GET", `/lamps/${id}/history`))).toMatchObject([
        { version: 2, row: { price: 5 } },
        { version: 1 },
      ])
    await ann("PATCH", "/lamps", [
      { id: b.id, price: 7 },
      { id: a.id, price: 6 },
    ])
    await expect.poll(() => told.length).toBe(4)
    expect(rowsOf(await ann("GET", `/lamps/${a.id}/history?limit=1`))).toMatchObject([
      { version: 3, row: { price: 6 } },
    ])
    expect((await ann("DELETE", "/lamps?price[gte]=6")).body).toEqual({ count: 2 })
    await expect.poll(() => told.length).toBe(6)
  })
})

test("rows with a key of two columns are hidden by a delete where they have a time for it", async () => {
  await createTables(w.database, { pages })
  const own = appOf(
    w,
    resource(users, { fields: { hashed_password: { read: nobody } } }),
    resource(pages, {
      read: anyone,
      create: anyone,
      update: anyone,
      delete: anyone,
      restore: anyone,
      softDelete: "deleted_at",
      bulk: true,
    }),
  )
  const send = (method: string, path: string, json?: unknown) =>
    own(method, path, json === undefined ? {} : { json })
  const made = Array.from({ length: 4 }, (_, i) => ({ book: i % 2 ? "a,b" : "c", number: i, words: i }))
  rowsOf(await send("POST", "/pages", made))
  const patched = await send("PATCH", "/pages", [
    { book: "c", number: 2, words: 20 },
    { book: "a,b", number: 1, words: 10 },
  ])
  expect(rowsOf(patched)).toMatchObject([{ words: 20 }, { words: 10 }])
  expect((await send("PATCH", "/pages?book=c", { words: 0 })).body).toEqual({ count: 2 })
  expect((await send("DELETE", "/pages?words[lt]=5")).body).toEqual({ count: 3 })
  expect((await send("DELETE", "/pages?words[lt]=5")).body).toEqual({ count: 0 })
  expect(rowsOf(await send("GET", "/pages"))).toMatchObject([{ book: "a,b", number: 1 }])
  expect((await send("POST", "/pages/c,0/restore")).status).toBe(200)
  await w.database.connect().batch([{ text: "drop table pages", params: [] }])
})

test("columns of any name are written as they were sent", async () => {
  await createTables(w.database, { odd })
  const own = appOf(
    w,
    resource(users, { fields: { hashed_password: { read: nobody } } }),
    resource(odd, { read: anyone, create: anyone, update: anyone, delete: anyone, bulk: true }),
  )
  const send = (method: string, path: string, json?: unknown, headers = {}) =>
    own(method, path, { headers, ...(json === undefined ? {} : { json }) })
  const row = { rows: "a", p0: "b", j0: "c", most: 2, value: 3, key: "d", places: 4 }
  const made = rowsOf(
    await send("POST", "/odd_names", [row, { ...row, p0: "x" }], { "idempotency-key": "odd" }),
  )
  expect(made).toMatchObject([row, { ...row, p0: "x" }])
  const changed = { rows: "A", p0: "B", j0: "C", most: 20, value: 30, key: "D", places: 40 }
  const patched = await send("PATCH", "/odd_names?rows=a&p0=b&j0=c&most=2&value=3&places=4", changed)
  expect(patched.body).toEqual({ count: 1 })
  expect(rowsOf(await send("GET", "/odd_names"))).toMatchObject([changed, { ...row, p0: "x" }])
  expect((await send("DELETE", "/odd_names?p0=x&key[eq]=d")).body).toEqual({ count: 1 })
  await w.database.connect().batch([{ text: "drop table odd_names", params: [] }])
})

test("wrong declarations are one line at load", () => {
  const load = (one: ReturnType<typeof resource>) => () =>
    defineApi({ title: "Weir", version: "0.0.0", accounts: false, resources: [one] })
  const hash = async (one: string) => one
  const secret = { as: "password", confirm: "current", min: 8, max: 200, hash, verify: async () => true }
  const accounts = resource(users, { bulk: true, fields: { hashed_password: { read: nobody, secret } } })
  expect(load(accounts)).toThrow(/^users: bulk would change rows that ask for their secret/)
  expect(load(resource(lamps, { bulk: true, conditional: "required" }))).toThrow(
    /^lamps: bulk changes rows without If-Match/,
  )
  expect(load(resource(looseTable, { bulk: true }))).toThrow(/^loose: bulk needs a table with a primary key/)
})
