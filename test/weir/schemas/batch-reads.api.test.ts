// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { writeRecords } from "../../../src/weir/schema.ts"
import { type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** Reads in a batch of rows that hold what is rare, for which a list or read alone would ask once more. */

const isPostgres = dialectName === "postgres"
const notes = (
  isPostgres
    ? pg.pgTable("batch_notes", {
        id: pg.integer().primaryKey(),
        odd: pg.timestamp({ withTimezone: true }).notNull(),
        n: pg.integer().notNull(),
      })
    : lite.sqliteTable("batch_notes", {
        id: lite.integer().primaryKey(),
        odd: lite.text().notNull(),
        n: lite.integer().notNull(),
      })
) as ReturnType<typeof onPostgres>
const onPostgres = () =>
  pg.pgTable("batch_notes", {
    id: pg.integer().primaryKey(),
    odd: pg.timestamp({ withTimezone: true }).notNull(),
    n: pg.integer().notNull(),
  })
const odd = isPostgres ? "'0044-03-15 00:00:00 BC'" : "x'6162'"

let made: Fresh
let call: Call
const run = (text: string) => made.database.connect().batch([{ text, params: [] }])

beforeAll(async () => {
  made = await fresh()
  await run("drop table if exists batch_notes")
  await run(
    `create table batch_notes (id integer primary key, odd ${isPostgres ? "timestamptz" : "text"} not null, n integer not null)`,
  )
  const schema = { notes, writeRecords }
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  const resources = resourcesOf(schema, { notes: open })
  const api = defineApi({
    title: "Batches",
    version: "1",
    accounts: false,
    records: writeRecords,
    schema,
    resources,
  })
  call = caller(appOver(made.database, { subject: { api, migrations: new URL("file:///none/") } }).app)
})
afterAll(async () => {
  await run("drop table if exists batch_notes")
  await made.close()
})

test.each([
  "/notes/1?fields=n,odd",
  "/notes?fields=n,odd",
  "/notes?fields=n,odd&sort=odd",
  "/notes?fields=n,odd&sort=n",
])("GET %s sees what the operations before it left, and nothing of those after it", async (path) => {
  await run("delete from batch_notes")
  await run(`insert into batch_notes (id, odd, n) values (1, ${odd}, 1)`)
  const patch = (n: number) => ({ method: "PATCH", path: "/notes/1", body: { n } })
  const get = { method: "GET", path }
  const operations = [patch(2), get, patch(3), get, { method: "DELETE", path: "/notes/1" }]
  const { status, body, text } = await call("POST", "/batch", { json: { operations } })
  expect(status, text).toBe(200)
  const { results } = body as { results: { body: { n: number } | { n: number }[] }[] }
  const seen = [1, 3].map((i) => [results[i]?.body].flat().map((row) => (row as { n: number }).n))
  expect(seen).toEqual([[2], [3]])
})
