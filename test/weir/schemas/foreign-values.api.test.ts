// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

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
const schema = { kitchen, keyed }
const ddl = [
  "create table odd_kitchen (id integer primary key, t text, e text, l text, i integer, r real, bo integer, ts integer, ms integer, n numeric, nn numeric, big blob, j text)",
  "create table odd_keyed (id text primary key not null, kitchen_id integer references odd_kitchen (id), label text)",
]
const names = ["odd_keyed", "odd_kitchen"]

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
      resources: resourcesOf(schema, { kitchen: open, keyed: open }),
    })
    call = caller(appOver(made.database, { subject: { api, migrations: new URL("file:///none/") } }).app)
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
      expect((await get("/kitchen/1?fields=id")).body).toEqual({ id: 1 })
    })

    test("and no page is lost at it", async () => {
      const texts = ["cast(x'63616ce9' as text)", "cast(x'63616cea' as text)", "'cal'", "'cam'"]
      await holding(`odd_kitchen (id, t) values ${texts.map((text, i) => `(${i}, ${text})`).join()}`)
      expect(await paged("/kitchen?sort=t&limit=1")).toEqual([2, 0, 1, 3])
    })
  })

  /** The ids of all pages, forth; and the same back. */
  async function paged(path: string): Promise<unknown[]> {
    const ids: unknown[] = []
    const back: unknown[] = []
    let next: string | undefined = path
    let last = path
    const follow = async (link: string, rel: string, into: (rows: unknown[]) => void) => {
      const { body, headers } = await get(link)
      into(body.map(({ id }) => id))
      return new RegExp(`<([^>]*)>; rel="${rel}"`).exec(headers.get("link") ?? "")?.[1]
    }
    for (let n = 0; next && n < 20; n++) {
      last = next
      next = await follow(last, "next", (rows) => ids.push(...rows))
    }
    let prev: string | undefined = last
    for (let n = 0; prev && n < 20; n++) prev = await follow(prev, "prev", (rows) => back.unshift(...rows))
    expect([path, back]).toEqual([path, ids])
    return ids
  }
})
