// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { eq } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import type { CommonDb } from "../../../src/weir/db/handle.ts"
import { items } from "../fixture/src/schema/items.ts"
import { users } from "../fixture/src/schema/users.ts"
import { writeRecords } from "../fixture/src/schema/write-records.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type Person, type World, world } from "../support/world.ts"
import { type Acts, type Called, hookedResources, hookedTables, refuses } from "./support/hooked.ts"

let w: World
let call: Call
let logs: Record<string, unknown>[]
let called: Called[]
let before: Acts
let after: Acts
let works: Promise<void>[]

// Ann and Bob have three items each.
beforeEach(async () => {
  w = await world()
  await createTables(w.database, hookedTables, { foreignKeys: true })
  called = []
  before = {}
  after = {}
  works = []
  const api = defineApi({
    title: "Weir",
    version: "0.0.0",
    accounts: { table: users, login: ["email", "username"], password: "hashed_password", role: "role" },
    records: writeRecords,
    resources: hookedResources(called, before, after),
  })
  const made = appOver(w.database, {
    subject: { ...fixture, api },
    cache: w.cache,
    waitUntil: (_, work) => void works.push(work),
  })
  call = caller(made.app)
  logs = made.logs
})
afterEach(async () => {
  await settled()
  const drop = (name: string) => ({ text: `drop table ${name}`, params: [] })
  const client = w.database.connect()
  await client.batch(["item_labels", "labels", "covers", "memos", "countries"].map(drop))
  await client.close?.()
  await w.close()
})

/** Waits for what goes on after the answers. */
async function settled(): Promise<void> {
  while (works.length) await Promise.all(works.splice(0))
}

const send = (request: string, json?: unknown, who: Person | undefined = w.ann, headers = {}) => {
  const [method, path] = request.split(" ") as [string, string]
  return call(method, path, { token: who?.token, headers, ...(json === undefined ? {} : { json }) })
}
/** What the hooks were called with by a request that is answered so, without their database. */
async function hooksOf(request: () => Promise<Answer>, status: number): Promise<Record<string, unknown>[]> {
  await settled()
  called.length = 0
  const answer = await request()
  expect(answer.status, answer.text).toBe(status)
  await settled()
  return called.map(({ db: _, ...event }) => ({ ...event }))
}
const failures = () => logs.filter(({ msg }) => msg !== "request")
const titles = async () => {
  const { body } = await send("GET /items?fields=title&sort=id")
  return (body as { title: string }[]).map(({ title }) => title)
}

