// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import type { Table } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, anyone, documentOwner, nobody, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import { collection, id, references, table, text } from "../../../src/weir/schema.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const drawers = table("drawers", { id: id(), label: text({ max: 40 }).notNull() })
const reviews = collection("reviews", {
  owner: users.users,
  schema: { type: "object", required: ["text"], properties: { text: { type: "string" } } },
  references: {
    item_id: { to: items.items, required: true },
    drawer_id: drawers,
    parent_id: (): Table => reviews,
  },
})
const pins = table("pins", {
  id: id(),
  review_id: references(() => reviews._id, { onDelete: "cascade" }).notNull(),
})

interface Document extends Record<string, unknown> {
  _id: string
}

let w: World
let call: Call
/** Drawers that are shut are seen by admins alone. */
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { drawers, reviews, pins }, { foreignKeys: true })
  call = appOf(
    w,
    resource(users.users, {
      read: anyone,
      delete: anyone,
      fields: { hashed_password: { read: nobody } },
      embed: { reviews: {} },
    }),
    resource(items.items, {
      read: anyone,
      update: owner,
      delete: owner,
      embed: { reviews: {}, owner: {} },
    }),
    resource(drawers, { read: admin, create: anyone, delete: anyone }),
    resource(reviews, {
      read: anyone,
      create: signedIn,
      update: documentOwner,
      delete: documentOwner,
      fields: { parent_id: { write: admin } },
      embed: { item: {}, drawer: {}, _owner: {}, pins: {}, parent: {} },
    }),
    resource(pins, { read: anyone, create: anyone, embed: { review: {} } }),
  )
})
afterEach(async () => {
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  await w.database.connect().batch(["pins", "reviews", "drawers"].map(drop))
  await w.close()
})

const faults = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => `${path} ${code}`)

const made = async (json: unknown, token = w.ann.token): Promise<Document> => {
  const answer = await call("POST", "/reviews", { token, json })
  expect(answer.status, answer.text).toBe(201)
  return answer.body as Document
}

test("a reference is a member of the document: sent, served, found, sorted and shown", async () => {
  const one = await made({ text: "good", item_id: 1, nested: { item_id: 99 } })
  expect(one).toMatchObject({ text: "good", item_id: 1, drawer_id: null, nested: { item_id: 99 } })
  const two = await made({ text: "bad", item_id: 2 })
  const path = `/reviews/${one._id}`
  expect((await call("GET", path)).body).toEqual(one)
  const list = async (search: string) => {
    const answer = await call("GET", `/reviews?${search}`)
    expect(answer.status, answer.text).toBe(200)
    return answer.body
  }
  expect(await list("item_id=2")).toEqual([two])
  expect(await list("sort=-item_id")).toEqual([two, one])
  expect(await list('filter={"or":[{"item_id":2},{"text":"none"}]}')).toEqual([two])
  expect(await list("fields=item_id,text&sort=item_id")).toEqual([
    { item_id: 1, text: "good" },
    { item_id: 2, text: "bad" },
  ])
  expect(await list("item.title=ann's 1")).toEqual([one])
  expect(await list("aggregate=count&group=item_id")).toEqual([
    { item_id: 1, count: 1 },
    { item_id: 2, count: 1 },
  ])
})

test("documents are grouped by lengths of time, and a name that is none is refused", async () => {
  const one = await made({ text: "good", item_id: 1 })
  const month = `${String(one._created_at).slice(0, 7)}-01T00:00:00.000Z`
  const groups = (group: string) => call("GET", `/reviews?aggregate=count&group=${group}`)
  expect((await groups("_created_at:month")).body).toEqual([{ "_created_at:month": month, count: 1 }])
  expect((await groups("item.created_at:year")).status).toBe(200)
  // A colon is part of the name of a member.
  expect((await groups("some:day")).body).toEqual([{ "some:day": null, count: 1 }])
  for (const wrong of ["_created_at:mnth", "item_id:month", "item.created_at:days"])
    expect(faults(await groups(wrong)), wrong).toEqual(["group not_comparable"])
})

test("of requests that race over one document, none is told that it is another's", async () => {
  const { token } = w.ann
  const json = { text: "raced", item_id: 1 }
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(
      Array.from({ length: 21 }, (_, n) => {
        const method = ["PUT", "PATCH", "DELETE"][n % 3] as string
        return call(method, "/reviews/raced", { token, ...(method === "DELETE" ? {} : { json }) })
      }),
    )
    const odd = answers.filter(({ status }) => ![200, 201, 204, 404, 409].includes(status))
    expect(odd.map(({ status, text }) => `${status} ${text}`)).toEqual([])
  }
})

