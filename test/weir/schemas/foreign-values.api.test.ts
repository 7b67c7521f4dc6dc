// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { callOver } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import type { Fresh } from "../support/fresh.ts"

/** SQLite keeps any value in any column: what other programs have written must not end a server, a list or a page. */

const kitchen = lite.sqliteTable("odd_kitchen", {
  id: lite.integer().primaryKey(),
  t: lite.text(),
  e: lite.text({ enum: ["a", "b"] }),
  l: lite.text({ length: 3 }),
  i: lite.integer(),
  r: lite.real(),
  bo: lite.integer({ mode: "boolean" }),
  ts: lite.integer({ mode: "timestamp" }),
  ms: lite.integer({ mode: "timestamp_ms" }),
  at: lite.integer({ mode: "timestamp" }).default(sql`CURRENT_TIMESTAMP`),
  n: lite.numeric(),
  nn: lite.numeric({ mode: "number" }),
  big: lite.blob({ mode: "bigint" }),
  j: lite.text({ mode: "json" }),
})
const keyed = lite.sqliteTable("odd_keyed", {
  id: lite.text().primaryKey(),
  kitchenId: lite.integer("kitchen_id").references(() => kitchen.id),
  label: lite.text(),
})
/** Columns that hold a value by their declaration: the rows of a page tell where it ends. */
const firm = lite.sqliteTable("odd_firm", {
  id: lite.integer().primaryKey(),
  t: lite.text().notNull(),
  i: lite.integer().notNull(),
  r: lite.real().notNull(),
})
const schema = { kitchen, keyed, firm }
const ddl = [
  "create table odd_kitchen (id integer primary key, t text, e text, l text, i integer, r real, bo integer, ts integer, ms integer, at integer default CURRENT_TIMESTAMP, n numeric, nn numeric, big blob, j text)",
  "create table odd_firm (id integer primary key, t text default '', i integer default 0, r real default 0)",
  "create table odd_keyed (id text primary key not null, kitchen_id integer references odd_kitchen (id), label text)",
]
const names = ["odd_keyed", "odd_kitchen", "odd_firm"]

