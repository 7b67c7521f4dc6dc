// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { eq, relations, sql } from "drizzle-orm"
import { integer as pgInteger, pgTable, text as pgText, timestamp as pgTimestamp } from "drizzle-orm/pg-core"
import { integer as sqliteInteger, sqliteTable, text as sqliteText } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, nobody, signedIn, viewerIs } from "../../../src/weir/resource/rules.ts"
import {
  collection,
  id,
  integer,
  references,
  rowHistory,
  table,
  text,
  timestamp,
  timestamps,
  version,
} from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const isPostgres = dialectName === "postgres"

const shelves = table("shelves", { id: id(), name: text({ max: 20 }).notNull() })
const lamps = table("lamps", {
  id: id(),
  code: text({ max: 20 }).notNull().unique(),
  price: integer(),
  cost: integer(),
  owner_id: integer(),
  shelf_id: references(() => shelves.id),
  deleted_at: timestamp(),
  rev: version({ name: "revision" }),
})
const clocks = table("clocks", { id: id(), name: text({ max: 20 }), ...timestamps() })
const memos = collection("memos")

/** Plain tables: a number without a default, one with, and a time of six digits. */
const plain = isPostgres
  ? pgTable("plain", {
      id: pgInteger().primaryKey(),
      name: pgText(),
      rev: pgInteger().notNull(),
      count: pgInteger().default(7),
      at: pgTimestamp({ precision: 6, withTimezone: true, mode: "string" })
        .notNull()
        .$onUpdate(() => sql`clock_timestamp()` as unknown as string),
    })
  : sqliteTable("plain", {
      id: sqliteInteger().primaryKey(),
      name: sqliteText(),
      rev: sqliteInteger().notNull(),
      count: sqliteInteger().default(7),
      at: sqliteText()
        .notNull()
        .$onUpdate(() => new Date().toISOString()),
    })

const shelvesRelations = relations(shelves, ({ many }) => ({ lamps: many(lamps) }))
const lampsRelations = relations(lamps, ({ one }) => ({
  shelf: one(shelves, { fields: [lamps.shelf_id], references: [shelves.id] }),
}))

let w: World
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { rowHistory, shelves, lamps, clocks, memos, plain })
})
afterEach(async () => {
  const client = w.database.connect()
  const names = ["lamps", "shelves", "clocks", "memos", "plain", "weir_row_history"]
  await client.batch(names.map((name) => ({ text: `drop table ${name}`, params: [] })))
  await client.close?.()
  await w.close()
})

const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
const lampOptions = {
  ...open,
  history: true,
  replace: true,
  upsert: ["code"] as const,
  softDelete: "deleted_at" as const,
  restore: signedIn,
  fields: { cost: { read: admin }, price: { read: anyone } },
  embed: { shelf: {} },
}
const lampsOf = (options = {}): Call =>
  appOf(
    w,
    resource({ lamps, lampsRelations }, { ...lampOptions, ...options }),
    resource({ shelves, shelvesRelations }, { ...open, embed: { lamps: {} } }),
  )

const etag = ({ headers }: Answer): string => headers.get("etag") as string
const number = (answer: Answer): string => etag(answer).slice(1, -1).split(".")[0] as string
/** Sends by Ann, and expects that status. */
const sender =
  (call: Call) =>
  async (
    request: string,
    json?: unknown,
    status = 200,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const [method, path] = request.split(" ") as [string, string]
    const answer = await call(method, path, {
      token: w.ann.token,
      headers,
      ...(json === undefined ? {} : { json }),
    })
    expect(answer.status, `${request}: ${answer.text}`).toBe(status)
    return answer
  }

