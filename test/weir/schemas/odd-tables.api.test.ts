// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, nobody, resourcesOf } from "../../../src/weir/index.ts"
import { type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** Tables of kinds that are rare, each of which was served wrongly once. */

const isPostgres = dialectName === "postgres"
const names = [
  "odd_notes",
  "odd_flags",
  "odd_parents",
  "odd_kids",
  "odd_likes",
  "odd_sessions",
  "odd_pairs",
  "odd_invites",
]

const onPostgres = () => {
  const odd_parents = pg.pgTable("odd_parents", {
    id: pg.text().primaryKey(),
    slug: pg.text().notNull().unique(),
  })
  return {
    notes: pg.pgTable("odd_notes", {
      id: pg.serial().primaryKey(),
      title: pg.text(),
      madeAt: pg.timestamp("made_at").defaultNow(),
      words: pg.varchar({ length: 20 }).array(),
      shout: pg.text().generatedAlwaysAs(sql`upper(title)`),
    }),
    flags: pg.pgTable("odd_flags", { on: pg.boolean().primaryKey(), label: pg.text() }),
    parents: odd_parents,
    kids: pg.pgTable("odd_kids", {
      id: pg.integer().primaryKey(),
      parentSlug: pg.text("parent_slug").references(() => odd_parents.slug, { onDelete: "restrict" }),
    }),
    likes: pg.pgTable("odd_likes", {
      parentId: pg.text("parent_id").references(() => odd_parents.id),
      at: pg.integer(),
    }),
    sessions: pg.pgTable("odd_sessions", { token: pg.text().primaryKey(), label: pg.text() }),
    invites: pg.pgTable("odd_invites", {
      id: pg.integer().primaryKey(),
      inviteToken: pg.uuid("invite_token").notNull(),
      otp: pg.integer(),
      resetCode: pg.bigint("reset_code", { mode: "number" }),
      tokens: pg.integer(),
      hasPassword: pg.boolean("has_password"),
      tokenUsed: pg.timestamp("token_used"),
    }),
    pairs: pg.pgTable(
      "odd_pairs",
      { a: pg.text().notNull(), b: pg.boolean().notNull(), v: pg.integer() },
      (t) => [pg.primaryKey({ columns: [t.a, t.b] })],
    ),
  }
}

const onSqlite = () => {
  const odd_parents = lite.sqliteTable("odd_parents", {
    id: lite.text().primaryKey(),
    slug: lite.text().notNull().unique(),
  })
  return {
    notes: lite.sqliteTable("odd_notes", {
      id: lite.integer().primaryKey({ autoIncrement: true }),
      title: lite.text(),
      madeAt: lite.integer("made_at", { mode: "timestamp" }).default(sql`(unixepoch())`),
      shout: lite.text().generatedAlwaysAs(sql`upper(title)`),
    }),
    flags: lite.sqliteTable("odd_flags", {
      on: lite.integer({ mode: "boolean" }).primaryKey(),
      label: lite.text(),
    }),
    parents: odd_parents,
    kids: lite.sqliteTable("odd_kids", {
      id: lite.integer().primaryKey(),
      parentSlug: lite.text("parent_slug").references(() => odd_parents.slug, { onDelete: "restrict" }),
    }),
    likes: lite.sqliteTable("odd_likes", {
      parentId: lite.text("parent_id").references(() => odd_parents.id),
      at: lite.integer(),
    }),
    sessions: lite.sqliteTable("odd_sessions", { token: lite.text().primaryKey(), label: lite.text() }),
    invites: lite.sqliteTable("odd_invites", {
      id: lite.integer().primaryKey(),
      inviteToken: lite.text("invite_token").notNull(),
      otp: lite.integer(),
      resetCode: lite.integer("reset_code"),
      tokens: lite.integer(),
      hasPassword: lite.integer("has_password", { mode: "boolean" }),
      tokenUsed: lite.integer("token_used", { mode: "timestamp" }),
    }),
    pairs: lite.sqliteTable(
      "odd_pairs",
      { a: lite.text().notNull(), b: lite.integer({ mode: "boolean" }).notNull(), v: lite.integer() },
      (t) => [lite.primaryKey({ columns: [t.a, t.b] })],
    ),
  }
}

const key = isPostgres ? "serial primary key" : "integer primary key autoincrement"
const ddl = [
  isPostgres
    ? `create table odd_notes (id ${key}, title text, made_at timestamp default now(), words varchar(20)[], shout text generated always as (upper(title)) stored)`
    : `create table odd_notes (id ${key}, title text, made_at integer default (unixepoch()), shout text generated always as (upper(title)) stored)`,
  `create table odd_flags ("on" ${isPostgres ? "boolean" : "integer"} primary key, label text)`,
  "create table odd_parents (id text primary key not null, slug text not null unique)",
  "create table odd_kids (id integer primary key, parent_slug text references odd_parents (slug) on delete restrict)",
  `create table odd_likes (parent_id text references odd_parents (id), "at" integer)`,
  `create table odd_invites (id integer primary key, invite_token ${isPostgres ? "uuid" : "text"} not null, otp integer, reset_code bigint, tokens integer, has_password ${isPostgres ? "boolean" : "integer"}, token_used ${isPostgres ? "timestamp" : "integer"})`,
  "create table odd_sessions (token text primary key not null, label text)",
  `create table odd_pairs (a text not null, b ${isPostgres ? "boolean" : "integer"} not null, v integer, primary key (a, b))${isPostgres ? "" : " without rowid"}`,
]

let made: Fresh
let call: Call

const drop = (database: Fresh["database"]) =>
  database
    .connect()
    .batch(
      [...names].reverse().map((name) => ({ text: `drop table if exists ${name} `.trimEnd(), params: [] })),
    )

beforeAll(async () => {
  made = await fresh()
  const { database } = made
  // Children first.
  for (const name of ["odd_kids", "odd_likes", ...names])
    await database.connect().batch([{ text: `drop table if exists ${name}`, params: [] }])
  await database.connect().batch(ddl.map((text) => ({ text, params: [] })))
  const schema = (isPostgres ? onPostgres() : onSqlite()) as ReturnType<typeof onSqlite>
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
  const api = defineApi({
    title: "Odd",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, {
      notes: open,
      flags: open,
      parents: open,
      kids: open,
      likes: open,
      sessions: { ...open, fields: { token: { read: nobody } } },
      invites: open,
      pairs: open,
    }),
  })
  const { app } = appOver(database, { subject: { api, migrations: new URL("file:///none/") } })
  call = caller(app)
})

