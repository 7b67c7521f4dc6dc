// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { callOver } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import type { Fresh } from "../support/fresh.ts"

/** Tables of the forms that drizzle-kit makes no migration of, or whose names it does not quote. */

const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
const name = 'Hard "shape", it\'s one.two'
const quoted = `"${name.replaceAll('"', '""')}"`

async function served(texts: string[], schema: Record<string, unknown>, fields = {}): Promise<[Fresh, Call]> {
  const made = await fresh()
  await made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
  const resources = resourcesOf(
    schema as never,
    Object.fromEntries(
      Object.keys(schema)
        .filter((key) => key !== "view")
        .map((key) => [key, { ...open, fields }]),
    ) as never,
  )
  const api = defineApi({ title: "Hard", version: "1", accounts: false, schema, resources })
  return [made, callOver(made.database, api)]
}

describe.runIf(dialectName === "postgres")("Postgres", () => {
  const citext = pg.customType<{ data: string }>({ dataType: () => "hard_citext" })
  const mood = pg.pgEnum('Hard "mood"', ["sad", 'so "so"', "a,b", "it's"])
  const hard = pg.pgTable(name, {
    id: pg.integer('the "id"').primaryKey(),
    mail: citext('E "Mail" it\'s').unique(),
    mood: mood("mood"),
    moods: mood("moods").array(),
    words: pg.text("words").array(),
    price: pg.numeric({ precision: 20, scale: 4 }),
    data: pg.jsonb("data").$type<{ a: number }>(),
    parentId: pg.integer("parent id").references((): pg.AnyPgColumn => hard.id, { onDelete: "cascade" }),
    total: pg.numeric("to-tal").generatedAlwaysAs(sql`price * 2`),
  })
  const view = pg.pgView("hard_view", { id: pg.integer("id"), price: pg.numeric("price") }).existing()
  let made: Fresh
  let call: Call
  const drops = [
    `drop view if exists hard_view`,
    `drop table if exists ${quoted}`,
    `drop type if exists "Hard ""mood"""`,
    "drop domain if exists hard_citext",
  ]
  beforeAll(async () => {
    ;[made, call] = await served(
      [
        ...drops,
        `create type "Hard ""mood""" as enum ('sad', 'so "so"', 'a,b', 'it''s')`,
        "create domain hard_citext as text",
        `create table ${quoted} ("the ""id""" integer primary key, "E ""Mail"" it's" hard_citext unique, mood "Hard ""mood""", moods "Hard ""mood"""[], words text[], price numeric(20,4), data jsonb, "parent id" integer references ${quoted} on delete cascade, "to-tal" numeric generated always as (price * 2) stored)`,
        `create view hard_view as select "the ""id""" as id, price from ${quoted}`,
      ],
      { hard, view },
      { mail: { type: "text" } },
    )
  })
  afterAll(async () => {
    await made.database.connect().batch(drops.map((text) => ({ text, params: [] })))
    await made.close()
  })
  test("values come back as they were given", async () => {
    const row = {
      id: 1,
      mail: "A@b",
      mood: 'so "so"',
      moods: ["a,b", "it's", 'so "so"'],
      words: ["", "null", 'a"b\\', "x,{y}"],
      price: "1234567890123456.5000",
      data: { a: 1.5 },
      parentId: null,
    }
    const made = await call("POST", "/hard", { json: row })
    expect([made.status, made.body]).toEqual([201, { ...row, total: "2469135780246913.0000" }])
    expect((await call("GET", "/hard/1")).body).toEqual(made.body)
    const two = await call("POST", "/hard", {
      json: [
        { id: 2, parentId: 1, mood: "sad" },
        { id: 3, parentId: 1, words: [] },
      ],
    })
    expect(two.status, two.text).toBe(201)
    expect((await call("GET", "/hard?mood=a%2Cb&limit=1")).status).toBe(200)
    expect((await call("GET", "/hard?sort=-mood,-price,mail&limit=1")).status).toBe(200)
    const embedded = await call("GET", "/hard/1?include=hard&include.hard.sort=id&fields=id")
    expect(embedded.text, embedded.text).toContain('"id":1')
  })

  test("what is taken is named", async () => {
    const taken = await call("POST", "/hard", { json: { id: 10, mail: "A@b" } })
    expect([taken.status, taken.body]).toMatchObject([409, { errors: [{ path: "mail" }] }])
    const key = await call("POST", "/hard", { json: { id: 1 } })
    expect([key.status, key.body]).toMatchObject([409, { errors: [{ path: "id" }] }])
    const nothing = await call("PATCH", "/hard/1", { json: { parentId: 99 } })
    expect([nothing.status, nothing.body]).toMatchObject([422, { errors: [{ path: "parentId" }] }])
  })

  test("pages go forth and back", async () => {
    const first = await call("GET", "/hard?sort=-mood&limit=2")
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] as string
    const second = await call("GET", next.replace(/^https?:\/\/[^/]*/, ""))
    expect((second.body as unknown[]).length).toBe(1)
    const prev = /<([^>]*)>; rel="prev"/.exec(second.headers.get("link") ?? "")?.[1] as string
    expect((await call("GET", prev.replace(/^https?:\/\/[^/]*/, ""))).body).toEqual(first.body)
  })
})