describe.skipIf(dialectName === "postgres")("values that other programs have written", () => {
  let made: Fresh
  let call: Call

  const run = (...texts: string[]) =>
    made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
  /** The tables with nothing but these rows. */
  const holding = (...rows: string[]) =>
    run(...names.map((name) => `delete from ${name}`), ...rows.map((row) => `insert into ${row}`))
  const get = async (path: string) => {
    const { status, body, headers } = await call("GET", path)
    expect([path, status, body]).toEqual([path, 200, body])
    return { body: body as Record<string, unknown>[], headers }
  }

  beforeAll(async () => {
    made = await fresh()
    await run(...names.map((name) => `drop table if exists ${name}`))
    await run(...ddl)
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
    const api = defineApi({
      title: "Foreign",
      version: "1",
      accounts: false,
      schema,
      resources: resourcesOf(schema, { kitchen: open, keyed: open, firm: open }),
    })
    call = callOver(made.database, api)
  })

  afterAll(async () => {
    await run(...names.map((name) => `drop table if exists ${name}`))
    await made.close()
  })

  describe("text that is no UTF-8 has U+FFFD in place of what is none", () => {
    const latin = "cast(x'63616ce9' as text)"
    const shown = "cal\ufffd"

    test("in lists, reads, embeds, aggregates and what writes return", async () => {
      await holding(
        `odd_kitchen (id, t, e) values (1, 'ok', 'a'), (4, ${latin}, ${latin})`,
        `odd_keyed values (${latin}, 4, ${latin}), ('b', 4, 'fine')`,
      )
      expect((await get("/kitchen?fields=id,t")).body).toEqual([
        { id: 1, t: "ok" },
        { id: 4, t: shown },
      ])
      expect((await get("/kitchen/4?fields=t,e")).body).toEqual({ t: shown, e: shown })
      expect((await get("/kitchen?include=keyed&id=4&fields=id")).body).toEqual([
        {
          id: 4,
          keyed: expect.arrayContaining([
            { id: shown, kitchenId: 4, label: shown },
            { id: "b", kitchenId: 4, label: "fine" },
          ]),
        },
      ])
      expect((await get("/keyed?include=kitchen&label=fine")).body).toMatchObject([{ kitchen: { t: shown } }])
      expect((await get("/keyed/b?include=kitchen")).body).toMatchObject({ kitchen: { t: shown } })
      expect((await get("/kitchen?group=t&aggregate=max(e)&sort=t")).body).toEqual([
        { t: shown, max_e: shown },
        { t: "ok", max_e: "a" },
      ])
      const patched = await call("PATCH", "/kitchen/4", { json: { i: 5 } })
      expect([patched.status, patched.body]).toMatchObject([200, { t: shown, i: 5 }])
      const deleted = await call("DELETE", "/keyed/b")
      expect(deleted.status).toBe(204)
    })

    test("in bytes that are the digits of a number", async () => {
      await holding("odd_kitchen (id, big) values (1, x'00000000000000ff'), (2, cast('12' as blob))")
      expect((await get("/kitchen?fields=id,big&sort=big")).body).toHaveLength(2)
      expect((await get("/kitchen/1?fields=id,big")).body).toEqual({ id: 1, big: null })
    })

    test("and no page is lost at it", async () => {
      const texts = ["cast(x'63616ce9' as text)", "cast(x'63616cea' as text)", "'cal'", "'cam'"]
      await holding(`odd_kitchen (id, t) values ${texts.map((text, i) => `(${i}, ${text})`).join()}`)
      const { forth, back } = await walk("/kitchen?sort=t&limit=1")
      expect(forth).toEqual([2, 0, 1, 3])
      expect(back).toEqual(forth)
    })
  })

  describe("a value that is none of its column's type", () => {
    test("fails no list: bytes, and text among numbers, are null", async () => {
      const columns = ["t", "e", "l", "i", "r", "bo", "ts", "ms", "at", "n", "nn", "big", "j"]
      const nothing = Object.fromEntries(columns.map((column) => [column, null]))
      await holding(
        `odd_kitchen (id, ${columns}) values (1, ${columns.map(() => "x'6162'")})`,
        "odd_kitchen (id, i, r, bo, ts, ms, nn, at) values (2, 'abc', 'n/a', 'true', 'soon', '2024-01-01 00:00:00', 'none', null)",
        "odd_kitchen (id, i, bo, at) values (3, 1.5, 2, null)",
        "odd_keyed values (x'6162', 1, x'63')",
      )
      expect((await get("/kitchen")).body).toEqual([
        { id: 1, ...nothing },
        { id: 2, ...nothing, ms: "2024-01-01T00:00:00.000Z" },
        { id: 3, ...nothing, i: 1.5 },
      ])
      expect((await get("/kitchen/1")).body).toEqual({ id: 1, ...nothing })
      const row = { id: null, kitchenId: 1, label: null }
      expect((await get("/keyed")).body).toEqual([row])
      expect((await get("/kitchen?include=keyed&fields=id&id=1")).body).toEqual([{ id: 1, keyed: [row] }])
      for (const column of columns.filter((name) => name !== "j"))
        await get(`/kitchen?group=${column}&aggregate=count&sort=${column}`)
    })
  })

  test("a time that is text is found by what is shown of it, and is no later than it is", async () => {
    const texts = ["'2024-01-01 00:00:00'", "'2024-01-01T00:00:00Z'", "'2024-01-01T00:00:00.000Z'"]
    await holding(
      ...["ts", "ms"].flatMap((column, n) => [
        `odd_kitchen (id, ${column}) values ${texts.map((text, i) => `(${10 * n + i}, ${text})`).join()}`,
        `odd_kitchen (id, ${column}) values (${10 * n + 5}, ${n ? 1704067200000 : 1704067200})`,
      ]),
    )
    const shown = "2024-01-01T00:00:00.000Z"
    for (const column of ["ts", "ms"]) {
      const rows = (await get(`/kitchen?${column}[ne]=2000-01-01T00:00:00Z&sort=id&limit=50`)).body
      expect(rows.filter((row) => row[column] === shown)).toHaveLength(4)
      const found = async (filter: string) =>
        (await get(`/kitchen?${column}[${filter}`)).body.map((row) => row[column])
      expect(await found(`eq]=${shown}`)).toEqual(Array(4).fill(shown))
      expect(await found(`in]=${shown},2000-01-01T00:00:00Z`)).toEqual(Array(4).fill(shown))
      expect(await found(`gte]=${shown}`)).toEqual(Array(4).fill(shown))
      expect(await found(`gt]=${shown}`)).toEqual([])
      expect(await found("gte]=2025-01-01T00:00:00Z")).toEqual([])
    }
  })

  describe("pages have each row once, both ways, sorted by a column that holds", () => {
    const long = `'${"long ".repeat(50)}'`
    const numbers = [
      "1",
      "2",
      "null",
      "'n/a'",
      "''",
      "x'ff'",
      long,
      "'z'",
      "1.5",
      "9e999",
      "9007199254740993",
    ]
    const isKept = (table: string | undefined) => (value: string) => table === "kitchen" || value !== "null"
    const inKitchen = ["i", "r", "bo", "ts", "ms", "at", "n", "nn"].map((column) => ["kitchen", column])
    test.each([...inKitchen, ["firm", "i"], ["firm", "r"]])(
      "numbers and others: %s.%s",
      async (table, column) => {
        await holding(
          `odd_${table} (id, ${column}) values ${numbers
            .filter(isKept(table))
            .map((value, i) => `(${i + 1}, ${value})`)
            .join()}, (90, 0), (91, 1)`,
        )
        for (const sign of ["", "-"])
          for (const limit of [1, 2, 5]) {
            const { rows, forth, back } = await walk(`/${table}?sort=${sign}${column}&limit=${limit}`)
            expect([sign, limit, [...forth].sort()]).toEqual([sign, limit, rows])
            expect([sign, limit, back]).toEqual([sign, limit, forth])
          }
      },
    )

    const texts = ["t", "e", "l", "big"].map((column) => ["kitchen", column])
    test.each([...texts, ["firm", "t"]])("text or digits, and others: %s.%s", async (table, column) => {
      const values = ["'a'", "'b'", "null", "x'61'", "x'ff00'", "cast('12' as blob)", "'c'", long, "''"]
      await holding(
        `odd_${table} (id, ${column}) values ${values
          .filter(isKept(table))
          .map((value, i) => `(${i + 1}, ${value})`)
          .join()}`,
      )
      for (const sign of ["", "-"])
        for (const limit of [1, 2]) {
          const { rows, forth, back } = await walk(`/${table}?sort=${sign}${column}&limit=${limit}`)
          expect([sign, limit, [...forth].sort()]).toEqual([sign, limit, rows])
          expect([sign, limit, back]).toEqual([sign, limit, forth])
        }
    })

    test("keys that are bytes", async () => {
      await holding("odd_keyed (id, label) values ('a', '1'), (x'61', '2'), (x'62', '3'), ('b', '4')")
      const labels: unknown[] = []
      let next: string | undefined = "/keyed?limit=1"
      for (let n = 0; next && n < 9; n++) {
        const { body, headers } = await get(next)
        labels.push(...body.map(({ label }) => label))
        next = linkTo(headers, "next")
      }
      expect(labels).toEqual(["1", "4", "2", "3"])
    })

    test("groups", async () => {
      await holding("odd_kitchen (id, r) values (1, 'n/a'), (2, 2), (3, 3), (4, x'00'), (5, 'n/a')")
      const counts: unknown[] = []
      let next: string | undefined = "/kitchen?group=r&aggregate=count&sort=-r&limit=1"
      for (let n = 0; next && n < 9; n++) {
        const { body, headers } = await get(next)
        counts.push(...body)
        next = linkTo(headers, "next")
      }
      expect(counts).toEqual([
        { r: null, count: 1 },
        { r: null, count: 2 },
        { r: 3, count: 1 },
        { r: 2, count: 1 },
      ])
    })
  })

  const linkTo = (headers: Headers, rel: string) =>
    new RegExp(`<([^>]*)>; rel="${rel}"`).exec(headers.get("link") ?? "")?.[1]

  /** The ids of all pages, forth and then back, and those of the rows that there are. */
  async function walk(path: string) {
    const [forth, back]: unknown[][] = [[], []]
    let [next, last]: (string | undefined)[] = [path, path]
    for (let n = 0; next && n < 20; n++) {
      last = next
      const { body, headers } = await get(next)
      forth?.push(...body.map(({ id }) => id))
      next = linkTo(headers, "next")
    }
    for (let n = 0; last && n < 20; n++) {
      const { body, headers } = await get(last)
      back?.unshift(...body.map(({ id }) => id))
      last = linkTo(headers, "prev")
    }
    const rows = (await get(`${path.split("?")[0]}?fields=id`)).body.map(({ id }) => id)
    return { rows: rows.sort(), forth: forth ?? [], back: back ?? [] }
  }
})
