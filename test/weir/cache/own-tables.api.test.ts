// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { createRoute, z } from "@hono/zod-openapi"
import { sql } from "drizzle-orm"
import { integer, pgTable } from "drizzle-orm/pg-core"
import { integer as sqliteInteger, sqliteTable } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Db } from "../../../src/weir/db/handle.ts"
import { type HandwrittenRoute, routeOf } from "../../../src/weir/http/route.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { nobody, type Rule } from "../../../src/weir/resource/rules.ts"
import * as itemsModule from "../fixture/src/schema/items.ts"
import * as usersModule from "../fixture/src/schema/users.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, cacheOver, fixture } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

// A plain table of the team's schema, which no resource serves, but a rule reads.
const sqliteGates = sqliteTable("gates", { itemId: sqliteInteger("item_id").primaryKey() })
const pgGates = pgTable("gates", { itemId: integer("item_id").primaryKey() })
const gates = dialectName === "postgres" ? (pgGates as unknown as typeof sqliteGates) : sqliteGates
const schema = { gates, items: itemsModule.items }
const gated: Rule<"id"> = (row) => sql`exists (select 1 from gates where item_id = ${row("id")})`

const writes: Record<string, (db: Db<typeof schema>) => PromiseLike<unknown>> = {
  insert: (db) => db.insert(gates).values({ itemId: 1 }),
  upsert: (db) => db.insert(gates).values({ itemId: 1 }).onConflictDoNothing().returning(),
  update: (db) => db.update(gates).set({ itemId: 2 }),
  delete: (db) => db.delete(gates),
  batch: (db) => db.batch([db.delete(gates), db.insert(gates).values([{ itemId: 1 }, { itemId: 3 }])]),
  with: (db) => {
    const three = db.$with("three").as(
      db
        .select({ n: sql<number>`3`.as("n") })
        .from(gates)
        .limit(1),
    )
    return db.with(three).delete(gates).where(sql`${gates.itemId} = (select n from three)`)
  },
  touch: (db) => db.update(itemsModule.items).set({ price: 77 }),
}

let w: World
let call: Call
beforeEach(async () => {
  w = await world({ cache: cacheOver(new MemoryStore(8_388_608, undefined)) })
  await createTables(w.database, { gates })
  const route = routeOf<typeof schema>()
  const routes: HandwrittenRoute[] = Object.entries(writes).map(([name, write]) =>
    route(
      createRoute({
        method: "post",
        path: `/writes/${name}`,
        responses: { 200: { description: "Done", content: { "application/json": { schema: z.null() } } } },
      }),
      async (c) => {
        await write(c.var.db)
        return c.json(null, 200)
      },
    ),
  )
  const hidden = { hashed_password: { read: nobody } }
  const api = defineApi({
    title: "Gates",
    version: "0.0.0",
    accounts: false,
    resources: [resource(usersModule, { fields: hidden }), resource(itemsModule, { read: gated })],
    routes,
    schema,
  })
  call = caller(appOver(w.database, { subject: { ...fixture, api }, cache: w.cache }).app)
})
afterEach(() => w.close())

test("what c.var.db writes to a table that only the schema has outdates the answers that depend on it", async () => {
  const read = async () => {
    const answer = await call("GET", "/items?fields=id&sort=id")
    expect(answer.status, answer.text).toBe(200)
    const isHit = /^Weir; hit/.test(answer.headers.get("cache-status") ?? "")
    return [(answer.body as { id: number }[]).map(({ id }) => id), isHit]
  }
  const after = async (write: string) => {
    const answer = await call("POST", `/writes/${write}`)
    expect(answer.status, answer.text).toBe(200)
    const [ids, isHit] = await read()
    expect(isHit, write).toBe(false)
    expect(await read(), write).toEqual([ids, true])
    return ids
  }
  expect(await read()).toEqual([[], false])
  expect(await read()).toEqual([[], true])
  expect(await after("insert")).toEqual([1])
  expect(await after("update")).toEqual([2])
  expect(await after("upsert")).toEqual([1, 2])
  expect(await after("batch")).toEqual([1, 3])
  expect(await after("with")).toEqual([1])
  expect(await after("touch")).toEqual([1])
  expect(await after("delete")).toEqual([])
})
