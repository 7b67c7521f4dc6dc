// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { commandCall } from "../../../src/weir/cli/call.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Value } from "../../../src/weir/db/dialect/statement.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { pages } from "../../../src/weir/operations/list.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"
import { type Row, rowsOf } from "../support/samples.ts"

/** Keys that are long, and keys of every type: pages hold each row once, both ways, and a row's path leads to it. */

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

/** A table whose key is of a type: its values as they are read, in ascending order. */
interface Kind {
  column: () => unknown
  ddl: string
  values: unknown[]
  /** Whether rows have paths. Default: true. */
  named?: false
}

const onPostgres: Record<string, Kind> = {
  bytes: {
    column: () => pg.customType<{ data: string }>({ dataType: () => "bytea" })(),
    ddl: "bytea",
    values: ["", "AA==", "YmF0Y2g=", "//79"],
  },
  enums: {
    column: () => mood(),
    ddl: "odd_mood",
    values: ["free", "", "..", "batch", "a b"],
  },
  nets: { column: () => pg.inet(), ddl: "inet", values: ["10.0.0.1", "10.0.0.2", "::1"] },
  macs: { column: () => pg.macaddr(), ddl: "macaddr", values: ["08:00:2b:01:02:03", "08:00:2b:01:02:04"] },
  terms: { column: () => pg.interval(), ddl: "interval", values: ["P1D", "P2D", "P1Y"] },
  sums: { column: () => pg.numeric(), ddl: "numeric", values: ["-1.5", "0.10", "12345678901234567890.5"] },
  floats: { column: () => pg.doublePrecision(), ddl: "double precision", values: [-1.5, 1e-300, 1e300] },
  times: { column: () => pg.time(), ddl: "time", values: ["01:02:03", "01:02:03.5"] },
  jsons: { column: () => pg.jsonb(), ddl: "jsonb", values: ["a", "b", 1, [1], { a: 1.5 }], named: false },
  lists: {
    column: () => pg.text().array(),
    ddl: "text[]",
    values: [[], ["a"], ["a", "b"], ["b"]],
    named: false,
  },
}
const onSqlite: Record<string, Kind> = {
  bytes: {
    column: () => lite.blob({ mode: "buffer" }),
    ddl: "blob",
    values: ["", "AA==", "YmF0Y2g=", "//79"],
  },
  sums: { column: () => lite.numeric(), ddl: "numeric", values: ["-1.5", "0.1", "12"] },
  floats: { column: () => lite.real(), ddl: "real", values: [-1.5, 1e-300, 1e300] },
  jsons: {
    column: () => lite.text({ mode: "json" }),
    ddl: "text",
    values: ["a", "b", 1, [1], { a: 1.5 }],
    named: false,
  },
}
const mood = pg.pgEnum("odd_mood", ["free", "", "..", "batch", "a b"])
const kinds = isPostgres ? onPostgres : onSqlite
for (const [name, { column }] of Object.entries(kinds)) {
  const columns = (k: unknown, v: unknown) => ({ k, v }) as never
  const primary = (column() as { primaryKey(): unknown }).primaryKey()
  const table = isPostgres
    ? pg.pgTable(`odd_by_${name}`, columns(primary, pg.integer()))
    : lite.sqliteTable(`odd_by_${name}`, columns(primary, lite.integer()))
  Object.assign(schema, { [name]: table })
}

const names = ["odd_txt", "odd_trios", ...Object.keys(kinds).map((name) => `odd_by_${name}`)]
const ddl = [
  "create table odd_txt (k text primary key not null, v text)",
  "create table odd_trios (a text not null, b text not null, c integer not null, v text, primary key (a, b, c))",
  ...Object.entries(kinds).map(
    ([name, { ddl }]) => `create table odd_by_${name} (k ${ddl} primary key not null, v integer)`,
  ),
]
const moods = (end: string) => (isPostgres ? [`drop type if exists odd_mood`, end].filter(Boolean) : [])

let made: Fresh
let call: Call
let resources: Resource[]
const run = (texts: string[]) => made.database.connect().batch(texts.map((text) => ({ text, params: [] })))

beforeAll(async () => {
  made = await fresh()
  await run(names.map((name) => `drop table if exists ${name}`))
  await run([...moods("create type odd_mood as enum ('free', '', '..', 'batch', 'a b')"), ...ddl])
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  resources = resourcesOf(schema, Object.fromEntries(Object.keys(schema).map((name) => [name, open])))
  const api = defineApi({
    title: "Odd keys",
    version: "1",
    accounts: false,
    schema,
    resources,
  })
  const subject = { api, migrations: new URL("file:///none/") }
  call = caller(appOver(made.database, { subject }).app)
})
beforeEach(() => run(names.map((name) => `delete from ${name}`)))
afterAll(async () => {
  await run([...names.map((name) => `drop table if exists ${name}`), ...moods("")])
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

describe.each(Object.entries(kinds))("keys of %s", (name, { values, named = true }) => {
  const path = `/${name}`
  beforeEach(async () => {
    const json = values.map((k, v) => ({ k, v })).reverse()
    const created = await call("POST", path, { json })
    expect(created.status, created.text).toBe(201)
  })

  test("are paged through", async () => {
    await expectEachOnce(`${path}?`, values.length)
    await expectEachOnce(`${path}?sort=-v&`, values.length)
    await expectEachOnce(`${path}?fields=v&`, values.length)
  })

  test("are exported", async () => {
    const found = resources.find((resource) => resource.name === name) as Resource
    const rows: unknown[] = []
    for await (const page of pages(commandCall(made.database), found, 2)) rows.push(...JSON.parse(page.body))
    expect(rows).toEqual((await call("GET", path)).body)
    expect(rows).toHaveLength(values.length)
  })

  test.skipIf(!named)("lead to their rows", async () => {
    await run([`delete from odd_by_${name}`])
    for (const [v, k] of values.entries()) {
      const created = await call("POST", path, { json: { k, v } })
      const location = created.headers.get("location") as string
      const read = await call("GET", location)
      expect([location, read.status, read.body]).toEqual([location, 200, { k, v }])
      const json = { v: v + 100 }
      expect((await call("PATCH", location, { json })).body).toEqual({ k, ...json })
      expect((await call("DELETE", location)).status).toBe(204)
      expect((await call("GET", location)).status).toBe(404)
    }
  })
})

test("rows of a key that no path can hold say so at the start", () => {
  const notices = resources.flatMap((resource) => resource.notices)
  const unnamed = Object.keys(kinds).filter((name) => kinds[name]?.named === false)
  expect(notices).toEqual(
    unnamed.map(
      (name) =>
        `${name}: its rows have no path, and pages go by skip, since no path holds a value of its key's k`,
    ),
  )
})
