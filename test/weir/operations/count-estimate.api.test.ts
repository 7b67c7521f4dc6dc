import { afterAll, beforeAll, expect, test } from "vitest"
import { expectRefused } from "../support/queries.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Rough counts: exact below 10,000 rows, and wherever the database has no statistics. */
let w: World
beforeAll(async () => {
  w = await witnessed()
})
afterAll(() => w.close())

const total = async (path: string): Promise<number> =>
  Number((await w.call("GET", path)).headers.get("x-total-count") ?? Number.NaN)

test("few rows are counted, by filters, rules and parents", async () => {
  for (const [path, rows] of [
    ["/items?count=estimate", 6],
    ["/items?count=estimate&limit=1&price[gt]=20.25", 3],
    [`/items?count=estimate&owner.username=ann&filter=${encodeURIComponent('{"price":{"lt":30}}')}`, 2],
    ["/users/1/items?count=estimate", 3],
    ["/users/3/items?count=estimate", 0],
  ] as const)
    expect([path, await total(path)]).toEqual([path, rows])
  expect((await w.call("GET", "/users/9/items?count=estimate")).status).toBe(404)
  await expectRefused(w, "/items", [
    ["count=about", "count"],
    ["aggregate=count&count=estimate", "count"],
  ])
})

test("many rows are estimated on Postgres, and counted on SQLite", async () => {
  const isPostgres = w.database.dialect === "postgres"
  const rows = 20_000
  const series = isPostgres
    ? `select n from generate_series(1, ${rows}) n`
    : `with recursive s(n) as (select 1 union all select n + 1 from s where n < ${rows}) select n from s`
  const client = w.database.connect()
  await client.batch([
    {
      text: `insert into items (title, price, owner_id) select 'many', n % 10, 3 from (${series}) q`,
      params: [],
    },
  ])
  if (isPostgres) await client.batch([{ text: "analyze items", params: [] }])
  await client.close?.()
  const all = await total("/items?count=estimate&limit=1")
  expect(all).toBeGreaterThan(rows * 0.8)
  expect(all).toBeLessThan(rows * 1.2)
  if (!isPostgres) expect(all).toBe(rows + 6)
  expect(await total("/items?count=exact&limit=1")).toBe(rows + 6)
  // A tenth of them is expected to be few, and counted.
  expect(await total("/items?count=estimate&limit=1&price=7")).toBe(rows / 10)
})