describe("hooks are called", () => {
  test("around a create of one, a PATCH and a DELETE, after the commit and with the row as it is", async () => {
    const viewer = { kind: "user", id: w.ann.id, role: "user" }
    const [asked, told] = await hooksOf(() => send("POST /items", { title: "Lamp", price: 19.5 }), 201)
    expect(asked).toEqual({
      hook: "before create",
      resource: "items",
      viewer,
      key: undefined,
      values: { title: "Lamp", price: 19.5 },
    })
    const row = {
      id: 7,
      title: "Lamp",
      description: null,
      price: 19.5,
      owner_id: w.ann.id,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    }
    expect(told).toEqual({ hook: "after create", resource: "items", verb: "create", viewer, key: 7, row })

    expect(await hooksOf(() => send("PATCH /items/7", { price: 17 }), 200)).toEqual([
      { hook: "before update", resource: "items", viewer, key: 7, values: { price: 17 } },
      {
        hook: "after update",
        resource: "items",
        verb: "update",
        viewer,
        key: 7,
        row: { ...row, price: 17 },
      },
    ])
    expect(await hooksOf(() => send("DELETE /items/7"), 204)).toEqual([
      { hook: "before delete", resource: "items", viewer, key: 7 },
      {
        hook: "after delete",
        resource: "items",
        verb: "delete",
        viewer,
        key: 7,
        row: { ...row, price: 17 },
      },
    ])
  })

  test("around upserts, by what becomes of each row", async () => {
    const at = "POST /countries?on_conflict=code"
    const viewer = { kind: "user", id: w.ann.id, role: "user" }
    await send(at, { code: "de", name: "Germany" })
    const rows = [
      { code: "fr", name: "France" },
      { code: "de", name: "Deutschland" },
    ]
    const events = await hooksOf(() => send(at, rows), 200)
    const shared = { resource: "countries", viewer }
    expect(events).toMatchObject([
      { ...shared, hook: "before update", key: "de", values: { name: "Deutschland" } },
      { ...shared, hook: "before create", values: rows[0] },
      { ...shared, hook: "after update", verb: "update", key: "de", row: rows[1] },
      { ...shared, hook: "after create", verb: "create", key: "fr", row: rows[0] },
    ])
    const twice = await send(at, [
      { code: "es", name: "Spain" },
      { code: "es", name: "unseen by the check" },
    ])
    expect([twice.status, (twice.body as { errors: unknown }).errors]).toMatchObject([422, [{ path: "1" }]])
    expect((await send("GET /countries/es")).status).toBe(404)
    const ignored = () => send(`${at}&resolution=ignore`, { code: "de", name: "x" })
    expect(await hooksOf(ignored, 200)).toEqual([])

    before["update countries"] = refuses()
    const refused = await send(at, [{ code: "it", name: "Italy" }, rows[1]])
    expect([refused.status, (refused.body as { errors: unknown }).errors]).toMatchObject([
      409,
      [{ path: "1" }],
    ])
    expect((await send("GET /countries/it")).status).toBe(404)
  })

  test("around an upsert whose row comes in between: the hook of what becomes of it is asked", async () => {
    const at = "POST /countries?on_conflict=code"
    before["create countries"] = async () => {
      delete before["create countries"]
      await send("PUT /countries/de", { name: "first" })
    }
    const events = await hooksOf(() => send(at, { code: "de", name: "second" }), 200)
    const namesOf = (when: string) =>
      events.map(({ hook }) => String(hook)).filter((hook) => hook.startsWith(when))
    expect(namesOf("before")).toEqual(["before create", "before create", "before update"])
    expect(namesOf("after").sort()).toEqual(["after create", "after update"])
    before["update countries"] = async () => {
      delete before["update countries"]
      await w.database.connect().batch([{ text: "delete from countries", params: [] }])
    }
    const gone = await hooksOf(() => send(at, { code: "de", name: "third" }), 201)
    expect(gone.map(({ hook }) => hook)).toEqual(["before update", "before create", "after create"])
  })

  test("for each row of a create of many, in its order, and below a parent", async () => {
    const rows = ["a", "b", "c"].map((title) => ({ title, price: 1 }))
    const many = await hooksOf(() => send("POST /items/batch", rows), 201)
    expect(many.map(({ hook }) => hook)).toEqual([
      ...Array(3).fill("before create"),
      ...Array(3).fill("after create"),
    ])
    expect(many.slice(3).map(({ key, row }) => [key, (row as { title: string }).title])).toEqual([
      [7, "a"],
      [8, "b"],
      [9, "c"],
    ])
    const nested = await hooksOf(() => send("POST /items/7/item_labels", { label_id: 9 }), 422)
    expect(nested).toMatchObject([{ hook: "before create", values: { item_id: 7, label_id: 9 } }])
    before["create item_labels"] = refuses()
    expect((await send("POST /items/7/item_labels", { label_id: 9 })).status).toBe(409)
    expect((await send("POST /items/99/item_labels", { label_id: 9 })).status).toBe(404)
  })

  test("for rows whose key is a reference, one and many", async () => {
    const rows = [1, 2].map((item_id) => ({ item_id, text: `cover ${item_id}` }))
    const made = await hooksOf(() => send("POST /covers", rows), 201)
    expect(made.slice(2)).toMatchObject(
      rows.map((row) => ({ hook: "after create", key: row.item_id, row: { ...row, shade: null } })),
    )
    expect(await hooksOf(() => send("PATCH /covers/2", { shade: 3 }), 200)).toMatchObject([
      { hook: "before update", key: 2 },
      { hook: "after update", key: 2, row: { item_id: 2, text: "cover 2", shade: 3 } },
    ])
  })

  test("with values as JSON has them, and with what the viewer does not see", async () => {
    const facts = { rivers: ["Rhine"], size: 1.5 }
    const body = { code: "de", name: "Germany", facts, flag: "AQID" }
    const [asked, told] = await hooksOf(() => send("POST /countries", body), 201)
    expect(asked).toMatchObject({ values: body })
    expect(told).toMatchObject({ row: body })
    const patched = await hooksOf(() => send("PATCH /items/1", { price: 2 }), 200)
    expect(patched[1]).toMatchObject({ row: { description: "number 1" } })
  })

  test("for a sign-up, without the secret", async () => {
    const body = { email: "eve@example.com", username: "eve", password: "correct horse" }
    const events = await hooksOf(() => call("POST", "/users", { json: body }), 201)
    expect(events).toMatchObject([
      { hook: "before create", viewer: { kind: "anonymous" }, values: { email: body.email } },
      { hook: "after create", key: 4, row: { email: body.email, role: "user" } },
    ])
    expect(JSON.stringify(events)).not.toMatch(/correct horse|hash of|password/)
    const changed = await hooksOf(
      () => send("PATCH /users/1", { password: "battery staple", current_password: "x" }),
      200,
    )
    expect(changed.map(({ hook }) => hook)).toEqual(["before update", "after update"])
    expect(JSON.stringify(changed)).not.toMatch(/battery|hash of|password/)
  })

  test("for a PUT, as what it does", async () => {
    const made = await hooksOf(() => send("PUT /countries/fr", { name: "France" }), 201)
    expect(made).toMatchObject([
      { hook: "before create", values: { code: "fr", name: "France" } },
      { hook: "after create", key: "fr", row: { name: "France" } },
    ])
    expect(made).toHaveLength(2)
    const replaced = await hooksOf(() => send("PUT /countries/fr", { name: "La France" }), 200)
    expect(replaced).toMatchObject([
      { hook: "before update", key: "fr", values: { name: "La France" } },
      { hook: "after update", key: "fr", row: { name: "La France" } },
    ])
    expect(replaced).toHaveLength(2)
    const only = { "if-none-match": "*" }
    expect(await hooksOf(() => send("PUT /countries/it", { name: "Italy" }, w.ann, only), 201)).toHaveLength(
      2,
    )
  })

  test("for a soft delete as a delete, and for a restore as an update", async () => {
    await send("POST /countries", { code: "de", name: "Germany" })
    expect(await hooksOf(() => send("DELETE /countries/de"), 204)).toMatchObject([
      { hook: "before delete", key: "de" },
      { hook: "after delete", verb: "delete", key: "de", row: { deleted_at: expect.any(String) } },
    ])
    const restored = await hooksOf(() => send("POST /countries/de/restore"), 200)
    expect(restored).toMatchObject([
      { hook: "before update", key: "de", values: { deleted_at: null } },
      { hook: "after update", verb: "update", key: "de", row: { name: "Germany", deleted_at: null } },
    ])
    expect(await hooksOf(() => send("POST /countries/de/restore"), 404)).toEqual([])
  })

  test("for documents: created, replaced, patched and deleted", async () => {
    expect(
      await hooksOf(() => send("POST /memos", { _id: "m1", color: "red", item_id: 1 }), 201),
    ).toMatchObject([
      { hook: "before create", values: { _id: "m1", color: "red", item_id: 1 } },
      { hook: "after create", key: "m1", row: { _id: "m1", color: "red", item_id: 1 } },
    ])
    const created = await hooksOf(() => send("PUT /memos/m2", { color: "green" }), 201)
    expect(created).toMatchObject([
      { hook: "before create", values: { _id: "m2", color: "green" } },
      { hook: "after create", row: { _id: "m2", color: "green", item_id: null } },
    ])
    expect(created).toHaveLength(2)
    expect(await hooksOf(() => send("PUT /memos/m1", { color: "blue", size: { w: 1 } }), 200)).toMatchObject([
      { hook: "before update", key: "m1", values: { color: "blue", size: { w: 1 } } },
      { hook: "after update", key: "m1", row: { color: "blue", size: { w: 1 }, item_id: null } },
    ])
    expect(await hooksOf(() => send("PATCH /memos/m1", { size: { h: 2 }, item_id: 2 }), 200)).toMatchObject([
      { hook: "before update", key: "m1", values: { size: { h: 2 }, item_id: 2 } },
      { hook: "after update", key: "m1", row: { color: "blue", size: { w: 1, h: 2 }, item_id: 2 } },
    ])
    expect(await hooksOf(() => send("DELETE /memos/m1"), 204)).toMatchObject([
      { hook: "before delete", key: "m1" },
      { hook: "after delete", key: "m1", row: { _id: "m1", color: "blue" } },
    ])
  })

  test("for links: with the rows of the junction, and not for one that is there already", async () => {
    await send("POST /labels", { name: "urgent" })
    expect(await hooksOf(() => send("PUT /items/1/labels/1", { note: "soon" }), 204)).toMatchObject([
      { hook: "before create", resource: "item_labels", values: { item_id: 1, label_id: 1, note: "soon" } },
      { hook: "after create", key: 1, row: { id: 1, item_id: 1, label_id: 1, note: "soon" } },
    ])
    const again = await hooksOf(() => send("PUT /items/1/labels/1", {}), 204)
    expect(again.map(({ hook }) => hook)).toEqual(["before create"])
    expect(await hooksOf(() => send("DELETE /items/1/labels/1"), 204)).toEqual([
      {
        hook: "before delete",
        resource: "item_labels",
        viewer: { kind: "user", id: w.ann.id, role: "user" },
        key: 1,
      },
      expect.objectContaining({ hook: "after delete", key: 1 }),
    ])
    expect(await hooksOf(() => send("DELETE /items/1/labels/1"), 404)).toEqual([])
  })

  test("once for all requests with one Idempotency-Key", async () => {
    const keyed = (request: string, json: unknown, key: string) =>
      send(request, json, w.ann, { "idempotency-key": key })
    const lamp = { title: "Lamp", price: 1 }
    const first = await hooksOf(() => keyed("POST /items", lamp, "k1"), 201)
    expect(first.map(({ hook }) => hook)).toEqual(["before create", "after create"])
    expect(first[1]).toMatchObject({ key: 7, row: lamp })
    expect(await hooksOf(() => keyed("POST /items", lamp, "k1"), 201)).toEqual([])
    await send("POST /covers", { item_id: 1, text: "one" })
    const cover = await hooksOf(() => keyed("PATCH /covers/1", { shade: 2 }, "k2"), 200)
    expect(cover[1]).toMatchObject({ hook: "after update", key: 1, row: { item_id: 1, shade: 2 } })
    const many = await hooksOf(() => keyed("POST /items", [lamp, lamp], "k3"), 201)
    expect(many.slice(2).map(({ key }) => key)).toEqual([8, 9])
    called.length = 0
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed("POST /items", lamp, "k4")))
    await settled()
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(called.filter(({ hook }) => hook === "after create")).toHaveLength(1)
    expect(await hooksOf(() => keyed("DELETE /covers/1", undefined, "k5"), 204)).toHaveLength(2)
    expect(await hooksOf(() => keyed("DELETE /covers/1", undefined, "k5"), 204)).toEqual([])
  })

  test("for the operations of a batch, and for rows that are created within others", async () => {
    await send("POST /labels", { name: "urgent" })
    const ref = (reference: string) => ({ $ref: reference })
    const lamp = { title: "Lamp", price: 1 }
    const labelled = { item_id: ref("a.id"), label_id: 1 }
    const operations = [
      { id: "a", method: "POST", path: "/items", body: lamp },
      { id: "b", method: "POST", path: "/item_labels", body: labelled },
      { id: "c", method: "PATCH", path: "/items/1", body: { price: 5 } },
      { id: "d", method: "PUT", path: "/countries/fr", body: { name: "France" } },
      { id: "e", method: "DELETE", path: "/items/2" },
    ]
    const events = await hooksOf(() => send("POST /batch", { operations }), 200)
    const names = (all: typeof events) => all.map(({ hook, resource, key }) => `${hook} ${resource} ${key}`)
    expect(names(events.filter(({ hook }) => (hook as string).startsWith("before")))).toEqual([
      "before create items undefined",
      "before create item_labels undefined",
      "before update items 1",
      "before create countries undefined",
      "before delete items 2",
    ])
    expect(events[1]).toMatchObject({ values: { label_id: 1 } })
    const afterwards = events.filter(({ hook }) => (hook as string).startsWith("after"))
    expect(new Set(names(afterwards))).toEqual(
      new Set([
        "after create items 7",
        "after create item_labels 1",
        "after update items 1",
        "after create countries fr",
        "after delete items 2",
      ]),
    )
    const later = { id: "f", method: "PATCH", path: "/items/{a.id}", body: { price: 2 } }
    const refused = await hooksOf(() => send("POST /batch", { operations: [operations[0], later] }), 422)
    expect(refused.map(({ hook }) => hook)).toEqual(["before create"])

    const within = { ...lamp, item_labels: [{ label_id: 1, note: "x" }, { label_id: 1 }] }
    const nested = await hooksOf(() => send("POST /items", within), 201)
    expect(nested.map(({ hook, resource }) => `${hook} ${resource}`).sort()).toEqual([
      "after create item_labels",
      "after create item_labels",
      "after create items",
      "before create item_labels",
      "before create item_labels",
      "before create items",
    ])
    before["create item_labels"] = ({ values }) => {
      if ((values as { note?: string }).note === undefined) refuses("needs a note", "note")()
    }
    const stored = await titles()
    const bad = await send("POST /items", within)
    expect([bad.status, bad.body]).toMatchObject([409, { errors: [{ path: "item_labels.1.note" }] }])
    called.length = 0
    expect((await send("POST /batch", { operations })).body).toMatchObject({ operation: "b" })
    await settled()
    expect(called.filter(({ hook }) => hook.startsWith("after"))).toEqual([])
    expect(await titles()).toEqual(stored)
  })

  test("not for what other rows take with them", async () => {
    await send("POST /covers", { item_id: 1, text: "one" })
    const events = await hooksOf(() => send("DELETE /items/1"), 204)
    expect(events.map(({ hook, resource }) => `${hook} ${resource}`)).toEqual([
      "before delete items",
      "after delete items",
    ])
  })
})