describe.runIf(dialectName === "sqlite")("SQLite", () => {
  const hard = lite.sqliteTable(name, {
    id: lite.text('the "id"').primaryKey(),
    mail: lite.text('E "Mail" it\'s').unique(),
    größe: lite.integer("größe"),
    parentId: lite.text("parent id").references((): lite.AnySQLiteColumn => hard.id, { onDelete: "cascade" }),
    count: lite.real("cou.nt").unique(),
  })
  const strict = lite.sqliteTable(
    "hard_strict",
    { a: lite.text().notNull(), b: lite.integer().notNull(), v: lite.blob({ mode: "buffer" }) },
    (t) => [lite.primaryKey({ columns: [t.b, t.a] })],
  )
  let made: Fresh
  let call: Call
  const drops = [`drop table if exists ${quoted}`, "drop table if exists hard_strict"]
  beforeAll(async () => {
    ;[made, call] = await served(
      [
        ...drops,
        `create table ${quoted} ("the ""id""" text primary key, "E ""Mail"" it's" text unique, "größe" integer, "parent id" text references ${quoted} on delete cascade, "cou.nt" real unique) strict`,
        "create table hard_strict (a text not null, b integer not null, v blob, primary key (b, a)) strict, without rowid",
      ],
      { hard, strict },
    )
  })
  afterAll(async () => {
    await made.database.connect().batch(drops.map((text) => ({ text, params: [] })))
    await made.close()
  })

  test("values come back as they were given", async () => {
    const row = { id: "a/b,%", mail: "A@b", größe: 5, parentId: null, count: 1.5 }
    const made = await call("POST", "/hard", { json: row })
    expect([made.status, made.body]).toEqual([201, row])
    expect((await call("GET", "/hard/a%2Fb%2C%25")).body).toEqual(row)
    const child = await call("POST", "/hard", {
      json: [
        { id: "ü", parentId: "a/b,%" },
        { id: "", parentId: "a/b,%" },
      ],
    })
    expect(child.status, child.text).toBe(201)
    expect((await call("GET", "/hard/-?key=")).body).toMatchObject({ id: "" })
    expect((await call("GET", "/hard?gr%C3%B6%C3%9Fe[gte]=5&sort=-gr%C3%B6%C3%9Fe")).body).toEqual([row])
  })

  test("what is taken is named", async () => {
    const paths = async (json: unknown) => {
      const { status, body } = await call("POST", "/hard", { json })
      return [status, (body as { errors: { path: string }[] }).errors?.map(({ path }) => path)]
    }
    expect(await paths({ id: "n", mail: "A@b" })).toEqual([409, ["mail"]])
    expect(await paths({ id: "n", count: 1.5 })).toEqual([409, ["count"]])
    expect(await paths({ id: "a/b,%" })).toEqual([409, ["id"]])
    expect(await paths([{ id: "m" }, { id: "n", count: 1.5 }])).toEqual([409, ["1.count"]])
  })

  test("a strict table without row numbers is written, listed by pages and deleted", async () => {
    for (let b = 0; b < 3; b++)
      expect((await call("POST", "/strict", { json: { a: "a,b/%", b, v: "AAE=" } })).status).toBe(201)
    const first = await call("GET", "/strict?limit=2")
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] as string
    expect((await call("GET", next.replace(/^https?:\/\/[^/]*/, ""))).body).toEqual([
      { a: "a,b/%", b: 2, v: "AAE=" },
    ])
    expect((await call("PATCH", "/strict/2,a%2Cb%2F%25", { json: { v: null } })).body).toEqual({
      a: "a,b/%",
      b: 2,
      v: null,
    })
    expect((await call("DELETE", "/strict/2,a%2Cb%2F%25")).status).toBe(204)
  })
})
