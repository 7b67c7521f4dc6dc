// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, nobody } from "../../../src/weir/index.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { collection, id, integer, table, text, uuidKey } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const primaryKey = (dialectName === "postgres" ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey

const name = () => ({ name: text({ max: 40 }) })
const lamps = table("lamps", { id: id(), ...name() })
const slots = table("slots", {
  id: text({ max: 40 }).primaryKey(),
  ...name(),
  code: text({ max: 9 }).unique(),
})
const uuids = table("uuids", { id: uuidKey(), ...name() })
const pairs = table(
  "pairs",
  { house: text({ max: 40 }).notNull(), no: integer().notNull(), ...name() },
  (t) => [primaryKey({ columns: [t.house, t.no] })],
)
const papers = collection("papers")
const tables = { lamps, slots, uuids, pairs, papers }

const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, tables)
  const replaced = { ...open, replace: true }
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(lamps, replaced),
    resource(slots, replaced),
    resource(uuids, replaced),
    resource(pairs, replaced),
    resource(papers, open),
  )
})
afterEach(async () => {
  const client = w.database.connect()
  await client.batch(Object.keys(tables).map((name) => ({ text: `drop table ${name}`, params: [] })))
  await client.close?.()
  await w.close()
})

const batch = (...operations: object[]) => call("POST", "/batch", { json: { operations } })
const statuses = ({ body, text }: Answer) =>
  (body as { results?: { status: number }[] }).results?.map(({ status }) => status) ?? text
const problem = ({ status, body }: Answer) => {
  const { code, operation, errors } = body as Record<string, unknown> & { errors?: { path: string }[] }
  return { status, code, operation, at: errors?.map(({ path }) => path) }
}
const rows = async (path: string) => (await call("GET", path)).body as Record<string, unknown>[]
const put = (path: string, body: object, headers?: object) => ({ method: "PUT", path, body, headers })

describe("a PUT of a row that the batch makes before", () => {
  test.each([
    ["a number", "/lamps", {}, "{o.id}"],
    ["a text", "/slots", { id: "a/b" }, "{o.id}"],
    ["a UUID", "/uuids", {}, "{o.id}"],
    ["two columns", "/pairs", { house: "h", no: 1 }, "{o.house},{o.no}"],
    ["two columns, of which one is named", "/pairs", { house: "h", no: 1 }, "h,{o.no}"],
    ["that of a document", "/papers", {}, "{o._id}"],
  ])("replaces it, by a reference to a key that is %s", async (_, list, key, segment) => {
    for (const headers of [undefined, { "If-Match": "*" }]) {
      const answer = await batch(
        { id: "o", method: "POST", path: list, body: { ...key, name: "one" } },
        put(`${list}/${segment}`, { name: "two" }, headers),
      )
      expect(statuses(answer)).toEqual([201, 200])
      const [row, ...others] = await rows(list)
      expect([row?.name, others]).toEqual(["two", []])
      const path = `${list}/${Object.values(key).map(encodeURIComponent).join(",") || (row?.id ?? row?._id)}`
      expect((await call("DELETE", path)).status).toBe(204)
    }
  })

  test("and a PATCH of a document", async () => {
    const made = { id: "o", method: "POST", path: "/papers", body: { name: "one" } }
    const patch = { method: "PATCH", path: "/papers/{o._id}", body: { size: 2 } }
    expect(statuses(await batch(made, patch))).toEqual([201, 200])
    expect(await rows("/papers")).toMatchObject([{ name: "one", size: 2 }])
    const other = await batch(made, { ...patch, body: { _id: "x", size: 3 } })
    expect(problem(other)).toEqual({
      status: 422,
      code: "invalid_request",
      operation: "1",
      at: ["operations.1._id"],
    })
  })

  test("replaces it by its literal key as well, and may repeat the key of its path", async () => {
    const made = { id: "o", method: "POST", path: "/slots", body: { id: "k", name: "one" } }
    const held = put("/slots/k", { name: "two" }, { "If-Match": "*" })
    const named = put("/slots/{o.id}", { id: { $ref: "o.id" }, name: "three" })
    expect(statuses(await batch(made, held, named))).toEqual([201, 200, 200])
    expect(statuses(await batch(put("/slots/n", { name: "a" }), put("/slots/n", { name: "b" })))).toEqual([
      201, 200,
    ])
    expect(await rows("/slots?sort=id&fields=id,name")).toEqual([
      { id: "k", name: "three" },
      { id: "n", name: "b" },
    ])
  })

  test("is a 412 where it asks for another ETag, or for none to be there", async () => {
    const made = { id: "o", method: "POST", path: "/slots", body: { id: "k", name: "one" } }
    for (const path of ["/slots/k", "/slots/{o.id}"])
      for (const headers of [{ "If-Match": '"a"' }, { "If-None-Match": "*" }])
        expect(problem(await batch(made, put(path, {}, headers)))).toMatchObject({
          status: 412,
          code: "precondition_failed",
          operation: "1",
        })
    expect(await rows("/slots")).toEqual([])
  })
})

describe("after a DELETE in the same batch", () => {
  const gone = { method: "DELETE", path: "/slots/k" }
  beforeEach(() => call("PUT", "/slots/k", { json: { name: "old" } }))

  test("a PUT makes the row anew, by If-None-Match as well", async () => {
    for (const headers of [undefined, { "If-None-Match": "*" }])
      expect(statuses(await batch(gone, put("/slots/k", { name: "new" }, headers)))).toEqual([204, 201])
    expect(await rows("/slots?fields=id,name")).toEqual([{ id: "k", name: "new" }])
  })

  test("there is no row to match, to change or to delete", async () => {
    expect(problem(await batch(gone, put("/slots/k", {}, { "If-Match": "*" })))).toMatchObject({
      status: 412,
    })
    const patch = { method: "PATCH", path: "/slots/k", body: { name: "new" } }
    for (const again of [patch, gone])
      expect(problem(await batch(gone, again))).toMatchObject({
        status: 404,
        code: "not_found",
        operation: "1",
      })
    expect(await rows("/slots?fields=id,name")).toEqual([{ id: "k", name: "old" }])
  })
})

test("of batches that race for a new key, one creates, and all others replace", async () => {
  const all = await Promise.all(
    Array.from({ length: 50 }, (_, i) => batch(put("/slots/k", { name: `n${i}` }))),
  )
  const told = all.map(statuses)
  expect(told.filter((one) => String(one) === "201")).toHaveLength(1)
  expect(told.filter((one) => String(one) === "200")).toHaveLength(49)
})

test("a key that is free, with a value that another row has, is a duplicate", async () => {
  await call("PUT", "/slots/a", { json: { code: "c" } })
  const answer = await batch(put("/slots/b", { code: "c" }))
  expect(problem(answer)).toMatchObject({ status: 409, code: "duplicate", operation: "0" })
})
