// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { collection, id, integer, references, table, text } from "../../../src/weir/schema.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const tags = table("tags", {
  id: id(),
  name: text({ max: 40 }).notNull().unique(),
  item_id: references(() => items.items.id),
})
const tagsRelations = relations(tags, ({ one }) => ({
  item: one(items.items, { fields: [tags.item_id], references: [items.items.id] }),
}))
const reviews = collection("reviews", {
  references: { item_id: { to: items.items, required: true } },
  schema: { type: "object", properties: { stars: { type: "integer" } } },
})

const keyOf = (dialectName === "postgres" ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey

/** Rows whose key has two columns. */
const shelves = table(
  "shelves",
  { room: integer().notNull(), place: text({ max: 20 }).notNull(), size: integer() },
  ({ room, place }) => [keyOf({ columns: [room, place] })],
)

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { tags, reviews, shelves }, { foreignKeys: true })
  await run("delete from items")
  call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
    resource(items, {
      read: anyone,
      create: signedIn,
      update: owner,
      delete: owner,
      fields: { owner_id: { initially: (viewer) => viewer.id } },
      embed: { owner: {} },
    }),
    resource({ tags, tagsRelations }, { read: anyone, create: signedIn, update: signedIn, delete: signedIn }),
    resource(shelves, { read: anyone, create: signedIn, update: signedIn, delete: signedIn }),
    resource(reviews, { read: anyone, create: signedIn, update: signedIn, delete: signedIn }),
  )
})
afterEach(async () => {
  await run("drop table tags")
  await run("drop table reviews")
  await run("drop table shelves")
  await w.close()
})

async function run(text: string): Promise<unknown[][]> {
  const client = w.database.connect()
  const [rows = []] = await client.batch([{ text, params: [] }])
  await client.close?.()
  return rows
}
const count = async (name: string) => Number((await run(`select count(*) from ${name}`))[0]?.[0])
const batch = (operations: object[], headers: Record<string, string> = {}, token = w.ann.token) =>
  call("POST", "/batch", { token, headers, json: { operations } })
const results = ({ body }: Answer) =>
  (body as { results: { id: string; status: number; body: Record<string, unknown> }[] }).results
const problem = ({ status, body }: Answer) => {
  const { code, operation, errors } = body as {
    code: string
    operation: string
    errors?: { path: string; code: string }[]
  }
  return { status, code, operation, errors: errors?.map((one) => `${one.path} ${one.code}`) }
}
const lamp = { title: "Lamp", price: 10 }