describe("what a hook refuses", () => {
  test("leaves nothing, on every path", async () => {
    await send("POST /countries", { code: "de", name: "Germany" })
    await send("POST /memos", { _id: "m1", color: "red" })
    await send("POST /labels", { name: "urgent" })
    await send("PUT /items/1/labels/1", {})
    await send("POST /countries", { code: "gone", name: "x" })
    await send("POST /countries", { code: "at", name: "Austria" })
    await send("DELETE /countries/at")
    await settled()
    for (const resource of ["items", "users", "countries", "memos", "item_labels"])
      for (const verb of ["create", "update", "delete"])
        before[`${verb} ${resource}`] = refuses(`no ${verb} of ${resource}`)
    const sentences = async () => {
      const all = ["items", "users", "countries", "memos", "item_labels"]
      return Promise.all(all.map(async (name) => (await send(`GET /${name}`, undefined, w.root)).text))
    }
    const stored = await sentences()
    for (const [request, json, detail] of [
      ["POST /items", { title: "x", price: 1 }, "no create of items"],
      ["PATCH /items/1", { price: 99 }, "no update of items"],
      ["DELETE /items/1", undefined, "no delete of items"],
      [
        "POST /users",
        { email: "e@example.com", username: "eve", password: "12345 678" },
        "no create of users",
      ],
      ["POST /countries/at/restore", undefined, "no update of countries"],
      ["PUT /countries/fr", { name: "France" }, "no create of countries"],
      ["PUT /countries/de", { name: "x" }, "no update of countries"],
      ["DELETE /countries/de", undefined, "no delete of countries"],
      ["PUT /memos/m2", { color: "x" }, "no create of memos"],
      ["PUT /memos/m1", { color: "x" }, "no update of memos"],
      ["PATCH /memos/m1", { color: "x" }, "no update of memos"],
      ["DELETE /memos/m1", undefined, "no delete of memos"],
      ["PUT /items/2/labels/1", {}, "no create of item_labels"],
      ["DELETE /items/1/labels/1", undefined, "no delete of item_labels"],
    ] as const) {
      called.length = 0
      const answer = await send(request, json)
      expect(answer.status, request).toBe(409)
      expect(answer.body, request).toMatchObject({ code: "conflict", detail })
      await settled()
      expect(called.filter(({ hook }) => hook.startsWith("after"))).toEqual([])
    }
    expect(await sentences()).toEqual(stored)
  })

  test("undoes a create of many, and names its row", async () => {
    before["create items"] = ({ values }) => {
      if ((values as { price: number }).price > 100) refuses("too dear", "price")()
    }
    const rows = [1, 2, 300, 4].map((price) => ({ title: `t${price}`, price }))
    const stored = await titles()
    const answer = await send("POST /items", rows)
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({
      detail: "too dear",
      errors: [{ path: "2.price", message: "is bad", code: "bad" }],
    })
    before["create items"] = ({ values }) => {
      if ((values as { price: number }).price > 100) refuses("too dear")()
    }
    const plain = await send("POST /items", rows)
    expect(plain.body).toMatchObject({ errors: [{ path: "2", message: "too dear", code: "conflict" }] })
    expect((await send("POST /items", rows[2])).body).not.toHaveProperty("errors")
    await settled()
    expect(await titles()).toEqual(stored)
    expect(called.map(({ hook }) => hook)).not.toContain("after create")
  })

  test("is refused for what the viewer may see and change alone", async () => {
    before["update items"] = refuses("a secret of the row")
    before["delete items"] = refuses("a secret of the row")
    for (const [request, json, status] of [
      ["PATCH /items/4", { price: 1 }, 403],
      ["DELETE /items/4", undefined, 403],
      ["PATCH /items/99", { price: 1 }, 404],
      ["DELETE /items/99", undefined, 404],
      ["PATCH /items/1", { owner_id: 2 }, 403],
      ["PATCH /items/1", { price: -1 }, 422],
    ] as const)
      expect(await hooksOf(() => send(request, json), status), request).toEqual([])
    const stale = { "if-match": '"0000000000000000"' }
    expect(await hooksOf(() => send("PATCH /items/1", { price: 1 }, w.ann, stale), 412)).toEqual([])
  })

  test("may be looked up with the request's database, also by a hook that takes its time", async () => {
    before["create items"] = async ({ db, values }) => {
      const { title } = values as { title: string }
      const found = await (db as CommonDb).select().from(items).where(eq(items.title, title))
      if (found.length) refuses("is there already")()
    }
    expect((await send("POST /items", { title: "ann's 1", price: 1 })).status).toBe(409)
    expect((await send("POST /items", { title: "new", price: 1 })).status).toBe(201)
  })

  test("is a 500 that writes nothing where the check itself fails, or changes what was sent", async () => {
    before["create items"] = () => {
      throw new Error("the stock is unknown")
    }
    const stored = await titles()
    const broken = await send("POST /items", { title: "x", price: 1 })
    expect([broken.status, broken.text.includes("stock")]).toEqual([500, false])
    before["create items"] = ({ values }) => {
      ;(values as { price: number }).price = 0
    }
    expect((await send("POST /items", { title: "x", price: 1 })).status).toBe(500)
    expect(await titles()).toEqual(stored)
  })
})

