// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { anyone, nobody, through } from "../../../src/weir/index.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { id, integer, references, rowHistory, table, text } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const primaryKey = (dialectName === "postgres" ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey

const lamps = table("lamps", { id: id(), title: text({ max: 40 }), price: integer() })
const tags = table("tags", { id: id(), name: text({ max: 40 }) })
const ends = () => ({
  lamp_id: references(() => lamps.id).notNull(),
  tag_id: references(() => tags.id).notNull(),
})
/** Links that are there once by their key, and links that no index keeps from being there twice. */
const links = table("links", ends(), (t) => [primaryKey({ columns: [t.lamp_id, t.tag_id] })])
const marks = table("marks", { id: id(), ...ends() })

const lampsRelations = relations(lamps, ({ many }) => ({ links: many(links), marks: many(marks) }))
const tagsRelations = relations(tags, ({ many }) => ({ links: many(links), marks: many(marks) }))
const linksRelations = relations(links, ({ one }) => ({
  lamp: one(lamps, { fields: [links.lamp_id], references: [lamps.id] }),
  tag: one(tags, { fields: [links.tag_id], references: [tags.id] }),
}))
const marksRelations = relations(marks, ({ one }) => ({
  lamp: one(lamps, { fields: [marks.lamp_id], references: [lamps.id] }),
  tag: one(tags, { fields: [marks.tag_id], references: [tags.id] }),
}))

const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, lamps, tags, links, marks }, { foreignKeys: true })
  call = appOf(
    w,
    resource({ users }, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(
      { lamps, lampsRelations },
      {
        ...open,
        bulk: true,
        history: true,
        embed: { tags: through("links", "tag"), marked: through("marks", "tag") },
      },
    ),
    resource({ tags, tagsRelations }, { ...open, embed: {} }),
    resource({ links, linksRelations }, { ...open, embed: { lamp: {}, tag: {} } }),
    resource({ marks, marksRelations }, { ...open, embed: { lamp: {}, tag: {} } }),
  )
})
afterEach(async () => {
  for (const name of ["marks", "links", "tags", "lamps", "weir_row_history"]) await run(`drop table ${name}`)
  await w.close()
})

async function run(text: string): Promise<void> {
  const client = w.database.connect()
  await client.batch([{ text, params: [] }])
  await client.close?.()
}

const replayed = ({ headers }: Answer) => headers.get("idempotency-replayed")
const told = ({ status, text, headers }: Answer) => [status, text, headers.get("etag")]
const keyed = (key: string, method: string, path: string, json?: unknown) =>
  call(method, path, { headers: { "idempotency-key": key }, ...(json === undefined ? {} : { json }) })

/** What a request that finds nothing to do is answered with; a retry of it gets the same after `meanwhile`. */
async function doesNothingTwice(
  [method, path, json]: [string, string, unknown?],
  meanwhile: () => Promise<unknown>,
): Promise<Answer> {
  const first = await keyed("nothing", method, path, json)
  expect(first.status, first.text).toBeLessThan(300)
  expect(replayed(first)).toBeNull()
  await meanwhile()
  const again = await keyed("nothing", method, path, json)
  expect([told(again), replayed(again)]).toEqual([told(first), "true"])
  const other = await keyed("nothing", method, path, json === undefined ? {} : { odd: 1 })
  expect([other.status, (other.body as { code?: string }).code]).toEqual([422, "idempotency_key_reused"])
  return first
}

const done = async (method: string, path: string, json?: unknown): Promise<Answer> => {
  const answer = await call(method, path, json === undefined ? {} : { json })
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer
}
const rows = async (path: string) => (await done("GET", path)).body as Record<string, unknown>[]
const lamp = { title: "Lamp", price: 3 }