describe("a batch", () => {
  test("writes several resources, whose later operations name rows of earlier ones", async () => {
    const answer = await batch([
      { id: "lamp", method: "POST", path: "/items", body: lamp },
      { id: "tag", method: "POST", path: "/tags", body: { name: "new", item_id: { $ref: "lamp.id" } } },
      { id: "review", method: "POST", path: "/reviews", body: { item_id: { $ref: "lamp.id" }, stars: 5 } },
      { id: "cheaper", method: "PATCH", path: "/items/{lamp.id}", body: { price: 7 } },
      { id: "renamed", method: "PATCH", path: '/tags/{"$ref":"tag.id"}', body: { name: "newest" } },
      { id: "seen", method: "GET", path: "/items/{lamp.id}?include=owner" },
      { id: "tagged", method: "GET", path: "/tags?sort=-id" },
    ])
    expect(answer.status, answer.text).toBe(200)
    const [made, tag, review, cheaper, renamed, seen, tagged] = results(answer)
    expect(results(answer).map((one) => one.status)).toEqual([201, 201, 201, 200, 200, 200, 200])
    const itemId = made?.body.id
    expect(itemId).toBeTypeOf("number")
    expect(made?.body).toMatchObject({ price: 10, owner_id: w.ann.id })
    expect(made).toMatchObject({ id: "lamp", location: `/items/${itemId}`, etag: expect.any(String) })
    expect(tag?.body).toMatchObject({ item_id: itemId })
    expect(review?.body).toMatchObject({ item_id: itemId, stars: 5 })
    expect(cheaper?.body).toMatchObject({ id: itemId, price: 7 })
    expect(renamed?.body).toMatchObject({ id: tag?.body.id, name: "newest" })
    expect(seen?.body).toMatchObject({ id: itemId, price: 7, owner: { id: w.ann.id } })
    expect(tagged?.body).toMatchObject([{ name: "newest" }])
    expect(await count("weir_write_records")).toBe(0)
  })

  test("100 creates, of which many are alike: each gets its row, and the one at fault is named", async () => {
    const operationsOf = (name: string) =>
      Array.from({ length: 100 }, (_, i) =>
        i % 10 === 9
          ? { id: `t${i}`, method: "POST", path: "/tags", body: { name: `${name} ${i}` } }
          : { id: `i${i}`, method: "POST", path: "/items", body: { title: `Item ${i}`, price: i + 0.1 } },
      )
    const operations = operationsOf("tag")
    const answer = await batch(operations)
    expect(answer.status, answer.text).toBe(200)
    const made = results(answer) as unknown as { id: string; location: string; body: { id: number } }[]
    for (const [i, { id, location, body }] of made.entries()) {
      expect(id).toBe(operations[i]?.id)
      expect(body).toMatchObject(operations[i]?.body as object)
      expect(location).toBe(`${operations[i]?.path}/${body.id}`)
      expect((await call("GET", location)).body).toMatchObject(operations[i]?.body as object)
    }
    const wrong = operationsOf("other").map((one, i) =>
      i === 57 ? { ...one, body: { ...one.body, owner_id: 999 } } : one,
    )
    const refused = await batch(wrong)
    expect(problem(refused)).toMatchObject({ status: 422, operation: "i57" })
    expect([await count("items"), await count("tags")]).toEqual([90, 10])
  })

  test("a read that was of nothing once is of its row the next time", async () => {
    const read = async (id: unknown) =>
      (
        await batch([
          { method: "POST", path: "/tags", body: { name: crypto.randomUUID() } },
          { id: "seen", method: "GET", path: `/items/${id}?fields=id` },
        ])
      ).status
    const [made] = results(await batch([{ method: "POST", path: "/items", body: lamp }]))
    const id = made?.body.id
    expect([
      await read(id),
      await read(399_999),
      await read(id),
      await read(399_999),
      await read(id),
    ]).toEqual([200, 404, 200, 404, 200])
  })

  test("If-Match: * holds for a row that the batch has changed or made before", async () => {
    const operations = [
      { id: "lamp", method: "POST", path: "/items", body: lamp },
      { method: "PATCH", path: "/items/{lamp.id}", body: { price: 2 }, headers: { "If-Match": "*" } },
      { method: "PATCH", path: "/items/{lamp.id}", body: { price: 3 }, headers: { "If-Match": "*" } },
    ]
    const answer = await batch(operations)
    expect(answer.status, answer.text).toBe(200)
    const item = results(answer)[0]?.body.id
    const twice = [4, 5].map((price) => ({
      method: "PATCH",
      path: `/items/${item}`,
      body: { price },
      headers: { "If-Match": "*" },
    }))
    const again = await batch(twice)
    expect(results(again).map(({ body }) => body.price)).toEqual([4, 5])
  })

  test("headers that no operation takes are named, and nothing is written", async () => {
    for (const [header, value] of Object.entries({
      Prefer: "tx=rollback",
      "Idempotency-Key": "k",
      "If-Mach": "*",
    })) {
      const answer = await batch([
        { method: "POST", path: "/items", body: lamp, headers: { [header]: value } },
      ])
      expect(problem(answer)).toMatchObject({
        status: 422,
        errors: [`operations.0.headers.${header} unknown_field`],
      })
    }
    expect(await count("items")).toBe(0)
  })

  test("arrays: a row of one is named by its place", async () => {
    const answer = await batch([
      { id: "two", method: "POST", path: "/items", body: [lamp, { title: "Desk", price: 20 }] },
      { method: "POST", path: "/tags", body: [{ name: "a", item_id: { $ref: "two.1.id" } }, { name: "b" }] },
    ])
    expect(answer.status, answer.text).toBe(200)
    const [two, tag] = results(answer) as unknown as { body: { id: number; item_id: number }[] }[]
    expect(tag?.body[0]?.item_id).toBe(two?.body[1]?.id)
  })

  test("If-Match of a row that the batch makes: only that it is there", async () => {
    const operations = (match: string) => [
      { id: "lamp", method: "POST", path: "/items", body: lamp },
      {
        id: "cheap",
        method: "PATCH",
        path: "/items/{lamp.id}",
        body: { price: 1 },
        headers: { "If-Match": match },
      },
    ]
    expect((await batch(operations("*"))).status).toBe(200)
    expect(problem(await batch(operations('"a"')))).toMatchObject({ status: 412, operation: "cheap" })
    const document = await batch([
      { id: "lamp", method: "POST", path: "/items", body: lamp },
      { id: "made", method: "POST", path: "/reviews", body: { item_id: { $ref: "lamp.id" }, stars: 1 } },
      { id: "patched", method: "PATCH", path: "/reviews/{made._id}", body: { stars: 2 } },
    ])
    expect(problem(document)).toMatchObject({ status: 409, operation: "patched" })
    expect(await count("reviews")).toBe(0)
  })

  test("a row whose key has several columns, by its parts in paths and as a value", async () => {
    const answer = await batch([
      { id: "shelf", method: "POST", path: "/shelves", body: { room: 1, place: "top", size: 5 } },
      { id: "wider", method: "PATCH", path: "/shelves/{shelf.room},{shelf.place}", body: { size: 6 } },
      { id: "mixed", method: "PATCH", path: "/shelves/1,{shelf.place}", body: { size: 7 } },
      { id: "other", method: "POST", path: "/shelves", body: { room: { $ref: "shelf.size" }, place: "x" } },
    ])
    expect(answer.status, answer.text).toBe(200)
    const [, wider, mixed, other] = results(answer)
    expect([wider?.body, mixed?.body]).toMatchObject([{ size: 6 }, { size: 7, room: 1, place: "top" }])
    expect(other?.body).toMatchObject({ room: 7, place: "x" })
  })

  test("what was read before the first write may be named", async () => {
    await call("POST", "/items", { token: w.ann.token, json: lamp })
    const answer = await batch([
      { id: "found", method: "GET", path: "/items?title=Lamp" },
      { method: "POST", path: "/tags", body: { name: "x", item_id: { $ref: "found.0.id" } } },
    ])
    expect(answer.status, answer.text).toBe(200)
    expect(results(answer)[1]?.body.item_id).toBeTypeOf("number")
  })

  test("deletes, nested paths and If-Match for one operation", async () => {
    const { body, headers } = await call("POST", "/items", { token: w.ann.token, json: lamp })
    const { id } = body as { id: number }
    const etag = headers.get("etag") as string
    const patch = (match: string) => [
      { method: "PATCH", path: `/items/${id}`, body: { price: 11 }, headers: { "If-Match": match } },
      { method: "POST", path: "/tags", body: { name: "t" } },
    ]
    expect(problem(await batch(patch('"no"')))).toMatchObject({ status: 412, operation: "0" })
    expect(await count("tags")).toBe(0)
    expect((await batch(patch(etag))).status).toBe(200)
    const gone = await batch([
      { method: "DELETE", path: `/items/${id}` },
      { method: "GET", path: "/items" },
    ])
    expect(results(gone)).toMatchObject([{ status: 204 }, { status: 200, body: [] }])
  })
})