afterAll(async () => {
  await drop(made.database)
  await made.close?.()
})

const post = (path: string, json: unknown) => call("POST", path, { json })
const list = async (path: string) => (await call("GET", path)).body as Record<string, unknown>[]

test("a column that may be null takes its default by SQL, unless it is set to null", async () => {
  const byDefault = await post("/notes", { title: "a" })
  expect((byDefault.body as { madeAt: string }).madeAt).toMatch(/^20\d\d-/)
  expect((await post("/notes", { title: "b", madeAt: null })).body).toMatchObject({
    madeAt: null,
    shout: "B",
  })
  expect((await post("/notes", { shout: "x" })).status).toBe(422)
})

test.skipIf(!isPostgres)("an array of varchar is looked into", async () => {
  await post("/notes", { title: "c", words: ["one", "two"] })
  expect((await list("/notes?words[contains]=two")).map(({ title }) => title)).toEqual(["c"])
})

test("a boolean key reaches its own row", async () => {
  for (const on of [true, false]) {
    const { status, headers } = await post("/flags", { on, label: String(on) })
    expect([status, headers.get("location")]).toEqual([201, `/flags/${on}`])
    expect((await call("GET", `/flags/${on}`)).body).toEqual({ on, label: String(on) })
  }
  expect((await call("DELETE", "/flags/true")).status).toBe(204)
  expect(await list("/flags")).toEqual([{ on: false, label: "false" }])
  const pair = await post("/pairs", { a: "x,y", b: true, v: 1 })
  expect((await call("GET", pair.headers.get("location") as string)).body).toEqual({
    a: "x,y",
    b: true,
    v: 1,
  })
})

