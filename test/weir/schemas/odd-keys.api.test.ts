// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Value } from "../../../src/weir/db/dialect/statement.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"
import { type Row, rowsOf } from "../support/samples.ts"

/** Keys that are long: pages by cursor hold each row once, both ways. */

const isPostgres = dialectName === "postgres"
const schema = (
  isPostgres
    ? {
        txt: pg.pgTable("odd_txt", { k: pg.text().primaryKey(), v: pg.text() }),
        trios: pg.pgTable(
          "odd_trios",
          { a: pg.text().notNull(), b: pg.text().notNull(), c: pg.integer().notNull(), v: pg.text() },
          (t) => [pg.primaryKey({ columns: [t.a, t.b, t.c] })],
        ),
      }
    : {
        txt: lite.sqliteTable("odd_txt", { k: lite.text().primaryKey(), v: lite.text() }),
        trios: lite.sqliteTable(
          "odd_trios",
          { a: lite.text().notNull(), b: lite.text().notNull(), c: lite.integer().notNull(), v: lite.text() },
          (t) => [lite.primaryKey({ columns: [t.a, t.b, t.c] })],
        ),
      }
) as { txt: lite.SQLiteTable; trios: lite.SQLiteTable }
const names = ["odd_txt", "odd_trios"]
const ddl = [
  "create table odd_txt (k text primary key not null, v text)",
  "create table odd_trios (a text not null, b text not null, c integer not null, v text, primary key (a, b, c))",
]

let made: Fresh
let call: Call
const run = (texts: string[]) => made.database.connect().batch(texts.map((text) => ({ text, params: [] })))

beforeAll(async () => {
  made = await fresh()
  await run(names.map((name) => `drop table if exists ${name}`))
  await run(ddl)
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  const api = defineApi({
    title: "Odd keys",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, { txt: open, trios: open }),
  })
  const subject = { api, migrations: new URL("file:///none/") }
  call = caller(appOver(made.database, { subject }).app)
})
beforeEach(() => run(names.map((name) => `delete from ${name}`)))
afterAll(async () => {
  await run(names.map((name) => `drop table if exists ${name}`))
  await made.close?.()
})

/** Rows that somebody else wrote: clients may write keys of 2,700 characters at the most. */
const insert = (name: string, rows: Row[]) =>
  made.database.connect().batch(
    rows.map((row) => {
      const marks = Object.keys(row).map((_, i) => (isPostgres ? `$${i + 1}` : "?"))
      const text = `insert into ${name} (${Object.keys(row)}) values (${marks})`
      return { text, params: Object.values(row) as Value[] }
    }),
  )

/** The rows of a list by its `next`, from its start on, and by `prev` from the last page on. Links of a header may be left out. */
async function walked(path: string): Promise<{ forward: Row[]; backward: Row[] }> {
  const follow = async (first: Answer, way: "next" | "prev") => {
    const pages = [first]
    for (let url = first.links[way]; url; url = pages.at(-1)?.links[way]) {
      const page = await call("GET", url)
      expect(page.status, page.text.slice(0, 300)).toBe(200)
      pages.push(page)
      if (pages.length > 40) throw new Error(`${path} never ends`)
    }
    return pages
  }
  const ahead = await follow(await call("GET", path), "next")
  const back = await follow(ahead.at(-1) as Answer, "prev")
  for (const { headers } of [...ahead, ...back])
    expect([...headers].map(([name, value]) => `${name}: ${value}`).join("\r\n").length).toBeLessThan(4_096)
  return { forward: ahead.flatMap(rowsOf), backward: back.reverse().flatMap(rowsOf) }
}

/** A list's pages of some sizes hold what the whole list holds, both ways. */
async function expectEachOnce(path: string, count: number, limits = [1, 2, 3]): Promise<void> {
  const { body } = await call("GET", `${path}limit=100`)
  expect(body, path).toHaveLength(count)
  for (const limit of limits) {
    const { forward, backward } = await walked(`${path}limit=${limit}`)
    expect(forward, `${path} by ${limit}`).toEqual(body)
    expect(backward, `${path} by ${limit}, backwards`).toEqual(body)
  }
}

/** Keys of several lengths: what differs is at the end, or in the middle. */
const ends: [what: string, key: (end: string) => string][] = [
  ["470 letters", (end) => "y".repeat(470) + end],
  ["480 letters", (end) => "y".repeat(480) + end],
  ["120 emoji", (end) => "😀".repeat(120) + end],
  ["quotes", (end) => `"`.repeat(900) + end],
  ["2,100 letters", (end) => "y".repeat(2_100) + end],
  ["2,690 letters", (end) => "y".repeat(2_690) + end],
  ["20,000 letters", (end) => "y".repeat(20_000) + end],
  ["10,000 letters before and behind", (end) => "y".repeat(10_000) + end + "z".repeat(10_000)],
]

describe.each(ends)("text keys of %s", (_, key) => {
  test("are paged through", async () => {
    const json = ["a", "b", "c", "d", "e"].map((end) => ({ k: key(end), v: end < "d" ? "zz" : "y" }))
    const short = ["a", "yx", "z"].map((k) => ({ k, v: "zz" }))
    await insert("odd_txt", json.concat(short))
    await expectEachOnce("/txt?fields=v&", 8)
    await expectEachOnce("/txt?v=zz&fields=v&", 6)
    await expectEachOnce("/txt?sort=-v&fields=v&", 8)
    await expectEachOnce("/txt?sort=-k&fields=k&", 8)
    await expectEachOnce("/txt?aggregate=count&group=k&", 8)
  })

  test("are parts of longer ones that are paged through", async () => {
    const [x, y] = [key("x").slice(0, 1_000), key("y")]
    const long = isPostgres ? y.slice(-1_400) : y
    const json = ["a", "b"].flatMap((end) =>
      [1, 2].flatMap((c) => [
        { a: `${x}${end}`, b: long, c, v: `${long}1` },
        { a: x, b: `${long}${end}`, c, v: `${long}2` },
      ]),
    )
    await insert("odd_trios", json)
    await expectEachOnce("/trios?fields=a,b,c&", 8)
    await expectEachOnce("/trios?sort=v,c,-b&fields=a,b,c&", 8, [1, 3])
    await expectEachOnce("/trios?sort=-c&fields=a,b,c&", 8, [2])
  })
})

test("a page goes on where its row was, after a long key is gone or has come", async () => {
  const key = (end: string) => "y".repeat(1_000) + end
  await call("POST", "/txt", { json: ["a", "c", "e"].map((end) => ({ k: key(end), v: end })) })
  const page = await call("GET", "/txt?limit=2")
  await call("DELETE", `/txt/${key("c")}`)
  await call("POST", "/txt", { json: { k: key("b"), v: "b" } })
  await call("POST", "/txt", { json: { k: key("d"), v: "d" } })
  const next = await call("GET", page.links.next as string)
  expect(rowsOf(next).map(({ v }) => v)).toEqual(["d", "e"])
})
