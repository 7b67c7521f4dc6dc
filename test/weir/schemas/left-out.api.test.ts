// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** What a body leaves out is the database's to make, where it knows a default that the schema lacks. */

const isPostgres = dialectName === "postgres"
const pgShelves = pg.pgTable("left_shelves", {
  id: pg.integer().primaryKey().generatedByDefaultAsIdentity(),
  label: pg.text(),
})
const liteShelves = lite.sqliteTable("left_shelves", {
  id: lite.integer().primaryKey({ autoIncrement: true }),
  label: lite.text(),
})
const shelves = (isPostgres ? pgShelves : liteShelves) as typeof liteShelves
const jars = (
  isPostgres
    ? pg.pgTable(
        "left_jars",
        {
          id: pg.integer().primaryKey().generatedByDefaultAsIdentity(),
          code: pg.text().unique(),
          size: pg.integer(),
          twice: pg.integer(),
          stamp: pg.text(),
          least: pg.integer(),
          most: pg.integer(),
          shelf: pg.integer().references(() => pgShelves.id),
        },
        (t) => [pg.check("left_jars_order", sql`${t.least} < coalesce(${t.most}, 10)`)],
      )
    : lite.sqliteTable(
        "left_jars",
        {
          id: lite.integer().primaryKey({ autoIncrement: true }),
          code: lite.text().unique(),
          size: lite.integer(),
          twice: lite.integer(),
          stamp: lite.text(),
          least: lite.integer(),
          most: lite.integer(),
          shelf: lite.integer().references(() => liteShelves.id),
        },
        (t) => [lite.check("left_jars_order", sql`${t.least} < coalesce(${t.most}, 10)`)],
      )
) as lite.SQLiteTable
const keyed = (
  isPostgres
    ? pg.pgTable("left_keyed", { k: pg.text().primaryKey(), size: pg.integer(), owner: pg.integer() })
    : lite.sqliteTable("left_keyed", {
        k: lite.text().primaryKey(),
        size: lite.integer(),
        owner: lite.integer(),
      })
) as lite.SQLiteTable

const tenth = Array.from({ length: 10 }, (_, i) => `c${i}`)
const columnsOf = (make: () => unknown) => Object.fromEntries(tenth.map((name) => [name, make()])) as never
const wide = (
  isPostgres
    ? pg.pgTable(
        "left_wide",
        columnsOf(() => pg.integer()),
      )
    : lite.sqliteTable(
        "left_wide",
        columnsOf(() => lite.integer()),
      )
) as lite.SQLiteTable

let w: World
let call: Call
const run = (...texts: string[]) => w.database.connect().batch(texts.map((text) => ({ text, params: [] })))

/** Gives columns defaults that the schema knows nothing of; on Postgres one is made by a trigger. */
const hidden = isPostgres
  ? [
      "alter table left_jars alter column size set default 5",
      "alter table left_jars drop column twice",
      "alter table left_jars add column twice integer generated always as (size * 2) stored",
      "create or replace function left_stamp() returns trigger language plpgsql as $$ begin new.stamp := coalesce(new.stamp, 'by trigger'); return new; end $$",
      "create trigger left_stamp before insert on left_jars for each row execute function left_stamp()",
      "alter table left_shelves alter column label set default 'plain'",
      "alter table left_keyed alter column size set default 5",
      "alter table left_keyed alter column owner set default 7",
    ]
  : [
      ...["size", "twice", "stamp"].map((column) => `alter table left_jars drop column ${column}`),
      "alter table left_jars add column size integer default 5",
      "alter table left_jars add column twice integer generated always as (size * 2) virtual",
      "alter table left_jars add column stamp text default 'by trigger'",
      "alter table left_shelves drop column label",
      "alter table left_shelves add column label text default 'plain'",
      ...["size", "owner"].map((column) => `alter table left_keyed drop column ${column}`),
      "alter table left_keyed add column size integer default 5",
      "alter table left_keyed add column owner integer default 7",
    ]

beforeEach(async () => {
  w = await world()
  await createTables(w.database, { shelves, jars, keyed, wide }, { foreignKeys: true })
  await run(...hidden)
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
  call = appOf(
    w,
    resource(shelves, { ...open, name: "shelves", embed: { jars: { create: true } } } as never),
    resource(jars, { ...open, name: "jars", upsert: [["code"]] } as never),
    resource(keyed, { ...open, name: "keyed", replace: true } as never),
    resource(wide, { ...open, name: "wide" } as never),
  )
})
afterEach(async () => {
  await run(...["jars", "shelves", "keyed", "wide"].map((name) => `drop table left_${name}`))
  await w.close()
})