test("documents embed rows, and rows embed documents", async () => {
  const one = await made({ text: "good", item_id: 1, item: "own member" })
  const shown = await call("GET", `/reviews/${one._id}?include=item.owner,_owner`)
  expect(shown.body).toMatchObject({
    text: "good",
    item: { id: 1, title: "ann's 1", owner: { username: "ann" } },
    _owner: { username: "ann" },
  })
  expect(shown.text.match(/"item":/g)).toHaveLength(1)
  const item = await call("GET", "/items/1?include=reviews,reviews.count()&fields=id")
  expect(item.body).toEqual({ id: 1, reviews: [{ ...one, item: "own member" }], reviews_count: 1 })
  expect((await call("GET", "/items/1/reviews")).body).toEqual([one])
  const none = await call("GET", '/items?filter={"reviews":{"some":{"text":"good"}}}&fields=id')
  expect(none.body).toEqual([{ id: 1 }])
  const user = await call("GET", `/users/${w.ann.id}?include=reviews&fields=id`)
  expect(user.body).toEqual({ id: w.ann.id, reviews: [one] })
})

test("a table refers to documents, embeds them and is embedded", async () => {
  const one = await made({ text: "good", item_id: 1 })
  const pin = await call("POST", "/pins", { json: { review_id: one._id } })
  expect(pin.status, pin.text).toBe(201)
  expect((await call("GET", "/pins?include=review")).body).toMatchObject([{ review: one }])
  expect((await call("GET", "/pins?review.text=good")).body).toHaveLength(1)
  expect((await call("GET", "/pins?review.text=bad")).body).toHaveLength(0)
  expect((await call("GET", `/reviews/${one._id}?include=pins`)).body).toMatchObject({
    pins: [{ review_id: one._id }],
  })
  expect(faults(await call("POST", "/pins", { json: { review_id: "none" } }))).toEqual([
    "review_id unknown_reference",
  ])
})

test("rows below another are created with its key", async () => {
  const below = await call("POST", "/items/2/reviews", { token: w.ann.token, json: { text: "there" } })
  expect(below.status, below.text).toBe(201)
  expect(below.body).toMatchObject({ item_id: 2, text: "there" })
  const other = await call("POST", "/items/2/reviews", {
    token: w.ann.token,
    json: { text: "x", item_id: 1 },
  })
  expect(faults(other)).toEqual(["item_id conflict"])
})

describe("what is wrong with a reference is said", () => {
  const sent = [
    ["one that must be there", { text: "x" }, "item_id required"],
    ["null for it", { text: "x", item_id: null }, "item_id invalid_type"],
    ["another type", { text: "x", item_id: "one" }, "item_id invalid_type"],
    ["an object", { text: "x", item_id: 1, drawer_id: {} }, "drawer_id invalid_type"],
    ["a row that is not there", { text: "x", item_id: 999 }, "item_id unknown_reference"],
    ["a number beyond all", { text: "x", item_id: 1e300 }, "item_id too_big"],
  ] as const
  test.each(sent)("%s", async (_, json, fault) => {
    const path = `/reviews/${(await made({ text: "there", item_id: 1 }))._id}`
    const { token } = w.ann
    expect(faults(await call("POST", "/reviews", { token, json }))).toEqual([fault])
    expect(faults(await call("PUT", path, { token, json }))).toEqual([fault])
    if (fault !== "item_id required")
      expect(faults(await call("PATCH", path, { token, json }))).toEqual([fault])
    expect((await call("GET", "/reviews")).body).toHaveLength(1)
  })

  test("a row that the writer may not see", async () => {
    await call("POST", "/drawers", { token: w.root.token, json: { label: "shut" } })
    const json = { text: "x", item_id: 1, drawer_id: 1 }
    const { token } = w.ann
    expect(faults(await call("POST", "/reviews", { token, json }))).toEqual(["drawer_id unknown_reference"])
    const own = await made({ text: "x", item_id: 1 })
    const path = `/reviews/${own._id}`
    for (const method of ["PUT", "PATCH"])
      expect(faults(await call(method, path, { token, json })), method).toEqual([
        "drawer_id unknown_reference",
      ])
    const byAdmin = await call("PATCH", path, { token: w.root.token, json: { drawer_id: 1 } })
    expect(byAdmin.body, byAdmin.text).toMatchObject({ drawer_id: 1, text: "x" })
    expect((await call("GET", `${path}?include=drawer`)).body).toMatchObject({ drawer: null })
    expect((await call("GET", `${path}?include=drawer`, { token: w.root.token })).body).toMatchObject({
      drawer: { label: "shut" },
    })
  })
})

