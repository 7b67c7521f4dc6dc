// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { all, any, anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { where } from "../../../src/weir/resource/words.ts"
import {
  boolean,
  bytes,
  collection,
  decimal,
  id,
  integer,
  json,
  real,
  references,
  rowHistory,
  table,
  text,
  timestamps,
  uuidKey,
} from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const shelves = table("shelves", {
  id: id(),
  name: text({ max: 40 }).notNull(),
  owner_id: references(() => users.users.id),
})
/** Rows whose key the database makes. */
const widgets = table("widgets", {
  id: id(),
  code: text({ max: 40 }).unique(),
  score: integer().notNull().default(1),
  weight: real(),
  price: decimal({ precision: 12, scale: 2 }),
  open: boolean(),
  facts: json(),
  image: bytes({ max: 100 }),
  rank: integer().notNull().default(7),
  shelf_id: references(() => shelves.id),
  owner_id: references(() => users.users.id),
  ...timestamps(),
})
/** Rows whose key clients or the server make. */
const labels = table("labels", { code: text({ max: 20 }).primaryKey(), name: text({ max: 40 }) })
const marks = table("marks", { id: uuidKey(), name: text({ max: 40 }).notNull() })
/** Rows that refer to each other. */
const nodes = table("nodes", {
  code: text({ max: 20 }).primaryKey(),
  parent: text({ max: 20 }).references((): never => nodes.code as never),
})
const papers = collection("papers")

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(
    w.database,
    { shelves, widgets, labels, marks, nodes, papers, rowHistory },
    { foreignKeys: true },
  )
  call = appWith()
})
afterEach(async () => {
  const names = ["widgets", "shelves", "labels", "marks", "nodes", "papers", "weir_row_history"]
  await w.database
    .connect()
    .batch(names.map((name) => ({ text: `drop table if exists ${name}`, params: [] })))
  await w.close()
})

const appWith = (more: object = {}): Call =>
  appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(shelves, { read: any(owner, where("name", "ne", "secret")), create: signedIn }),
    resource(widgets, {
      read: anyone,
      create: all(signedIn, where("score", "lt", 1000)),
      fields: { owner_id: { initially: (viewer) => viewer.id } },
      ...more,
    }),
    resource(labels, { read: anyone, create: anyone }),
    resource(marks, { read: anyone, create: anyone }),
    resource(nodes, { read: anyone, create: anyone }),
    resource(papers, { read: anyone, create: anyone }),
  )

const post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
  call("POST", path, { token: w.ann.token, json, headers })
const rowsOf = ({ body, text, status }: Answer): Record<string, unknown>[] => {
  if (status >= 300) throw new Error(text.slice(0, 500))
  return body as Record<string, unknown>[]
}
const pathsOf = ({ body }: Answer): string[] =>
  ((body as { errors?: { path: string }[] }).errors ?? []).map(({ path }) => path)
const count = async (path: string): Promise<number> =>
  Number((await call("GET", `${path}?count=exact&limit=1`)).headers.get("x-total-count"))
const many = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ code: `c${i}`, score: i % 1000, weight: i / 7, price: `${i}.25` }))

test("10,000 rows are created by one request, answered in their order, each as it was sent", async () => {
  const sent = many(10_000)
  const answer = await post("/widgets?fields=id,code,score,weight,price", sent, { prefer: "return=minimal" })
  expect([answer.status, answer.text]).toEqual([201, ""])
  expect(await count("/widgets")).toBe(10_000)
  const last = rowsOf(await call("GET", "/widgets?sort=-id&limit=2&fields=code,score,weight,price"))
  expect(last).toEqual([sent[9_999], sent[9_998]])
  const more = sent.slice(0, 1_200).map((one, i) => ({ ...one, code: `d${i}` }))
  const rows = rowsOf(await post("/widgets", more))
  expect(rows.map(({ code, score, weight, price }) => ({ code, score, weight, price }))).toEqual(more)
  const ids = rows.map((row) => Number(row.id))
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  expect((await post("/widgets", many(10_001))).status).toBe(422)
})

test("rows of several shapes come back in the order of the array, every value as it was sent", async () => {
  const values = [
    { code: "a", weight: 0.1 + 0.2, open: true, facts: { a: [1, "ü", null], n: 1e21 } },
    { code: "b", weight: -1.7976931348623157e-20, price: "9999999999.99", image: "AP8B" },
    { weight: 123456789.12345679, rank: 3 },
    { code: "d", weight: 2 ** 80 + 2 ** 40, open: false, facts: ["x\n\"y'"] },
    { code: "e", weight: 2 ** 53, facts: null },
    { code: "💡", weight: -0.000123456789012345, rank: 9 },
  ]
  const rows = rowsOf(await post("/widgets", values))
  for (const [i, value] of values.entries()) expect(rows[i]).toMatchObject({ rank: 7, ...value })
  const weights = Array.from({ length: 3_000 }, (_, i) => ({
    weight: Math.sin(i + 1) * 10 ** ((i % 40) - 20),
  }))
  const made = rowsOf(await post("/widgets", weights))
  expect(made.map(({ weight }) => weight)).toEqual(weights.map(({ weight }) => weight))
  const docs = [{ a: 1 }, { _id: "own", b: "12345678901234567890.123" }, { c: { d: [null] } }]
  expect(rowsOf(await post("/papers", docs))).toMatchObject(docs)
})