test("a secret is hidden whatever its type, and a count of tokens is none", async () => {
  const made = await post("/invites", {
    id: 1,
    inviteToken: "0190a3f4-0000-7000-8000-000000000001",
    otp: 123456,
    resetCode: 654321,
    tokens: 9,
    hasPassword: true,
    tokenUsed: "2026-01-01T00:00:00Z",
  })
  expect([made.status, Object.keys(made.body as object)]).toEqual([
    201,
    ["id", "tokens", "hasPassword", "tokenUsed"],
  ])
  for (const filter of ["inviteToken=0190a3f4-0000-7000-8000-000000000001", "otp=123456", "resetCode=1"])
    expect((await call("GET", `/invites?${filter}`)).status).toBe(422)
})

test("a table of a key of two columns is listed, paged and sorted", async () => {
  await post("/pairs", [
    { a: "p", b: false, v: 2 },
    { a: "p", b: true, v: 2 },
  ])
  const page = await call("GET", "/pairs?sort=-v&limit=1")
  const next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1] as string
  expect(next).toContain("after=")
  expect([...(page.body as object[]), ...(await list(next))]).toHaveLength(2)
})

describe("rows by what is no key", () => {
  test("a row in use is a 409, and its rows are a list below it", async () => {
    await post("/parents", { id: "é/1", slug: "s" })
    await post("/kids", { id: 1, parentSlug: "s" })
    expect((await call("DELETE", "/parents/%C3%A9%2F1")).status).toBe(409)
    const kids = await call("GET", "/parents/%C3%A9%2F1/kids?limit=1")
    expect([kids.status, kids.body]).toEqual([200, [{ id: 1, parentSlug: "s" }]])
    expect(kids.headers.get("link")).toContain("</parents/%C3%A9%2F1/kids")
    expect((await call("GET", "/parents/none/kids")).status).toBe(404)
  })

  test("a parent that no path can name comes as a parameter, in links as well", async () => {
    await post("/parents", { id: "..", slug: "dots" })
    await post("/kids", [
      { id: 7, parentSlug: "dots" },
      { id: 8, parentSlug: "dots" },
    ])
    const first = await call("GET", "/parents/-/kids?key=..&limit=1")
    expect(first.body).toEqual([{ id: 7, parentSlug: "dots" }])
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] as string
    expect(await list(next)).toEqual([{ id: 8, parentSlug: "dots" }])
  })

  test("a table without a key is embedded", async () => {
    await post("/likes", { parentId: "..", at: 3 })
    expect(await list("/parents?slug=dots&include=likes")).toMatchObject([{ likes: [{ at: 3 }] }])
  })
})

test("a key that is hidden is in no cursor", async () => {
  await post("/sessions", [{ token: "hush-1" }, { token: "hush-2" }, { token: "hush-3" }])
  const seen: unknown[] = []
  let path: string | undefined = "/sessions?limit=2&sort=label"
  while (path) {
    const answer = await call("GET", path)
    seen.push(...(answer.body as object[]))
    const link: string = answer.headers.get("link") ?? ""
    expect(link).not.toContain("after=")
    path = /<([^>]+)>; rel="next"/.exec(link)?.[1]
  }
  expect(seen).toEqual([{ label: null }, { label: null }, { label: null }])
  expect((await call("GET", "/sessions?after=ZDFmM2RhMTVbIk5FV1RPSyJd")).status).toBe(422)
})