describe("what comes after", () => {
  test("is not told of a write that fails", async () => {
    const fails = [
      ["POST /item_labels", [{ item_id: 1, label_id: 1 }], 422],
      ["POST /items", [{ title: "x", price: 1 }, { title: "y" }], 422],
      ["PATCH /users/1", { username: "bob" }, 409],
      ["PATCH /items/4", { price: 1 }, 403],
    ] as const
    for (const [request, json, status] of fails) {
      const events = await hooksOf(() => send(request, json), status)
      expect(
        events.filter(({ hook }) => (hook as string).startsWith("after")),
        request,
      ).toEqual([])
    }
  })

  test("changes nothing about the answer where it fails, and is a line of the log", async () => {
    class MailError extends Error {
      override name = "MailError"
    }
    after["create items"] = async ({ db }) => {
      await (db as CommonDb).select().from(items)
      throw new MailError("no route to host")
    }
    after["update items"] = () => {
      throw "a text"
    }
    const headers = { "x-request-id": "lost-mail" }
    const made = await send("POST /items", { title: "x", price: 1 }, w.ann, headers)
    expect(made.status).toBe(201)
    await settled()
    expect(failures()).toEqual([
      {
        level: "error",
        msg: "The hook after.create of items failed",
        request_id: "lost-mail",
        key: 7,
        error: { name: "MailError", message: "no route to host", stack: expect.any(Array) },
      },
    ])
    expect((await send("PATCH /items/7", { price: 2 })).status).toBe(200)
    await settled()
    expect(failures()[1]).toMatchObject({
      msg: "The hook after.update of items failed",
      error: { message: "a text" },
    })
    expect((await send("GET /items/7")).body).toMatchObject({ price: 2 })
  })

  test("is told of all rows of a create, although it fails for one", async () => {
    after["create items"] = ({ row }) => {
      if ((row as { title: string }).title === "b") throw new Error("b is bad")
    }
    const rows = ["a", "b", "c"].map((title) => ({ title, price: 1 }))
    const events = await hooksOf(() => send("POST /items", rows), 201)
    expect(events.filter(({ hook }) => hook === "after create")).toHaveLength(3)
    expect(failures()).toHaveLength(1)
  })

  test("is not waited for", async () => {
    let end = () => {}
    after["create items"] = () => new Promise<void>((resolve) => (end = resolve))
    expect((await send("POST /items", { title: "x", price: 1 })).status).toBe(201)
    expect((await send("PATCH /items/7", { price: 2 })).status).toBe(200)
    expect((await send("DELETE /items/7")).status).toBe(204)
    while (!called.some(({ hook }) => hook === "after create")) await new Promise((r) => setTimeout(r, 5))
    end()
  })

  test("may write by itself, and the next read sees it", async () => {
    await send("POST /labels", { name: "none" })
    await send("GET /labels/1")
    after["create items"] = async ({ db, row }) => {
      const { labels } = hookedTables
      const { title } = row as { title: string }
      await (db as CommonDb).update(labels).set({ name: title }).where(eq(labels.id, 1))
    }
    await hooksOf(() => send("POST /items", { title: "Lamp", price: 1 }), 201)
    expect((await send("GET /labels/1")).body).toEqual({ id: 1, name: "Lamp" })
    // What a hook writes calls no hook.
    expect(called.filter(({ resource }) => resource === "labels")).toEqual([])
  })
})