describe("a write that finds nothing to change is done, and a retry changes nothing either", () => {
  test("a delete of all that filters find", async () => {
    const first = await doesNothingTwice(["DELETE", "/lamps?price=3"], () => done("POST", "/lamps", lamp))
    expect(first.body).toEqual({ count: 0 })
    expect(await rows("/lamps")).toHaveLength(1)
  })

  test("a patch of all that filters find", async () => {
    const patch: [string, string, unknown] = ["PATCH", "/lamps?price=3", { price: 4 }]
    const first = await doesNothingTwice(patch, () => done("POST", "/lamps", lamp))
    expect(first.body).toEqual({ count: 0 })
    expect(await rows("/lamps")).toMatchObject([{ price: 3 }])
  })

  test("a version that the row already is", async () => {
    await done("POST", "/lamps", lamp)
    const first = await doesNothingTwice(["PATCH", "/lamps/1?from_version=1"], () =>
      done("PATCH", "/lamps/1", { price: 5 }),
    )
    expect(first.body).toMatchObject({ price: 3 })
    expect(await rows("/lamps")).toMatchObject([{ price: 5 }])
    expect(await rows("/lamps/1/history")).toHaveLength(2)
  })

  test.each(["tags", "marked"])("a link of %s that is there", async (name) => {
    await done("POST", "/lamps", lamp)
    await done("POST", "/tags", { name: "new" })
    const path = `/lamps/1/${name}/1`
    await done("PUT", path)
    await doesNothingTwice(["PUT", path], () => done("DELETE", path))
    expect(await rows(`/lamps/1/${name}`)).toEqual([])
  })

  test("a rehearsal uses up no key", async () => {
    const headers = { "idempotency-key": "later", prefer: "tx=rollback" }
    expect((await call("DELETE", "/lamps?price=3", { headers })).body).toEqual({ count: 0 })
    await done("POST", "/lamps", lamp)
    const answer = await keyed("later", "DELETE", "/lamps?price=3")
    expect([answer.body, replayed(answer)]).toEqual([{ count: 1 }, null])
  })
})

describe("of equal requests at once, one is done, and all are told the same", () => {
  const atOnce = async (send: () => Promise<Answer>): Promise<Answer> => {
    const all = await Promise.all(Array.from({ length: 30 }, send))
    expect([...new Set(all.map((one) => JSON.stringify(told(one))))]).toHaveLength(1)
    expect(all.filter((one) => replayed(one) === null)).toHaveLength(1)
    return all[0] as Answer
  }

  test("deletes and patches of all that filters find", async () => {
    for (let i = 0; i < 5; i++) {
      await done(
        "POST",
        "/lamps",
        [1, 2, 3, 4, 5].map(() => lamp),
      )
      const patched = await atOnce(() => keyed(`p${i}`, "PATCH", "/lamps?price=3", { price: 4 }))
      expect(patched.body).toEqual({ count: 5 })
      const deleted = await atOnce(() => keyed(`d${i}`, "DELETE", "/lamps?price=4"))
      expect(deleted.body).toEqual({ count: 5 })
    }
  })

  test("links, also those that no index keeps from being there twice", async () => {
    await done("POST", "/lamps", lamp)
    await done("POST", "/tags", { name: "new" })
    for (const name of ["tags", "marked"]) {
      const linked = await atOnce(() => keyed(`l-${name}`, "PUT", `/lamps/1/${name}/1`))
      expect(linked.status).toBe(204)
      expect(await rows(`/lamps/1/${name}`)).toHaveLength(1)
      expect((await atOnce(() => keyed(`u-${name}`, "DELETE", `/lamps/1/${name}/1`))).status).toBe(204)
    }
  })

  test("versions that the row already is", async () => {
    await done("POST", "/lamps", lamp)
    await done("PATCH", "/lamps/1", { price: 5 })
    const back = await atOnce(() => keyed("back", "PATCH", "/lamps/1?from_version=1", {}))
    expect(back.body).toMatchObject({ price: 3 })
    expect(await rows("/lamps/1/history")).toHaveLength(3)
  })

  test("batches that only delete, and batches that only read", async () => {
    await done("POST", "/lamps", [lamp, lamp])
    const operations = [1, 2].map((n) => ({ method: "DELETE", path: `/lamps/${n}` }))
    const deleted = await atOnce(() => keyed("batch", "POST", "/batch", { operations }))
    expect(deleted.body).toMatchObject({ results: [{ status: 204 }, { status: 204 }] })
    const reads = { operations: [{ method: "GET", path: "/lamps" }] }
    const seen = await atOnce(() => keyed("reads", "POST", "/batch", reads))
    expect(seen.body).toMatchObject({ results: [{ status: 200, body: [] }] })
    await done("POST", "/lamps", lamp)
    expect(told(await keyed("reads", "POST", "/batch", reads))).toEqual(told(seen))
  })
})

test("a batch that only deletes is done once, also where its answer was not kept any more", async () => {
  await done("POST", "/lamps", lamp)
  const operations = [{ method: "DELETE", path: "/lamps/1" }]
  const first = await keyed("batch", "POST", "/batch", { operations })
  expect(first.status, first.text).toBe(200)
  await run("delete from weir_write_records where position = 2000000000")
  const again = await keyed("batch", "POST", "/batch", { operations })
  expect([told(again), replayed(again)]).toEqual([told(first), "true"])
})