describe("the first operation that fails undoes all, and is named", () => {
  const before = { id: "first", method: "POST", path: "/items", body: lamp }
  const after = { id: "last", method: "POST", path: "/items", body: { title: "Desk", price: 1 } }
  const failing: [string, () => object, object][] = [
    ["a wrong member", () => ({ method: "POST", path: "/items", body: { title: "" } }), { status: 422 }],
    [
      "a taken value",
      () => ({ method: "POST", path: "/tags", body: { name: "taken" } }),
      { status: 409, code: "duplicate" },
    ],
    ["no such row", () => ({ method: "PATCH", path: "/items/999", body: { price: 1 } }), { status: 404 }],
    [
      "another's row",
      () => ({ method: "PATCH", path: `/items/${theirs}`, body: { price: 1 } }),
      { status: 403 },
    ],
    ["a delete of another's row", () => ({ method: "DELETE", path: `/items/${theirs}` }), { status: 403 }],
    [
      "a reference to no row",
      () => ({ method: "POST", path: "/tags", body: { name: "t", item_id: 999 } }),
      { status: 422 },
    ],
    ["a read of no row", () => ({ method: "GET", path: "/items/999" }), { status: 404 }],
    ["a path that is not served", () => ({ method: "GET", path: "/nothing" }), { status: 404 }],
    ["an unknown name", () => ({ method: "GET", path: "/items/{nobody.id}" }), { status: 422 }],
    ["a later name", () => ({ method: "GET", path: "/items/{last.id}" }), { status: 422 }],
    [
      "a name of another type",
      () => ({ method: "POST", path: "/tags", body: { name: "x", item_id: { $ref: "first.title" } } }),
      { status: 422 },
    ],
    ["a closed action", () => ({ method: "DELETE", path: `/users/${w.ann.id}` }), { status: 403 }],
  ]
  let theirs: number
  beforeEach(async () => {
    const { body } = await call("POST", "/items", { token: w.bob.token, json: lamp })
    theirs = (body as { id: number }).id
    await call("POST", "/tags", { token: w.ann.token, json: { name: "taken" } })
  })
  test.each(failing)("%s", async (_, operation, expected) => {
    const answer = await batch([before, { id: "wrong", ...operation() }, after])
    expect(problem(answer), answer.text).toMatchObject({ ...expected, operation: "wrong" })
    expect(await count("items")).toBe(1)
    expect(await count("tags")).toBe(1)
    expect(await count("weir_write_records")).toBe(0)
  })

  test("two that take one value: the second", async () => {
    const same = { method: "POST", path: "/tags", body: { name: "same" } }
    const answer = await batch([before, { id: "a", ...same }, { id: "b", ...same }, after])
    expect(problem(answer), answer.text).toMatchObject({ status: 409, code: "duplicate", operation: "b" })
    expect(await count("items")).toBe(1)
  })

  test("rules hold on the state that those before it leave", async () => {
    const mine = await batch([
      { id: "lamp", method: "POST", path: "/items", body: lamp },
      { id: "given", method: "PATCH", path: "/items/{lamp.id}", body: { owner_id: w.bob.id } },
    ])
    expect(problem(mine), mine.text).toMatchObject({ status: 403, operation: "given" })
    expect(await count("items")).toBe(1)
  })

  test("forms that are wrong are named by their place", async () => {
    for (const [operations, path] of [
      [[], "operations"],
      [[{ method: "TRACE", path: "/items" }], "operations.0.method"],
      [[{ method: "GET", path: "items" }], "operations.0.path"],
      [[{ id: "a b", method: "GET", path: "/items" }], "operations.0.id"],
      [[{ method: "GET", path: "/items", more: 1 }], "operations.0.more"],
      [
        [
          { id: "a", method: "GET", path: "/items" },
          { id: "a", method: "GET", path: "/items" },
        ],
        "operations.1.id",
      ],
      [[{ method: "POST", path: "/items" }], "operations.0.body"],
      [Array.from({ length: 101 }, () => ({ method: "GET", path: "/items" })), "operations"],
    ] as [object[], string][]) {
      const answer = await batch(operations)
      expect(answer.status, answer.text).toBe(422)
      expect(problem(answer).errors?.[0]).toContain(path)
    }
  })

  test("who is not signed in may do what it may do", async () => {
    const answer = await call("POST", "/batch", {
      json: { operations: [{ method: "POST", path: "/items", body: lamp }] },
    })
    expect(answer.status).toBe(401)
    const read = await call("POST", "/batch", { json: { operations: [{ method: "GET", path: "/items" }] } })
    expect(read.status).toBe(200)
  })
})

test("100 creates, and with a key once for all retries", async () => {
  const operations = Array.from({ length: 100 }, (_, i) => ({
    method: "POST",
    path: "/items",
    body: { title: `T${i}`, price: i },
  }))
  const all = await Promise.all(
    Array.from({ length: 5 }, () => batch(operations, { "idempotency-key": "once" })),
  )
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(new Set(all.map(({ text }) => text.replace(/\s/g, ""))).size).toBe(1)
  expect(await count("items")).toBe(100)
})