test("each wrong row is named, and nothing is written", async () => {
  const shelf = rowsOf(await post("/shelves", [{ name: "top" }, { name: "low" }]))
  rowsOf(await post("/widgets", [{ code: "there" }, { code: "other" }]))
  const cases: [string, unknown[], string[], number][] = [
    ["values", [{ score: "x" }, {}, { rank: null, odd: 1 }], ["0.score", "2.rank", "2.odd"], 422],
    ["a rule", [{ score: 1 }, { score: 1000 }, { score: 3 }, { score: 4000 }], ["1.score", "3.score"], 403],
    [
      "taken values",
      [{ code: "new" }, { code: "there" }, { code: "twin" }, { code: "twin" }, { code: "other" }],
      ["1.code", "3.code", "4.code"],
      409,
    ],
    [
      "references",
      [{ shelf_id: shelf[0]?.id }, { shelf_id: 998 }, {}, { shelf_id: 999 }],
      ["1.shelf_id", "3.shelf_id"],
      422,
    ],
    [
      "values of several shapes",
      [{ code: "x1" }, { code: "there", score: 1 }, { score: 2, code: "y1" }, { code: "other" }],
      ["1.code", "3.code"],
      409,
    ],
  ]
  for (const [name, rows, paths, status] of cases) {
    const answer = await post("/widgets", rows)
    expect([name, answer.status, pathsOf(answer)]).toEqual([name, status, paths])
  }
  const wrong = await post(
    "/widgets",
    Array.from({ length: 1_500 }, () => ({ score: "x" })),
  )
  expect(pathsOf(wrong)).toHaveLength(1_000)
  expect((wrong.body as { detail: string }).detail).toContain("of 1500 errors, the first 1000")
  expect(await count("/widgets")).toBe(2)
  const elsewhere = await post("/widgets", [{ code: "ok" }, { owner_id: 998 }])
  expect([elsewhere.status, pathsOf(elsewhere)]).toEqual([422, ["1.owner_id"]])
})

test("a key does an array once, and a retry gets the same rows in the same order", async () => {
  const bodies: [string, object[]][] = [
    ["/widgets", [{ code: "a" }, { score: 2 }, { code: "c" }, { score: 4, code: "d" }]],
    ["/widgets", many(700)],
    ["/labels", [{ code: "z" }, { code: "a", name: "A" }, { code: "m" }]],
    ["/marks", [{ name: "one" }, { name: "two" }, { name: "three" }]],
    ["/papers", [{ a: 1 }, { _id: "own", b: 1.5 }]],
  ]
  for (const [i, [path, body]] of bodies.entries()) {
    const first = await post(path, body, { "idempotency-key": `many-${i}` })
    expect([path, first.status]).toEqual([path, 201])
    const again = await post(path, body, { "idempotency-key": `many-${i}` })
    expect([again.status, again.text, again.headers.get("idempotency-replayed")]).toEqual([
      201,
      first.text,
      "true",
    ])
  }
  expect(await count("/widgets")).toBe(704)
  expect(await count("/labels")).toBe(3)
})

test("rows that refer to each other are created one after the other, up to 1,000", async () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ code: `n${i}`, ...(i && { parent: `n${i - 1}` }) }))
  expect(rowsOf(await post("/nodes", chain))).toHaveLength(50)
  const most = await post(
    "/nodes",
    Array.from({ length: 1_001 }, (_, i) => ({ code: `m${i}` })),
  )
  expect(most.status).toBe(422)
  expect(most.text).toContain("must hold 1 to 1000 objects")
})

test("a quota holds for all rows of an array together", async () => {
  call = appWith({ quota: { rows: 5, per: "owner_id" } })
  rowsOf(await post("/widgets", [{}, {}, {}]))
  const beyond = await post("/widgets", [{}, {}, {}])
  expect([beyond.status, (beyond.body as { code: string }).code]).toEqual([403, "quota_exceeded"])
  rowsOf(await post("/widgets", [{}, {}]))
  expect(await count("/widgets")).toBe(5)
})

test("each row has a version, and its hooks are called", async () => {
  const told: unknown[] = []
  call = appWith({
    history: true,
    before: { create: ({ values }: { values: { code?: string } }) => void told.push(values.code) },
  })
  const rows = rowsOf(await post("/widgets", [{ code: "a" }, { code: "b", score: 1 }, { code: "c" }]))
  expect(told).toEqual(["a", "b", "c"])
  for (const row of rows) {
    const versions = rowsOf(await call("GET", `/widgets/${row.id}/history`, { token: w.ann.token }))
    expect(versions).toMatchObject([{ version: 1, verb: "insert", row: { code: row.code } }])
  }
  const keyed = await post("/widgets", [{ code: "k1" }, { code: "k2" }], { "idempotency-key": "versions" })
  for (const row of rowsOf(keyed))
    expect(rowsOf(await call("GET", `/widgets/${row.id}/history`, { token: w.ann.token }))).toHaveLength(1)
})

test("what is read after an array was created shows it", async () => {
  const ids = async () =>
    (rowsOf(await call("GET", "/shelves?fields=name&sort=id")) as { name: string }[]).map(({ name }) => name)
  expect(await ids()).toEqual([])
  await post("/shelves", [{ name: "one" }, { name: "two" }])
  expect(await ids()).toEqual(["one", "two"])
})
