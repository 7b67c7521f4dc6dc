// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import { rowHistory } from "../../../src/weir/schema.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** Tables of one name in several schemas of Postgres have nothing in common. */
describe.skipIf(dialectName !== "postgres")("tables of one name in two schemas", () => {
  const columns = () => ({ id: pg.integer().primaryKey(), name: pg.text() })
  const one = pg.pgSchema("twin_one").table("twins", columns())
  const two = pg.pgSchema("twin_two").table("twins", columns())
  let made: Fresh
  let call: Call
  const run = (...texts: string[]) =>
    made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
  const drop = () => run(...["twin_one", "twin_two"].map((name) => `drop schema if exists ${name} cascade`))

  beforeAll(async () => {
    made = await fresh()
    await drop()
    for (const name of ["twin_one", "twin_two"])
      await run(`create schema ${name}`, `create table ${name}.twins (id integer primary key, name text)`)
    await run("drop table if exists weir_row_history")
    await createTables(made.database, { rowHistory })
    const open = { create: anyone, update: anyone, delete: anyone, history: true as const }
    const schema = { one, two, rowHistory }
    const resources = resourcesOf(schema, { one: { ...open, read: anyone }, two: { ...open, read: nobody } })
    const api = defineApi({
      title: "Twins",
      version: "1",
      accounts: false,
      history: rowHistory,
      schema,
      resources,
    })
    call = caller(appOver(made.database, { subject: { api, migrations: new URL("file:///none/") } }).app)
  })
  afterAll(async () => {
    await drop()
    await run("drop table weir_row_history")
    await made.close()
  })

  test("each has its own history", async () => {
    expect((await call("POST", "/one", { json: { id: 7, name: "mine" } })).status).toBe(201)
    expect((await call("POST", "/two", { json: { id: 7, name: "SECRET" } })).status).toBe(201)
    expect((await call("PATCH", "/one/7", { json: { name: "changed" } })).status).toBe(200)
    const { body, text } = await call("GET", "/one/7/history")
    expect((body as { version: number; row: unknown }[]).map(({ version, row }) => [version, row])).toEqual([
      [2, { id: 7, name: "changed" }],
      [1, { id: 7, name: "mine" }],
    ])
    expect(text).not.toContain("SECRET")
    const again = await call("PATCH", "/one/7?from_version=1", { json: {} })
    expect([again.status, again.body]).toEqual([200, { id: 7, name: "mine" }])
    expect((await call("GET", "/two/7/history")).status).not.toBe(200)
  })
})
