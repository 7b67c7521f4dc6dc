// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import * as pg from "drizzle-orm/pg-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { invalidating } from "../../../src/weir/cache/invalidating.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, defineApi, resource, resourcesOf } from "../../../src/weir/index.ts"
import { type Call, caller } from "../support/client.ts"
import type { Fresh } from "../support/fresh.ts"
import { appOver, cacheOver } from "../support/fresh.ts"

/** Names that schemas of Postgres share: none of the tables stands for another. */
describe.skipIf(dialectName !== "postgres")("schemas of Postgres with the same names", () => {
  const [left, right] = [pg.pgSchema("apart_left"), pg.pgSchema("apart_right")]
  const clubs = () => ({ id: pg.integer().primaryKey(), name: pg.text().unique() })
  const plainClubs = pg.pgTable("apart_clubs", clubs())
  const leftClubs = left.table("apart_clubs", clubs())
  const rightClubs = right.table("apart_clubs", clubs())
  const members = (of: typeof leftClubs | typeof rightClubs | typeof plainClubs) => ({
    id: pg.integer().primaryKey(),
    clubId: pg.integer("club_id").references(() => of.id, { onDelete: "cascade" }),
    age: pg.integer(),
  })
  const aged = (table: { age: pg.AnyPgColumn }) => [pg.check("apart_age", sql`${table.age} > 0`)]
  const leftMembers = left.table("apart_members", members(leftClubs), aged)
  const rightMembers = right.table("apart_members", members(rightClubs), aged)
  // The last of the name that refers to no club at all.
  const plainMembers = pg.pgTable("apart_members", { id: pg.integer().primaryKey() })
  const schema = { leftClubs, rightClubs, plainClubs, leftMembers, rightMembers, plainMembers }
  let made: Fresh
  let call: Call
  const run = (...texts: string[]) =>
    made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
  const drop = () =>
    run(
      "drop schema if exists apart_left, apart_right cascade",
      "drop table if exists apart_members, apart_clubs",
    )

  beforeAll(async () => {
    made = await fresh()
    await drop()
    for (const name of ["apart_left", "apart_right"])
      await run(
        `create schema ${name}`,
        `create table ${name}.apart_clubs (id integer primary key, name text unique)`,
        `create table ${name}.apart_members (id integer primary key, club_id integer references ${name}.apart_clubs on delete cascade, age integer constraint apart_age check (age > 0))`,
      )
    await run("create table apart_clubs (id integer primary key, name text unique)")
    await run("create table apart_members (id integer primary key)")
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true as const }
    const resources = resourcesOf(schema, {
      leftClubs: open,
      rightClubs: open,
      plainClubs: open,
      leftMembers: open,
      rightMembers: open,
      plainMembers: open,
    })
    const api = defineApi({ title: "Apart", version: "1", accounts: false, schema, resources })
    const cache = cacheOver(new MemoryStore(1_048_576, undefined))
    const subject = { api, migrations: new URL("file:///none/") }
    call = caller(appOver(invalidating(made.database, cache.store), { subject, cache }).app)
  })
  afterAll(async () => {
    await drop()
    await made.close()
  })

  test.each(["left", "right"])("what goes with a row of %s is cached no longer", async (side) => {
    expect((await call("POST", `/${side}Clubs`, { json: { id: 1, name: side } })).status).toBe(201)
    const members = [1, 2].map((id) => ({ id, clubId: 1, age: id }))
    expect((await call("POST", `/${side}Members`, { json: members })).status).toBe(201)
    for (const _ of [1, 2]) expect((await call("GET", `/${side}Members`)).body).toEqual(members)
    expect(
      (await call("GET", `/${side}Clubs/1?include=${side}Members&include.${side}Members.sort=id`)).body,
    ).toEqual({
      id: 1,
      name: side,
      [`${side}Members`]: members,
    })
    expect((await call("DELETE", `/${side}Clubs/1`)).status).toBe(204)
    expect((await call("GET", `/${side}Members`)).body).toEqual([])
    expect((await call("GET", `/${side}Members/1`)).status).toBe(404)
  })

  test("each is written by itself, and embeds its own", async () => {
    await call("POST", "/leftClubs", { json: { id: 5, name: "L" } })
    await call("POST", "/rightClubs", { json: { id: 5, name: "R" } })
    await call("POST", "/plainClubs", { json: { id: 5, name: "P" } })
    await call("POST", "/rightMembers", { json: { id: 50, clubId: 5, age: 1 } })
    await call("PATCH", "/leftClubs/5", { json: { name: "L2" } })
    const names = await Promise.all(
      ["leftClubs", "rightClubs", "plainClubs"].map(async (path) => (await call("GET", `/${path}/5`)).body),
    )
    expect(names).toEqual(["L2", "R", "P"].map((name) => ({ id: 5, name })))
    const { body } = await call("GET", "/rightMembers?include=club&club.name=R")
    expect(body).toEqual([{ id: 50, clubId: 5, age: 1, club: { id: 5, name: "R" } }])
    const taken = await call("POST", "/leftClubs", {
      json: [
        { id: 6, name: "new" },
        { id: 7, name: "L2" },
      ],
    })
    expect([taken.status, taken.text]).toEqual([409, expect.stringContaining("1.name")])
  })

  test("the row of an array that breaks a check is named", async () => {
    const { status, body } = await call("POST", "/leftMembers", {
      json: [
        { id: 8, age: 1 },
        { id: 9, age: 0 },
      ],
    })
    expect([status, body]).toMatchObject([422, { errors: [{ path: "1.age" }] }])
  })

  test("a rule that names a column itself is refused in a schema as elsewhere", () => {
    const rule = () => sql`${leftClubs.name} = 'mine'`
    const define = () => {
      const resources = [resource(leftClubs, { name: "clubs", read: anyone, update: rule })]
      return defineApi({ title: "Apart", version: "1", accounts: false, resources })
    }
    expect(define).toThrow('names the column "name" itself')
  })
})
