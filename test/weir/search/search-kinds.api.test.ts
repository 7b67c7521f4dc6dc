// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { type SQL, sql, type Table } from "drizzle-orm"
import { bigint, pgTable, text as pgText, varchar } from "drizzle-orm/pg-core"
import { integer, sqliteTable, text as sqliteText } from "drizzle-orm/sqlite-core"
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource, ResourceOptions } from "../../../src/weir/resource/resource.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { collection, id, table, text } from "../../../src/weir/schema.ts"
import { apiOf, appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type Row, rowsOf } from "../support/samples.ts"
import { type World, world } from "../support/world.ts"

const open = { read: anyone, create: anyone, update: anyone, delete: anyone }

let w: World
let unmake: string[] = []
beforeAll(async () => {
  w = await world()
})
afterEach(() => run(...unmake.splice(0)))
afterAll(() => w.close())

async function run(...texts: string[]): Promise<void> {
  if (texts.length === 0) return
  const client = w.database.connect()
  await client.batch(texts.map((statement) => ({ text: statement, params: [] })))
  await client.close?.()
}

/** An app over a table with its search index; `make` are the statements that make the table. */
async function serve(of: Table, options: object, make?: string[]): Promise<Call> {
  const served = resource(of, { ...open, ...options } as ResourceOptions as never) as Resource
  const index = apiOf(served).resources[0]?.search?.index
  if (!index) throw new Error(`${served.name} has no search`)
  await (make ? run(...make) : createTables(w.database, { of }))
  unmake = [...searchSql.drop(index), `drop table "${index.table}"`]
  await run(...searchSql.create(index))
  return appOf(w, served)
}

const finder =
  (call: Call, path: string, member: string) =>
  async (q: string, more = ""): Promise<unknown[]> => {
    const answer = await call("GET", `${path}?q=${encodeURIComponent(q)}&limit=100${more}`)
    expect(answer.status, answer.text).toBe(200)
    return rowsOf(answer).map((row: Row) => row[member])
  }

describe("with a language", () => {
  const titled = { id: id(), title: text({ max: 200 }).notNull(), body: text({ max: 200 }) }
  const posts = table("posts", titled)
  const rows = [
    { title: "Lamps", body: "running in the house" },
    { title: "A lamp", body: "he runs, and runs, and runs" },
    { title: "The desk", body: "of oak" },
    { title: "Cafés", body: "tables of oak" },
  ]

  test("Postgres finds words by their stems, and SQLite as they are", async () => {
    const call = await serve(posts, { search: { fields: ["title", "body"], language: "english" } })
    expect((await call("POST", "/posts/batch", { json: rows })).status).toBe(201)
    const find = finder(call, "/posts", "id")
    const stems = dialectName === "postgres"
    const found = (q: string) => find(q, "&sort=id")
    expect(await found("lamp")).toEqual(stems ? [1, 2] : [2])
    expect(await found("lamps")).toEqual(stems ? [1, 2] : [1])
    expect(await found("run")).toEqual(stems ? [1, 2] : [])
    expect(await found("cafe")).toEqual(stems ? [4] : [])
    expect(await found("lamp -running")).toEqual(stems ? [] : [2])
    expect(await found('"oak table"')).toEqual([])
    expect(await found('"table oak"')).toEqual([])
    expect(await found('"tables of oak"')).toEqual([4])
    expect(await found("lam*")).toEqual([1, 2])
    // A stop word is passed over where words are stemmed, and a word as others elsewhere.
    expect(await found("the lamps")).toEqual(stems ? [1, 2] : [1])
    expect(await found('"he run"')).toEqual(stems ? [1, 2] : [])
    expect(await found("the")).toEqual(stems ? [] : [1, 3])
    // Ranks, counts and cursors are there as well.
    expect(await find("runs", "&sort=-_rank")).toEqual(stems ? [2, 1] : [2])
    const first = await call("GET", "/posts?q=oak&limit=1&count=exact")
    expect(first.headers.get("x-total-count")).toBe("2")
    const second = await call("GET", first.links.next as string)
    expect([...rowsOf(first), ...rowsOf(second)].map((row) => row.id).sort()).toEqual([3, 4])
  })

  test("an index of words is none of stems", async () => {
    const call = await serve(posts, { search: ["title"] })
    const stemmed = appOf(w, resource(posts, { ...open, search: { fields: ["title"], language: "english" } }))
    const { status } = await stemmed("GET", "/posts?q=lamp")
    expect(status).toBe(dialectName === "postgres" ? 503 : 200)
    expect((await call("GET", "/posts?q=lamp")).status).toBe(200)
  })
})

