// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { id, integer, rowHistory, table, text } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Plans that were made while the tables were tiny stay in use as they grow: none of them goes through a table for each row. */

const products = table("products", { id: id(), name: text({ max: 20 }).notNull().unique(), price: integer() })

let w: World
let call: Call
const run = (...texts: string[]) =>
  w.database.connect().batch(texts.map((one) => ({ text: one, params: [] })))
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, products })
  await run("create unique index history_row on weir_row_history (table_name, row_key, version)")
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  call = appOf(w, resource(products, { ...open, bulk: true, history: true, upsert: ["name"] }))
})
afterEach(async () => {
  await run("drop table products", "drop table weir_row_history")
  await w.close()
})

/** Rows that were read one after another, of both tables, once the server knows of all that were inserted. */
async function read(inserted: number): Promise<number> {
  const client = w.database.connect()
  const statement = {
    text: "select sum(seq_tup_read)::int, sum(n_tup_ins)::int from pg_stat_user_tables where relname in ('products', 'weir_row_history')",
    params: [],
  }
  for (;;) {
    await Promise.all(
      Array.from({ length: 5 }, () =>
        client.query({ text: "select pg_stat_force_next_flush()", params: [] }),
      ),
    )
    const [[rows, all] = []] = await client.query(statement)
    if (Number(all) >= inserted) return Number(rows)
  }
}

let made = 0
const rows = (n: number) => Array.from({ length: n }, () => ({ name: `${made++}`, price: 0 }))

test.runIf(dialectName === "postgres")(
  "writes of many rows read each table a few times at the most",
  async () => {
    const send = async (method: string, path: string, json?: unknown) => {
      const answer = await call(method, path, json === undefined ? {} : { json })
      expect(answer.status, answer.text).toBeLessThan(300)
      return answer
    }
    await run("analyze products", "analyze weir_row_history")
    // Small arrays are prepared, and by now have a plan for good.
    for (let i = 0; i < 12; i++) {
      await send("POST", "/products", rows(2))
      await send("PATCH", `/products?id[gt]=${2 * i}`, { price: 1 })
    }
    for (let i = 0; i < 12; i++) await send("POST", "/products", rows(1)[0])
    await run("analyze products", "analyze weir_row_history")
    for (let i = 0; i < 12; i++) await send("POST", "/products", rows(2))
    const few = 60
    const before = await read(few)
    const many = 1_000
    for (let i = 0; i < 3; i++) await send("POST", "/products", rows(many))
    for (let i = 0; i < 10; i++) await send("POST", "/products", rows(90))
    expect((await send("PATCH", "/products?id[gt]=0&max_affected=10000", { price: 7 })).body).toEqual({
      count: few + 3 * many + 900,
    })
    expect((await send("DELETE", `/products?id[gt]=${few}&max_affected=10000`)).body).toEqual({
      count: 3 * many + 900,
    })
    const statements = 3 * 2 + 10 + 2 * 8
    const size = 3 * (few + 3 * many + 900)
    expect((await read(6_000)) - before).toBeLessThan(10 * statements * size)
    const versions = await call("GET", `/products/${few + 1}/history`, { token: w.root.token })
    expect(
      (versions.body as { verb: string; version: number }[]).map((v) => `${v.version} ${v.verb}`),
    ).toEqual(["3 delete", "2 update", "1 insert"])
  },
  120_000,
)

test.runIf(dialectName === "postgres")("nor does each of many changes in one transaction", async () => {
  const send = async (method: string, path: string, json: unknown) => {
    const answer = await call(method, path, { json })
    expect(answer.status, answer.text).toBeLessThan(300)
  }
  const changes = (n: number, price: number, from = 1) =>
    Array.from({ length: n }, (_, i) => ({ id: from + i, price }))
  const merges = (n: number, price: number) =>
    Array.from({ length: n }, (_, i) => ({ name: `${made - 1 - i}`, price }))
  await run("analyze products", "analyze weir_row_history")
  await send("POST", "/products", rows(2))
  await run("analyze products", "analyze weir_row_history")
  for (let i = 0; i < 12; i++) {
    await send("PATCH", "/products", changes(2, i))
    await send("POST", "/products?on_conflict=name", merges(2, i))
  }
  const many = 3_000
  await send("POST", "/products", rows(many))
  const before = await read(2 + many)
  // Numbers that upserts took and left are none of a row.
  await send("PATCH", "/products", changes(500, 20, 101))
  await send("POST", "/products?on_conflict=name", merges(500, 21))
  // Each of the thousand would go through six thousand rows at the least.
  expect((await read(2 + 2 * many + 1_000)) - before).toBeLessThan(500 * many)
})
