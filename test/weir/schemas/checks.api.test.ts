// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { type Call, caller } from "../support/client.ts"
import { appOver, type Fresh } from "../support/fresh.ts"

/** CHECK constraints of a team's own tables: what they refuse is a 422 that names the fields and the check. */

const onPostgres = () =>
  pg.pgTable(
    "checked_rooms",
    {
      id: pg.integer().primaryKey(),
      fromDay: pg.integer("from_day").notNull(),
      toDay: pg.integer("to_day").notNull(),
      name: pg.text(),
    },
    (t) => [
      pg.check("rooms_days", sql`${t.fromDay} <= ${t.toDay}`),
      pg.check("rooms_name", sql`length(${t.name}) > 2`),
      pg.check("rooms_raw", sql`"checked_rooms"."to_day" < 50 and to_day <> 49`),
      pg.check("rooms_left_out", sql`id <> 40 or odd is null`),
    ],
  )
const onSqlite = () =>
  lite.sqliteTable(
    "checked_rooms",
    {
      id: lite.integer().primaryKey(),
      fromDay: lite.integer("from_day").notNull(),
      toDay: lite.integer("to_day").notNull(),
      name: lite.text(),
    },
    (t) => [
      lite.check("rooms_days", sql`${t.fromDay} <= ${t.toDay}`),
      lite.check("rooms_name", sql`length(${t.name}) > 2`),
      lite.check("rooms_raw", sql`"checked_rooms"."to_day" < 50 and to_day <> 49`),
      lite.check("rooms_left_out", sql`id <> 40 or odd is null`),
    ],
  )
const rooms = (dialectName === "postgres" ? onPostgres() : onSqlite()) as ReturnType<typeof onPostgres>
const ddl = `create table checked_rooms (id integer primary key, from_day integer not null, to_day integer not null,
  name text, odd integer default 1, constraint rooms_days check (from_day <= to_day), constraint rooms_name check (length(name) > 2),
  constraint rooms_raw check (to_day < 50 and to_day <> 49),
  constraint rooms_left_out check (id <> 40 or odd is null), constraint of_the_database_alone check (from_day > -100))`

let made: Fresh
let call: Call
const run = (text: string) => made.database.connect().batch([{ text, params: [] }])

beforeAll(async () => {
  made = await fresh()
  await run("drop table if exists checked_rooms")
  await run(ddl)
  const schema = { rooms }
  const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
  const resources = resourcesOf(schema, { rooms: open })
  const api = defineApi({ title: "Checked", version: "1", accounts: false, schema, resources })
  call = caller(appOver(made.database, { subject: { api, migrations: new URL("file:///none/") } }).app)
  await call("POST", "/rooms", { json: { id: 1, fromDay: 1, toDay: 2 } })
})
afterAll(async () => {
  await run("drop table if exists checked_rooms")
  await made.close()
})

const breaks = (path: string, check: string) => ({
  path,
  message: `does not hold the check ${check}`,
  code: "invalid",
})

test.each([
  [
    "POST",
    "/rooms",
    { id: 2, fromDay: 3, toDay: 2 },
    [
      ["fromDay", "rooms_days"],
      ["toDay", "rooms_days"],
    ],
  ],
  ["POST", "/rooms", { id: 2, fromDay: 1, toDay: 2, name: "ab" }, [["name", "rooms_name"]]],
  ["POST", "/rooms", [{ id: 2, fromDay: 1, toDay: 2, name: "ab" }], [["0.name", "rooms_name"]]],
  [
    "POST",
    "/rooms",
    [
      { id: 2, fromDay: 1, toDay: 2 },
      { id: 3, fromDay: 3, toDay: 2 },
      { id: 4, fromDay: 1, toDay: 2 },
      { id: 5, fromDay: 4, toDay: 2, name: "ab" },
      { id: 6, fromDay: 4, toDay: 5, name: "ab" },
    ],
    [
      ["1.fromDay", "rooms_days"],
      ["1.toDay", "rooms_days"],
      ["3.fromDay", "rooms_days"],
      ["3.toDay", "rooms_days"],
      ["3.name", "rooms_name"],
      ["4.name", "rooms_name"],
    ],
  ],
  // What the request does not set is not at fault.
  ["PATCH", "/rooms/1", { toDay: 0 }, [["toDay", "rooms_days"]]],
  // A check that the schema does not have is nobody's to see.
  ["PATCH", "/rooms/1", { fromDay: -100 }, []],
  // Of SQL that was written by hand.
  ["PATCH", "/rooms/1", { toDay: 49 }, [["toDay", "rooms_raw"]]],
  ["POST", "/rooms", { id: 40, fromDay: 1, toDay: 2 }, [["id", "rooms_left_out"]]],
  [
    "POST",
    "/rooms",
    [
      { id: 2, fromDay: 1, toDay: 2 },
      { id: 3, fromDay: 1, toDay: 60 },
      { id: 4, fromDay: 3, toDay: 2 },
    ],
    [
      ["1.toDay", "rooms_raw"],
      ["2.fromDay", "rooms_days"],
      ["2.toDay", "rooms_days"],
    ],
  ],
  // It asks for a column that the schema does not have: which row it was is not known.
  [
    "POST",
    "/rooms",
    [
      { id: 2, fromDay: 1, toDay: 2 },
      { id: 40, fromDay: 1, toDay: 2 },
    ],
    [["id", "rooms_left_out"]],
  ],
])("%s %s %j", async (method, path, json, expected) => {
  const { status, body } = await call(method, path, { json })
  expect([status, body]).toMatchObject([422, { code: "invalid_request" }])
  const { errors } = body as { errors?: unknown[] }
  expect(errors ?? []).toEqual(expected.map(([at, check]) => breaks(at as string, check as string)))
  expect(JSON.stringify(body)).not.toContain("alone")
  expect((await call("GET", "/rooms")).body).toMatchObject([{ id: 1, fromDay: 1, toDay: 2 }])
})