describe("over a collection", () => {
  const leaves = collection("leaves")
  const options = { search: ["title", "note.text"] }

  test("texts at its places are searched, and follow writes", async () => {
    const call = await serve(leaves, options)
    const put = async (key: string, json: unknown) =>
      expect((await call("PUT", `/leaves/${key}`, { json })).status).toBe(201)
    await put("a", { title: "An oak lamp", note: { text: "by the sea" }, other: "desk" })
    await put("b", { title: "A desk", note: { text: "with a LÁMP" } })
    await put("c", { title: ["lamp"], note: "lamp" })
    await put("d", { title: 5, note: { text: { lamp: "lamp" } } })
    await put("e", {})
    const find = finder(call, "/leaves", "_id")
    expect(await find("lamp", "&sort=_id")).toEqual(["a", "b"])
    expect(await find("lamp -oak")).toEqual(["b"])
    expect(await find('"oak lamp"')).toEqual(["a"])
    expect(await find("desk")).toEqual(["b"])
    expect(await find("lamp sea")).toEqual(["a"])
    // The end of one place and the beginning of the next are no phrase.
    expect(await find('"lamp by"')).toEqual([])
    expect(await find("5")).toEqual([])

    expect((await call("PATCH", "/leaves/e", { json: { note: { text: "Lamplight" } } })).status).toBe(200)
    expect(await find("lamp*", "&sort=_id")).toEqual(["a", "b", "e"])
    expect((await call("PATCH", "/leaves/a", { json: { title: null } })).status).toBe(200)
    expect(await find("lamp")).toEqual(["b"])
    expect((await call("PUT", "/leaves/b", { json: { title: "lamp" } })).status).toBe(200)
    expect(await find("lamp sea")).toEqual([])
    expect((await call("DELETE", "/leaves/b")).status).toBe(204)
    expect(await find("lamp")).toEqual([])
  })

  test("goes with places, counts, cursors and highlights", async () => {
    const call = await serve(leaves, options)
    const json = Array.from({ length: 20 }, (_, n) => ({
      n,
      title: `lamp${" lamp".repeat(n % 3)}`,
      note: { text: n % 2 ? "odd" : "even" },
    }))
    expect((await call("POST", "/leaves", { json })).status).toBe(201)
    const path = "/leaves?q=lamp%20odd&n[gte]=5&limit=3&count=exact&highlight=true"
    let page = await call("GET", path)
    expect(page.headers.get("x-total-count")).toBe("8")
    expect(rowsOf(page)[0]?._highlight).toMatchObject({ "note.text": "<mark>odd</mark>" })
    const seen = [...rowsOf(page)]
    while (page.links.next) {
      page = await call("GET", page.links.next)
      seen.push(...rowsOf(page))
    }
    expect(seen.map(({ n }) => n).sort((a, b) => Number(a) - Number(b))).toEqual([
      5, 7, 9, 11, 13, 15, 17, 19,
    ])
    const groups = await call("GET", "/leaves?q=lamp&aggregate=count&group=note.text")
    expect(groups.body).toEqual([
      { "note.text": "even", count: 10 },
      { "note.text": "odd", count: 10 },
    ])
  })
})

describe("over generated columns", () => {
  const whole = (first: unknown, last: unknown): SQL => sql`${first} || ' ' || ${last}`
  const inPostgres = () => {
    const folk = pgTable("folk", {
      id: bigint({ mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
      first: pgText().notNull(),
      last: varchar({ length: 40 }).notNull(),
      name: pgText().generatedAlwaysAs((): SQL => whole(folk.first, folk.last)),
    })
    return folk
  }
  const inFile = () => {
    const folk = sqliteTable("folk", {
      id: integer().primaryKey(),
      first: sqliteText().notNull(),
      last: sqliteText().notNull(),
      name: sqliteText().generatedAlwaysAs((): SQL => whole(folk.first, folk.last), { mode: "stored" }),
    })
    return folk
  }
  const key = dialectName === "postgres" ? "bigint generated by default as identity" : "integer"
  const make = [
    'drop table if exists "folk"',
    `create table "folk" (id ${key} primary key, first text not null, last text not null, name text generated always as (first || ' ' || last) stored)`,
  ]

  test("what makes them is searched", async () => {
    const call = await serve(dialectName === "postgres" ? inPostgres() : inFile(), { search: ["name"] }, make)
    const made = await call("POST", "/folk", { json: { first: "Ada", last: "Lovelace" } })
    expect(made.status, made.text).toBe(201)
    await call("POST", "/folk", { json: { first: "Grace", last: "Hopper" } })
    const find = finder(call, "/folk", "name")
    expect(await find('"ada lovelace"')).toEqual(["Ada Lovelace"])
    expect(await find("hop*")).toEqual(["Grace Hopper"])
    expect((await call("PATCH", "/folk/1", { json: { last: "Byron" } })).status).toBe(200)
    expect(await find("lovelace")).toEqual([])
    expect(await find("ada byron")).toEqual(["Ada Byron"])
  })
})

test("a column of the name that Postgres keeps words in is refused at load", () => {
  const odd = table("odds", { id: id(), title: text({ max: 9 }), _search_stems: text({ max: 9 }) })
  expect(() => apiOf(resource(odd, { ...open, search: ["title"] }))).toThrow(
    'odds: search keeps what it searches in the column "_search_stems"',
  )
})