describe("version()", () => {
  test("is 1 at first, and each write that changes the row counts it up", async () => {
    const send = sender(lampsOf())
    const created = await send("POST /lamps", { code: "a", price: 1 }, 201)
    expect(etag(created)).toMatch(/^"1\.[0-9a-f]{8}"$/)
    expect(created.body).toMatchObject({ id: 1, rev: 1 })
    const counted: [request: string, json?: unknown, status?: number][] = [
      ["PATCH /lamps/1", { price: 2 }],
      ["PATCH /lamps/1?fields=price", { price: 2 }],
      ["PUT /lamps/1", { code: "a", price: 3 }],
      ["POST /lamps?on_conflict=code", { code: "a", price: 4 }],
      ["PATCH /lamps/1?from_version=1"],
    ]
    let last = 1
    for (const [request, json, status] of counted) {
      const answer = await send(request, json, status)
      expect(number(answer), request).toBe(String(++last))
      expect(etag(await send("GET /lamps/1")), request).toBe(etag(answer))
    }
    await send("POST /lamps?on_conflict=code&resolution=ignore", { code: "a", price: 9 })
    expect(number(await send("GET /lamps/1"))).toBe(String(last))
    await send("DELETE /lamps/1", undefined, 204)
    expect(number(await send("POST /lamps/1/restore"))).toBe(String(last + 2))
    const operations = [
      { id: "new", method: "POST", path: "/lamps", body: { code: "b" } },
      { method: "PATCH", path: "/lamps/{new.id}", body: { price: 5 } },
      { method: "PATCH", path: "/lamps/1", body: { price: 5 }, headers: { "If-Match": `"${last + 2}"` } },
    ]
    const { results } = (await send("POST /batch", { operations })).body as {
      results: { etag: string; body: { rev: number } }[]
    }
    expect(results.map(({ etag: tag, body }) => [tag.split(".")[0], body.rev])).toEqual([
      ['"1', 1],
      ['"2', 2],
      [`"${last + 3}`, last + 3],
    ])
  })

  test("no client sets it, and a team's own update counts it up as well", async () => {
    const send = sender(lampsOf())
    await send("POST /lamps", { code: "a", rev: 5 }, 422)
    await send("POST /lamps", { code: "a" }, 201)
    await send("PATCH /lamps/1", { rev: 5 }, 422)
    const client = w.database.connect()
    await handleOf(() => client)
      .update(lamps)
      .set({ price: 8 })
      .where(eq(lamps.id, 1))
    await client.close?.()
    expect((await send("GET /lamps/1")).body).toMatchObject({ rev: 2, price: 8 })
  })

  test("If-Match names it, by the ETag that any viewer was given, or by the number alone", async () => {
    const call = lampsOf()
    const send = sender(call)
    const created = await send("POST /lamps", { code: "a", price: 1, cost: 1 }, 201)
    const asRoot = await call("GET", "/lamps/1", { token: w.root.token })
    expect(etag(asRoot)).not.toBe(etag(created))
    expect(number(asRoot)).toBe("1")
    const first = await send("PATCH /lamps/1", { price: 2 }, 200, { "if-match": etag(asRoot) })
    const late = await send("PATCH /lamps/1", { price: 3 }, 412, { "if-match": etag(created) })
    expect(late.body).toMatchObject({ code: "precondition_failed", current: first.body })
    expect(etag(late)).toBe(etag(first))
    await send("PATCH /lamps/1", { price: 3 }, 412, { "if-match": '"1", "3"' })
    await send("PATCH /lamps/1", { price: 3 }, 412, { "if-none-match": '"2"' })
    await send("PATCH /lamps/1", { price: 3 }, 200, { "if-match": '"1", "2"' })
    await send("PUT /lamps/1", { code: "a" }, 200, { "if-match": '"3"' })
    await send("DELETE /lamps/1", undefined, 412, { "if-match": '"3"' })
    await send("DELETE /lamps/1", undefined, 204, { "if-match": '"4"' })
  })

  test("of writers that race with one number, one wins, and nothing is lost", async () => {
    const call = lampsOf()
    await sender(call)("POST /lamps", { code: "a", price: 0 }, 201)
    const { token } = w.ann
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        call("PATCH", "/lamps/1", { token, headers: { "if-match": '"1"' }, json: { price: n } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)])
    expect((await call("GET", "/lamps/1")).body).toMatchObject({ rev: 2 })
  })

  test("a change of what a viewer does not see is one of the ETag, and of no more", async () => {
    const call = lampsOf({ fields: { ...lampOptions.fields, rev: { read: nobody } } })
    const send = sender(call)
    await send("POST /lamps", { code: "a", price: 1, cost: 1 }, 201)
    const before = await call("GET", "/lamps/1")
    await send("PATCH /lamps/1", { cost: 2 })
    const after = await call("GET", "/lamps/1")
    expect(after.text).toBe(before.text)
    expect(after.text).not.toContain("rev")
    expect([number(before), number(after)]).toEqual(["1", "2"])
    expect((await call("GET", "/lamps/1", { headers: { "if-none-match": etag(after) } })).status).toBe(304)
  })

  test("no viewer is told that it has an answer that was another's", async () => {
    const own = { fields: { ...lampOptions.fields, price: { read: viewerIs("owner_id") } } }
    const call = lampsOf(own)
    const send = sender(call)
    await send("POST /lamps", { code: "a", price: 1, owner_id: 1 }, 201)
    const tags = new Map<string, string>()
    for (const [name, token] of [
      ["ann", w.ann.token],
      ["bob", w.bob.token],
      ["root", w.root.token],
      ["nobody", undefined],
    ] as const) {
      const answer = await call("GET", "/lamps/1", { token })
      for (const [other, tag] of tags) {
        const held = await call("GET", "/lamps/1", { token, headers: { "if-none-match": tag } })
        expect(held.status, `${name} with the ETag of ${other}`).toBe(200)
      }
      tags.set(name, etag(answer))
    }
    expect(new Set(tags.values()).size).toBe(4)
  })

  test("_version, in lists, single reads and embeds, and of any fields", async () => {
    const send = sender(lampsOf())
    await send("POST /shelves", { name: "top" }, 201)
    await send(
      "POST /lamps",
      [
        { code: "a", shelf_id: 1 },
        { code: "b", shelf_id: 1 },
      ],
      201,
    )
    const changed = etag(await send("PATCH /lamps/2", { price: 2 })).slice(1, -1)
    const fresh = etag(await send("GET /lamps/1?fields=code")).slice(1, -1)
    expect(fresh).toMatch(/^1\./)
    const both = [
      { id: 1, _version: fresh },
      { id: 2, _version: changed },
    ]
    expect((await send("GET /lamps?fields=id,_version&sort=id")).body).toEqual(both)
    expect((await send("GET /lamps/2?fields=id,_version")).body).toEqual(both[1])
    const embedded = await send(
      "GET /shelves/1?fields=id&include=lamps&include.lamps.fields=id,_version&include.lamps.sort=id",
    )
    expect(embedded.body).toEqual({ id: 1, lamps: both })
    const shelf = etag(await send("GET /shelves/1")).slice(1, -1)
    const up = await send("GET /lamps/1?fields=id&include=shelf&include.shelf.fields=id,_version")
    expect(up.body).toEqual({ id: 1, shelf: { id: 1, _version: shelf } })
    // An answer with embeds has an ETag of its own.
    const one = await send("GET /lamps/1?include=shelf")
    await send("PATCH /shelves/1", { name: "low" })
    expect(etag(await send("GET /lamps/1?include=shelf"))).not.toBe(etag(one))
  })

  test("changes of many rows count it up, and hold by it", async () => {
    const send = sender(lampsOf({ bulk: true }))
    await send("POST /lamps", [{ code: "a" }, { code: "b" }], 201)
    const tag = etag(await send("GET /lamps/1")).slice(1, -1)
    const each = await send("PATCH /lamps?fields=id,_version", [
      { id: 1, price: 1, _version: tag },
      { id: 2, price: 1, _version: "1" },
    ])
    const [first] = each.body as { _version: string }[]
    expect(first?._version).toBe(etag(await send("GET /lamps/1")).slice(1, -1))
    await send("PATCH /lamps", [{ id: 1, price: 2, _version: "1" }], 412)
    await send("PATCH /lamps?id[lte]=2", { price: 3 })
    expect((await send("GET /lamps?fields=id,rev&sort=id")).body).toEqual([
      { id: 1, rev: 3 },
      { id: 2, rev: 3 },
    ])
  })

  test("a retry and a rehearsal are answered with it", async () => {
    const send = sender(lampsOf())
    const rehearsed = await send("POST /lamps", { code: "a" }, 201, { prefer: "tx=rollback" })
    const first = await send("POST /lamps", { code: "a" }, 201, { "idempotency-key": "k" })
    const again = await send("POST /lamps", { code: "a" }, 201, { "idempotency-key": "k" })
    expect([etag(again), again.text]).toEqual([etag(first), first.text])
    expect(etag(rehearsed)).toBe(etag(first))
    const path = `PATCH ${first.headers.get("location")}`
    const patch = await send(path, { price: 2 }, 200, {
      prefer: "tx=rollback",
      "if-match": '"1"',
    })
    expect(etag(await send(path, { price: 2 }, 200, { "if-match": '"1"' }))).toBe(etag(patch))
  })
})