test("a patch sets and clears a reference, alone and beside members", async () => {
  await call("POST", "/drawers", { token: w.root.token, json: { label: "one" } })
  const { token } = w.root
  const one = await made({ text: "good", item_id: 1, size: { width: 1 } }, token)
  const path = `/reviews/${one._id}`
  const patched = async (json: unknown) => {
    const answer = await call("PATCH", path, { token, json })
    expect(answer.status, answer.text).toBe(200)
    return answer.body
  }
  expect(await patched({ item_id: 2 })).toMatchObject({ text: "good", item_id: 2, size: { width: 1 } })
  expect(await patched({ drawer_id: 1, size: { width: null } })).toMatchObject({ drawer_id: 1, size: {} })
  expect(await patched({ drawer_id: null, text: "better" })).toMatchObject({
    drawer_id: null,
    text: "better",
  })
  expect(faults(await call("PATCH", path, { token, json: { text: 1 } }))).toEqual(["text invalid_type"])
  expect((await call("GET", "/items/2/reviews")).body).toHaveLength(1)
})

test("a replacement without a reference clears it, where that is the viewer's to do", async () => {
  await call("POST", "/drawers", { token: w.root.token, json: { label: "one" } })
  const { token } = w.root
  const first = await made({ text: "first", item_id: 1 })
  const one = await made({ text: "good", item_id: 1, drawer_id: 1, parent_id: first._id }, token)
  const path = `/reviews/${one._id}`
  const replaced = await call("PUT", path, { token, json: { text: "anew", item_id: 1 } })
  expect(replaced.body, replaced.text).toMatchObject({ text: "anew", drawer_id: null, parent_id: null })
  const own = await made({ text: "own", item_id: 1 })
  const set = await call("PATCH", `/reviews/${own._id}`, { token, json: { parent_id: first._id } })
  expect(set.body, set.text).toMatchObject({ parent_id: first._id })
  const { token: anns } = w.ann
  for (const method of ["PUT", "PATCH"]) {
    const refused = await call(method, `/reviews/${own._id}`, {
      token: anns,
      json: { text: "x", item_id: 1, parent_id: own._id },
    })
    expect(refused.status, method).toBe(403)
    expect(faults(refused)).toEqual(["parent_id forbidden_field"])
  }
  const kept = await call("PUT", `/reviews/${own._id}`, { token: anns, json: { text: "x", item_id: 2 } })
  expect(kept.body, kept.text).toMatchObject({ text: "x", item_id: 2, parent_id: first._id })
  const created = await call("PUT", "/reviews/new", { token: anns, json: { text: "x", item_id: 2 } })
  expect(created.status, created.text).toBe(201)
  expect(created.body).toMatchObject({ item_id: 2, drawer_id: null })
})

test("what becomes of documents whose row is deleted is the reference's to say", async () => {
  await call("POST", "/drawers", { token: w.root.token, json: { label: "one" } })
  const { token } = w.root
  const one = await made({ text: "good", item_id: 1, drawer_id: 1 }, token)
  const two = await made({ text: "other", item_id: 2, parent_id: one._id }, token)
  expect((await call("DELETE", "/drawers/1", { token })).status).toBe(204)
  expect((await call("GET", `/reviews/${one._id}`)).body).toMatchObject({ drawer_id: null })
  const gone = await call("DELETE", "/items/1", { token: w.ann.token })
  expect(gone.status, gone.text).toBe(204)
  expect((await call("GET", `/reviews/${one._id}`)).status).toBe(404)
  expect((await call("GET", `/reviews/${two._id}`)).body).toMatchObject({ parent_id: null, item_id: 2 })
})

test("the document of the API has references as members", async () => {
  const { body } = await call("GET", "/openapi.json")
  const { schemas } = (
    body as { components: { schemas: Record<string, { properties: object; required?: string[] }> } }
  ).components
  expect(schemas.Review?.properties).toHaveProperty("item_id")
  expect(schemas.ReviewCreate?.properties).toHaveProperty("drawer_id")
  expect(schemas.ReviewCreate?.required).toEqual(expect.arrayContaining(["text", "item_id"]))
  expect(schemas.ReviewCreate?.required).not.toContain("drawer_id")
})

test("a reference that cannot be one is a line at load", () => {
  const declared = (options: Parameters<typeof collection>[1]) => () => collection("wrong", options)
  expect(declared({ references: { "item-id": drawers } })).toThrow(
    /wrong: references names "item-id", which must/,
  )
  expect(declared({ references: { _id: drawers } })).toThrow(/"_id", which the engine sets/)
  expect(declared({ references: { data: drawers } })).toThrow(/"data", which is a column/)
  expect(declared({ references: { a: drawers }, schema: { required: ["a"] } })).toThrow(
    /"a", which the schema names as well/,
  )
  expect(declared({ references: { a: { to: drawers, required: true, onDelete: "set null" } } })).toThrow(
    /"a", which is required/,
  )
  expect(declared({ references: { a: drawers }, index: ["a"] })).toThrow(
    /index names "a", which is a reference/,
  )
})