const made = { size: 5, twice: 10, stamp: "by trigger" }
const post = async (path: string, json: unknown) => {
  const { status, body, text } = await call("POST", path, { json })
  expect([status, text]).toEqual([201, text])
  return body
}
const storedJars = async () =>
  (await call("GET", "/jars?fields=size,twice,stamp&sort=code")).body as Record<string, unknown>[]

test("a row has what the database makes, and the answer shows it", async () => {
  const none = { code: null, least: null, most: null, shelf: null }
  expect(await post("/jars", {})).toEqual({ id: 1, ...none, ...made })
  expect(await post("/jars", { size: null, stamp: "own" })).toEqual({
    id: 2,
    ...none,
    size: null,
    twice: null,
    stamp: "own",
  })
  expect((await call("GET", "/jars/1")).body).toMatchObject(made)
})

test("each row of an array has what it would have alone", async () => {
  const rows = [{ code: "a", size: 1 }, { code: "b" }, { code: "c", size: null, stamp: "own" }, { code: "d" }]
  const expected = [
    { size: 1, twice: 2, stamp: "by trigger" },
    made,
    { size: null, twice: null, stamp: "own" },
    made,
  ]
  expect(await post("/jars", rows)).toMatchObject(rows.map((row, i) => ({ ...row, ...expected[i] })))
  expect(await storedJars()).toEqual(expected)
})

test("so it is in batches, rows within others, upserts and a PUT that creates", async () => {
  const operations = [
    { method: "POST", path: "/jars", body: { code: "a" } },
    { method: "POST", path: "/jars", body: { code: "b", size: 2 } },
    { method: "POST", path: "/jars", body: [{ code: "c" }, { code: "d", stamp: "own" }] },
  ]
  const batch = await call("POST", "/batch", { json: { operations } })
  expect([batch.status, batch.text]).toEqual([200, batch.text])
  expect(await storedJars()).toEqual([made, { ...made, size: 2, twice: 4 }, made, { ...made, stamp: "own" }])
  const shelf = await post("/shelves?include=jars&include.jars.sort=code", {
    jars: [{ code: "e" }, { code: "f", size: 3 }],
  })
  expect(shelf).toMatchObject({ label: "plain", jars: [made, { ...made, size: 3, twice: 6 }] })
  const upsert = await call("POST", "/jars?on_conflict=code", {
    json: [{ code: "g" }, { code: "b", stamp: "new" }],
  })
  expect([upsert.status, upsert.body]).toEqual([
    200,
    [expect.objectContaining(made), expect.objectContaining({ size: 2, twice: 4, stamp: "new" })],
  ])
  const put = await call("PUT", "/keyed/x", { json: {} })
  expect([put.status, put.body]).toEqual([201, { k: "x", size: 5, owner: 7 }])
})

test("the rows of an array have a bounded number of sets of members", async () => {
  const row = (bits: number) =>
    Object.fromEntries(tenth.filter((_, i) => (bits >> i) & 1).map((name) => [name, bits]))
  const rows = Array.from({ length: 501 }, (_, i) => row(i + 1))
  const refused = await call("POST", "/wide", { json: rows })
  expect(refused.body).toMatchObject({ status: 422, errors: [{ path: "body", code: "too_many" }] })
  expect(await post("/wide", [...rows.slice(0, 500), ...rows.slice(0, 500)])).toHaveLength(1_000)
  expect((await call("GET", "/wide?count=exact&limit=1")).headers.get("x-total-count")).toBe("1000")
})

test("an array says which of its rows do not hold a check, whatever they leave out", async () => {
  const json = [
    { code: "a", least: 3 },
    { code: "b", least: 12 },
    { code: "c", least: 5, most: 4 },
    { code: "d" },
  ]
  const { status, body } = await call("POST", "/jars", { json })
  const paths = (body as { errors: { path: string }[] }).errors.map(({ path }) => path)
  expect([status, paths]).toEqual([422, ["1.least", "2.least", "2.most"]])
})

test("a column that a rule has judged is null, as the rule has judged it", async () => {
  const unowned = resource(keyed, {
    read: anyone,
    create: (row: (name: string) => unknown) => sql`${row("owner")} is null`,
    name: "unowned",
  } as never)
  call = appOf(w, unowned)
  expect(await post("/unowned", { k: "y" })).toEqual({ k: "y", size: 5, owner: null })
  expect((await call("POST", "/unowned", { json: { k: "z", owner: 7 } })).status).toBe(403)
})
