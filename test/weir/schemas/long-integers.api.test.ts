// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { id, integer, table } from "../../../src/weir/schema.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** Whole numbers that other programs have written, beyond what JavaScript keeps: no page and no path loses a digit. */

const isPostgres = dialectName === "postgres"
const big = () => pg.bigint({ mode: "number" })
/** Tables of a team's own, and one of the vocabulary. */
const schema = (
  isPostgres
    ? {
        sums: pg.pgTable("long_sums", { id: pg.integer().primaryKey(), big: big(), firm: big().notNull() }),
        keyed: pg.pgTable("long_keyed", {
          k: big().primaryKey().generatedByDefaultAsIdentity(),
          v: pg.integer(),
        }),
        pairs: pg.pgTable("long_pairs", { a: big().notNull(), b: big().notNull(), v: pg.integer() }, (t) => [
          pg.primaryKey({ columns: [t.a, t.b] }),
        ]),
        own: table("long_own", { id: id(), big: integer() }),
      }
    : {
        sums: lite.sqliteTable("long_sums", {
          id: lite.integer().primaryKey(),
          big: lite.integer(),
          firm: lite.integer().notNull(),
        }),
        keyed: lite.sqliteTable("long_keyed", { k: lite.integer().primaryKey(), v: lite.integer() }),
        pairs: lite.sqliteTable(
          "long_pairs",
          { a: lite.integer().notNull(), b: lite.integer().notNull(), v: lite.integer() },
          (t) => [lite.primaryKey({ columns: [t.a, t.b] })],
        ),
        own: table("long_own", { id: id(), big: integer() }),
      }
) as Record<string, lite.SQLiteTable>

/** Beyond 2^53, in their order: JavaScript takes each for its neighbour. */
const long = [
  "-9223372036854775808",
  "-9007199254740993",
  "7",
  "9007199254740992",
  "9007199254740993",
  "9007199254740994",
  "9223372036854775806",
]

let made: Fresh
let call: Call
const run = (...texts: string[]) => made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
const ok = async (path: string): Promise<Answer> => {
  const answer = await call("GET", path)
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
  return answer
}

beforeAll(async () => {
  made = await fresh()
  await createTables(made.database, schema)
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
  const resources = resourcesOf(schema, { sums: open, keyed: open, pairs: open, own: open })
  const api = defineApi({ title: "Long", version: "1", accounts: false, schema, resources })
  call = caller(appOver(made.database, { subject: { api, migrations: new URL("file:///none/") } }).app)
  await run(
    ...[...long, "null"].map(
      (n, i) => `insert into long_sums (id, big, firm) values (${i}, ${n}, ${long[i] ?? 8})`,
    ),
    ...long.map((n, i) => `insert into long_keyed (k, v) values (${n}, ${i})`),
    ...long.map((n, i) => `insert into long_pairs (a, b, v) values (${long[i >> 1]}, ${n}, ${i})`),
    ...long.map((n, i) => `insert into long_own (id, big) values (${i < 2 ? i + 1 : n}, ${n})`),
  )
})
afterAll(async () => {
  await run(...["sums", "keyed", "pairs", "own"].map((name) => `drop table if exists long_${name}`))
  await made.close()
})

/** The rows of a list as they stand, from its start on by `next`, and from its end by `prev`. */
async function walked(path: string): Promise<{ forth: string[]; back: string[] }> {
  const rows = ({ text }: Answer) => text.slice(1, -1).match(/\{[^}]*\}/g) ?? []
  const pages = [await ok(path)]
  for (let next = pages[0]?.links.next; next && pages.length < 30; next = pages.at(-1)?.links.next)
    pages.push(await ok(next))
  const before = [pages.at(-1) as Answer]
  for (let prev = before[0]?.links.prev; prev && before.length < 30; prev = before.at(-1)?.links.prev)
    before.push(await ok(prev))
  return { forth: pages.flatMap(rows), back: before.reverse().flatMap(rows) }
}

describe("pages hold each row once, both ways", () => {
  test.each([
    "/sums?sort=big",
    "/sums?sort=-big",
    "/sums?sort=firm",
    "/sums?sort=-firm&fields=id",
    "/sums?sort=big,firm&fields=big",
    "/keyed?sort=k",
    "/keyed?sort=-k",
    "/keyed?sort=-k&fields=v",
    "/pairs?sort=a,b",
    "/pairs?sort=-a,b&fields=v",
    "/own?sort=id",
    "/own?sort=-id&fields=big",
    "/own?sort=big",
    "/own?sort=-big&fields=id",
    "/sums?group=big&aggregate=count&sort=big",
    "/sums?group=id&aggregate=min(firm),max(big),sum(firm)&sort=-min(firm)",
    "/sums?group=id&aggregate=sum(firm)&sort=sum(firm)",
  ])("%s", async (path) => {
    const all = await walked(`${path}&limit=100`)
    expect(all.forth.length).toBeGreaterThan(6)
    for (const limit of [1, 2, 3]) {
      const { forth, back } = await walked(`${path}&limit=${limit}`)
      expect(forth, `by ${limit}`).toEqual(all.forth)
      expect(back, `by ${limit}, backwards`).toEqual(all.forth)
    }
  })
})

describe("a path leads to a row by all digits of its key", () => {
  test.each(long)("%s", async (k) => {
    expect((await ok(`/keyed/${k}`)).text).toContain(`"k":${k},`)
  })
})

test("a row that the database numbers has all digits of its key in its path", async () => {
  if (isPostgres) await run("alter table long_keyed alter column k restart with 9007199254740997")
  const { status, headers, text } = await call("POST", "/keyed", { json: { v: 100 } })
  expect(status).toBe(201)
  const key = /"k":(\d+)/.exec(text)?.[1]
  expect(key).toBe(isPostgres ? "9007199254740997" : "9223372036854775807")
  expect(headers.get("location")).toBe(`/keyed/${key}`)
  const patched = await call("PATCH", `/keyed/${key}`, { json: { v: 101 } })
  expect([patched.status, patched.text]).toEqual([200, `{"k":${key},"v":101}`])
  expect((await call("DELETE", `/keyed/${key}`)).status).toBe(204)
  expect((await call("GET", `/keyed/${key}`)).status).toBe(404)
  expect((await call("GET", "/keyed/9223372036854775808")).status).toBe(404)
})