describe("version: a column", () => {
  test("that is a plain number: the engine sets and counts it", async () => {
    const send = sender(appOf(w, resource(plain as never, { ...open, version: "rev" } as never)))
    expect((await send("POST /plain", { id: 1, name: "a" }, 201)).body).toMatchObject({ rev: 1 })
    await send("POST /plain", { id: 2, rev: 3 }, 422)
    const patched = await send("PATCH /plain/1", { name: "b" }, 200, { "if-match": '"1"' })
    expect([number(patched), patched.body]).toEqual(["2", expect.objectContaining({ rev: 2 })])
    await send("PATCH /plain/1", { name: "c" }, 412, { "if-match": '"1"' })
  })

  test("that may be null, and has a default of its own", async () => {
    const send = sender(
      appOf(
        w,
        resource(
          plain as never,
          { ...open, version: "count", fields: { rev: { initially: () => 0 } } } as never,
        ),
      ),
    )
    expect(number(await send("POST /plain", { id: 1 }, 201))).toBe("7")
    const client = w.database.connect()
    await client.batch([{ text: "update plain set count = null", params: [] }])
    await client.close?.()
    expect(number(await send("GET /plain/1"))).toBe("0")
    expect((await send("PATCH /plain/1", { name: "b" }, 200, { "if-match": '"0"' })).body).toMatchObject({
      count: 1,
    })
  })

  test("that is a time, with all of its digits", async () => {
    const timed = sender(appOf(w, resource(clocks, { ...open, version: "updated_at" })))
    const clock = await timed("POST /clocks", { name: "a" }, 201)
    const { updated_at } = clock.body as { updated_at: string }
    expect(etag(clock)).toMatch(new RegExp(`^"${updated_at.replaceAll(".", "\\.")}\\.[0-9a-f]{8}"$`))
    await timed("PATCH /clocks/1", { name: "b" }, 200, { "if-match": `"${updated_at}"` })
    if (!isPostgres) return
    const send = sender(
      appOf(
        w,
        resource(
          plain as never,
          { ...open, version: "at", fields: { rev: { initially: () => 0 } } } as never,
        ),
      ),
    )
    await send("POST /plain", { id: 1 }, 201)
    const one = await send("PATCH /plain/1", { name: "a" })
    expect(etag(one)).toMatch(/\d\d\.\d{4,6}Z\.[0-9a-f]{8}"$/)
    await send("PATCH /plain/1", { name: "b" }, 200, { "if-match": etag(one) })
    await send("PATCH /plain/1", { name: "b" }, 412, { "if-match": etag(one) })
  })

  test.runIf(isPostgres)("xmin", async () => {
    const call = appOf(
      w,
      resource({ lamps, lampsRelations }, { ...lampOptions, version: "xmin" }),
      resource({ shelves, shelvesRelations }, { ...open, version: "xmin", embed: { lamps: {} } }),
    )
    const send = sender(call)
    await send("POST /shelves", { name: "top" }, 201)
    const created = await send("POST /lamps", { code: "a", shelf_id: 1 }, 201)
    expect(etag(created)).toMatch(/^"\d+\.[0-9a-f]{8}"$/)
    const read = await send("GET /lamps/1")
    expect(etag(read)).toBe(etag(created))
    const patched = await send("PATCH /lamps/1", { price: 2 }, 200, { "if-match": `"${number(read)}"` })
    await send("PATCH /lamps/1", { price: 2 }, 412, { "if-match": etag(read) })
    const tag = etag(patched).slice(1, -1)
    expect((await send("GET /lamps?fields=_version")).body).toEqual([{ _version: tag }])
    const embedded = await send("GET /shelves?fields=id&include=lamps&include.lamps.fields=_version")
    expect(embedded.body).toEqual([{ id: 1, lamps: [{ _version: tag }] }])
    const up = await send(
      "GET /lamps?fields=id&include=shelf.lamps&include.shelf.fields=_version&include.shelf.lamps.fields=_version",
    )
    expect(up.body).toMatchObject([{ shelf: { _version: expect.any(String), lamps: [{ _version: tag }] } }])
    const upsert = await send("POST /lamps?on_conflict=code", { code: "a", price: 4 })
    expect(etag(await send("GET /lamps/1"))).toBe(etag(upsert))
  })

  test("of a collection: its documents", async () => {
    const send = sender(appOf(w, resource(memos, { ...open, version: "_updated_at" })))
    const put = await send("PUT /memos/n", { color: "red" }, 201)
    const at = (put.body as { _updated_at: string })._updated_at
    expect(etag(put)).toContain(at)
    await send("PATCH /memos/n", { color: "blue" }, 412, { "if-match": '"2020-01-01T00:00:00.000Z"' })
    await send("PATCH /memos/n", { color: "blue" }, 200, { "if-match": etag(put) })
  })

  test("a wrong one is one line at the start", () => {
    const lines: [options: object, line: string][] = [
      [{ version: "none" }, 'lamps: version names "none", which is no column'],
      [{ version: "id" }, 'lamps: version names "id", which is the key, and never changes'],
      [{ version: "code" }, 'lamps: version names "code", which is no whole number and no time (text)'],
      [
        { version: "deleted_at" },
        'lamps: version names "deleted_at", which is not set by each update: give it $onUpdate',
      ],
      [
        { version: "price", fields: { price: { write: signedIn } } },
        'lamps: version names "price", which clients may set: its rules to write it must go',
      ],
      [
        { fields: { rev: { update: anyone } } },
        'lamps: version names "rev", which clients may set: its rules to write it must go',
      ],
    ]
    if (!isPostgres)
      lines.push([
        { version: "xmin" },
        'lamps: version names "xmin", which Postgres alone has: name a column, such as one made by version()',
      ])
    for (const [options, line] of lines)
      expect(() => resource(lamps, { ...open, ...options } as never)).toThrow(new Error(line))
  })
})
