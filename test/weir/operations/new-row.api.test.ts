// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import type { ResourceOptions } from "../../../src/weir/resource/resource.ts"
import {
  admin,
  all,
  anyone,
  any as either,
  nobody,
  owner,
  type Rule,
  self,
  signedIn,
} from "../../../src/weir/resource/rules.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

// Ann has the items 1 to 3, Bob 4 to 6.
let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

type ItemOptions = ResourceOptions<keyof typeof items.items._.columns & string>
const apiWith = (
  options: ItemOptions,
  people: { read: typeof self | typeof anyone } = { read: anyone },
): Call =>
  appOf(
    w,
    resource(users, { ...people, fields: { hashed_password: { read: nobody } }, embed: { items: {} } }),
    resource(items, { read: anyone, embed: { owner: {} }, ...options }),
  )
const as = (call: Call, who: "ann" | "bob" | "root") => (method: string, path: string, json?: unknown) =>
  call(method, path, { token: w[who].token, ...(json === undefined ? {} : { json }) })
const errorsOf = (answer: Answer): unknown => (answer.body as { errors?: unknown }).errors
const expectRefused = (answer: Answer, path: string, code = "forbidden_value") => {
  expect(answer.status, answer.text).toBe(403)
  expect(errorsOf(answer)).toEqual([expect.objectContaining({ path, code })])
}
const expectUnknown = (answer: Answer, path = "owner_id") => {
  expect(answer.status, answer.text).toBe(422)
  expect(errorsOf(answer)).toEqual([expect.objectContaining({ path, code: "unknown_reference" })])
}
const isItem = (call: Call, id: number, expected: object) =>
  call("GET", `/items/${id}`).then(({ body }) => expect(body).toMatchObject(expected))
const price =
  (least: number): Rule<"price"> =>
  (row, viewer) =>
    viewer.kind !== "anonymous" && sql`${row("price")} >= ${sql.raw(String(least))}`

describe("an update's rule", () => {
  test("holds for the row as it will be, or nothing changes", async () => {
    const call = apiWith({ create: signedIn, update: owner })
    const ann = as(call, "ann")
    expectRefused(await ann("PATCH", "/items/1", { owner_id: 2, title: "Bob's now" }), "owner_id")
    await isItem(call, 1, { owner_id: 1, title: "ann's 1" })
    expect((await ann("PATCH", "/items/1", { owner_id: 1, title: "New" })).status).toBe(200)
    expect((await ann("PATCH", "/items/4", { owner_id: 1 })).status).toBe(403)
    expect((await ann("PATCH", "/items/99", { owner_id: 1 })).status).toBe(404)
    expect((await as(call, "root")("PATCH", "/items/1", { owner_id: 2 })).status).toBe(200)
  })

  test("names the columns that it reads, of those that were written", async () => {
    const ann = as(apiWith({ update: all(owner, price(5)) }), "ann")
    expectRefused(await ann("PATCH", "/items/1", { price: 1, title: "x" }), "price")
    const both = await ann("PATCH", "/items/1", { owner_id: 2, price: 1 })
    expect(errorsOf(both)).toEqual([
      expect.objectContaining({ path: "price" }),
      expect.objectContaining({ path: "owner_id" }),
    ])
  })

  test("reads the instant that the update sets, not the old one", async () => {
    const fresh: Rule<"updated_at" | "created_at"> = (row, viewer) =>
      viewer.kind !== "anonymous" && sql`${row("updated_at")} > ${row("created_at")}`
    const call = apiWith({ update: signedIn, updatedRow: fresh })
    expect((await as(call, "ann")("PATCH", "/items/1", { title: "Later" })).status).toBe(200)
  })

  test("compares new values as it compares a column's, whatever the type of the other side", async () => {
    const most: Rule<"price"> = (row) => sql`${row("price")} <= ${"50"}`
    const call = apiWith({ create: all(signedIn, most), update: all(owner, most) })
    const ann = as(call, "ann")
    expectRefused(await ann("PATCH", "/items/1", { price: 1000 }), "price")
    expectRefused(await ann("POST", "/items", { title: "x", price: 1000, owner_id: 1 }), "price")
    expect((await ann("PATCH", "/items/1", { price: 6 })).status).toBe(200)
    expect((await ann("POST", "/items", { title: "x", price: 6, owner_id: 1 })).status).toBe(201)
  })

  test("is asked of the row as a concurrent write leaves it", async () => {
    const described: Rule<"description"> = (row) => sql`${row("description")} = 'number 1'`
    const call = apiWith({
      update: all(
        owner,
        either(described, (row) => sql`${row("price")} < 50`),
      ),
    })
    const meanwhile = async (change: string, patch: object): Promise<Answer> => {
      const [client, other] = [w.database.connect(), w.database.connect()]
      const isPostgres = w.database.dialect === "postgres"
      const wait = isPostgres ? ["select pg_sleep(1)"] : []
      const written = client.batch([change, ...wait].map((text) => ({ text, params: [] })))
      const sleeping =
        "select count(*) from pg_stat_activity where query like '%pg\\_sleep%' and wait_event = 'PgSleep'"
      // The answer is the same where the other write is over before the patch begins.
      for (let tries = 0; isPostgres && tries < 20; tries++) {
        const [row] = await other.query({ text: sleeping, params: [], bounded: true })
        if (Number(row?.[0])) break
      }
      if (!isPostgres) await written
      const answer = await as(call, "ann")("PATCH", "/items/1", patch)
      await written
      await Promise.all([client.close?.(), other.close?.()])
      return answer
    }
    expectRefused(
      await meanwhile("update items set description = 'other' where id = 1", { price: 1000 }),
      "price",
    )
    const moved = await meanwhile("update items set owner_id = 2 where id = 1", { title: "Ann's" })
    expect(moved.status, moved.text).toBe(403)
    await isItem(call, 1, { title: "ann's 1", price: 10.25, owner_id: 2 })
  })

  test("may be another for the new row", async () => {
    const call = apiWith({ update: owner, updatedRow: either(owner, price(1000)) })
    const ann = as(call, "ann")
    expectRefusedBoth(await ann("PATCH", "/items/1", { owner_id: 2, price: 999 }))
    expect((await ann("PATCH", "/items/1", { owner_id: 2, price: 1000 })).status).toBe(200)
    const open = apiWith({ update: owner, updatedRow: anyone })
    expect((await as(open, "ann")("PATCH", "/items/2", { owner_id: 2 })).status).toBe(200)
  })
  const expectRefusedBoth = (answer: Answer) => {
    expect(answer.status).toBe(403)
    expect((errorsOf(answer) as unknown[]).length).toBe(2)
  }

  test("is asked even where it reads no written column, if it is one of its own", async () => {
    const call = apiWith({ update: owner, updatedRow: price(20) })
    const ann = as(call, "ann")
    expect((await ann("PATCH", "/items/1", { title: "Cheap" })).status).toBe(403)
    expect((await ann("PATCH", "/items/2", { title: "Dear" })).status).toBe(200)
  })
})

describe("a field's rule", () => {
  test("may differ for create and update", async () => {
    const call = apiWith({
      create: owner,
      update: owner,
      fields: { owner_id: { update: nobody, initially: (viewer) => viewer.id } },
    })
    const ann = as(call, "ann")
    expect((await ann("POST", "/items", { title: "Mine", price: 1, owner_id: 1 })).status).toBe(201)
    expectRefused(await ann("PATCH", "/items/1", { owner_id: 1 }), "owner_id", "forbidden_field")
    expectRefused(await as(call, "root")("PATCH", "/items/1", { owner_id: 1 }), "owner_id", "forbidden_field")
    const created = apiWith({ create: signedIn, update: owner, fields: { price: { create: admin } } })
    expectRefused(
      await as(created, "ann")("POST", "/items", { title: "x", price: 1, owner_id: 1 }),
      "price",
      "forbidden_field",
    )
    expect((await as(created, "ann")("PATCH", "/items/1", { price: 7 })).status).toBe(200)
  })

  test("that looks at the row is named, and looks at the new row, too", async () => {
    const call = apiWith({
      update: signedIn,
      fields: { description: { write: owner }, owner_id: { write: owner } },
    })
    const ann = as(call, "ann")
    expectRefused(
      await ann("PATCH", "/items/4", { description: "Not mine" }),
      "description",
      "forbidden_field",
    )
    expectRefused(await ann("PATCH", "/items/1", { owner_id: 2 }), "owner_id", "forbidden_field")
    expect((await ann("PATCH", "/items/1", { description: "Mine" })).status).toBe(200)
  })
})

describe("a create's rule", () => {
  test("is part of its statement: one refused row of an array refuses all", async () => {
    const call = apiWith({ create: owner })
    const ann = as(call, "ann")
    const of = (owner_id: number, title = "One") => ({ title, price: 1, owner_id })
    expectRefused(await ann("POST", "/items", of(2)), "owner_id")
    expectRefused(await ann("POST", "/items", [of(1), of(1), of(2)]), "2.owner_id")
    const long = Array.from({ length: 50 }, (_, i) => of(i === 42 ? 2 : 1))
    expectRefused(await ann("POST", "/items", long), "42.owner_id")
    expectRefused(await ann("POST", "/users/2/items", { title: "Nested", price: 1 }), "owner_id")
    expect(((await call("GET", "/items")).body as unknown[]).length).toBe(6)
    expect((await ann("POST", "/items", [of(1), of(1, "Two")])).status).toBe(201)
    expect((await ann("POST", "/users/1/items", { title: "Nested", price: 1 })).status).toBe(201)
  })

  test("sees what the database will fill in, but for the key", async () => {
    const recent: Rule<"created_at" | "id"> = (row, viewer) =>
      viewer.kind !== "anonymous" &&
      sql`${row("created_at")} > '2020-01-01T00:00:00.000Z' and ${row("id")} is null`
    const made = { title: "x", price: 1, owner_id: 1 }
    const ann = as(apiWith({ create: recent }), "ann")
    expect((await ann("POST", "/items", made)).status).toBe(201)
    expect((await ann("POST", "/items", [made, made])).status).toBe(201)
    const old: Rule<"created_at"> = (row) => sql`${row("created_at")} < '2020-01-01T00:00:00.000Z'`
    const refused = await as(apiWith({ create: all(signedIn, old) }), "ann")("POST", "/items", made)
    expect(refused.status).toBe(403)
    expect(refused.body).not.toHaveProperty("errors")
  })

  test("comes before a value that is taken", async () => {
    const named = await as(apiWith({ create: all(owner, price(5)) }), "ann")("POST", "/items", [
      { title: "a", price: 9, owner_id: 1 },
      { title: "b", price: 4, owner_id: 99 },
    ])
    expect(named.status).toBe(403)
    expect((errorsOf(named) as { path: string }[]).map(({ path }) => path).sort()).toEqual([
      "1.owner_id",
      "1.price",
    ])
  })
})

describe("a reference", () => {
  const hidden = { read: self }

  test("to a hidden row is answered as one to none, in every route", async () => {
    const ann = as(apiWith({ create: signedIn, update: signedIn }, hidden), "ann")
    const tries = async (owner_id: number) => [
      await ann("POST", "/items", { title: "x", price: 1, owner_id }),
      await ann("PATCH", "/items/1", { owner_id }),
    ]
    const [of2, of99] = [await tries(2), await tries(99)]
    for (const answer of [...of2, ...of99]) expectUnknown(answer)
    const plain = (answer: Answer) => answer.text.replace(/"request_id":"[^"]*"/, "")
    expect(of2.map(plain)).toEqual(of99.map(plain))
    for (const owner_id of [2, 99])
      expectUnknown(
        await ann("POST", "/items", [
          { title: "x", price: 1, owner_id: 1 },
          { title: "y", price: 1, owner_id },
        ]),
        "1.owner_id",
      )
    for (const id of [2, 99])
      expect((await ann("POST", `/users/${id}/items`, { title: "x", price: 1 })).status).toBe(404)
    expect((await ann("POST", "/items", { title: "x", price: 1, owner_id: 1 })).status).toBe(201)
    expect((await ann("PATCH", "/items/1", { owner_id: 1 })).status).toBe(200)
  })

  test("that stays as it was may be sent again, unless the viewer cannot read it", async () => {
    const ann = as(apiWith({ update: signedIn }, hidden), "ann")
    expect((await ann("PATCH", "/items/4", { owner_id: 2, title: "New" })).status).toBe(200)
    const blind = as(apiWith({ update: signedIn, fields: { owner_id: { read: owner } } }, hidden), "ann")
    for (const owner_id of [2, 3, 99]) expectUnknown(await blind("PATCH", "/items/4", { owner_id }))
  })

  test("may name any row, or others, by `refersTo`", async () => {
    const anyRow = { create: signedIn, update: signedIn, fields: { owner_id: { refersTo: anyone } } }
    const ann = as(apiWith(anyRow, hidden), "ann")
    expect((await ann("POST", "/items", { title: "x", price: 1, owner_id: 2 })).status).toBe(201)
    expect((await ann("PATCH", "/items/1", { owner_id: 2 })).status).toBe(200)
    expectUnknown(await ann("PATCH", "/items/1", { owner_id: 99 }))
    const admins: ItemOptions = {
      update: signedIn,
      fields: { owner_id: { refersTo: (row) => sql`${row("role")} = 'admin'` } },
    }
    const picky = as(apiWith(admins), "ann")
    expect((await picky("PATCH", "/items/1", { owner_id: 3 })).status).toBe(200)
    expectUnknown(await picky("PATCH", "/items/1", { owner_id: 1 }))
  })

  test("that the API fills in is not asked for", async () => {
    const call = apiWith(
      { create: signedIn, fields: { owner_id: { write: admin, initially: (viewer) => viewer.id } } },
      { read: nobody } as never,
    )
    expect((await as(call, "ann")("POST", "/items", { title: "x", price: 1 })).status).toBe(201)
  })
})

describe("a quota", () => {
  test("holds for rows that an update gives to another owner", async () => {
    const call = apiWith({ update: signedIn, quota: { rows: 3, per: owner } })
    const answer = await as(call, "ann")("PATCH", "/items/1", { owner_id: 2 })
    expect(answer.status, answer.text).toBe(403)
    expect(answer.body).toMatchObject({ code: "quota_exceeded" })
    expect((await as(call, "ann")("PATCH", "/items/1", { owner_id: 1 })).status).toBe(200)
    expect((await as(call, "ann")("PATCH", "/items/1", { owner_id: 3 })).status).toBe(200)
  })

  test("that is used up does not tell of a hidden row, nor of one that is not the viewer's", async () => {
    // A subselect of the row: databases put it off until they have looked at the quota.
    const mine: Rule<"owner_id"> = (row, viewer) =>
      viewer.kind === "user" &&
      sql`exists (select 1 from users u where u.id = ${viewer.id} and u.id = ${row("owner_id")})`
    const quota = { rows: 3, per: owner }
    const statuses = async (call: Call, owner_id: number) => {
      const answers = []
      for (const id of [4, 99]) answers.push(await as(call, "ann")("PATCH", `/items/${id}`, { owner_id }))
      return answers.map(({ status }) => status)
    }
    const hiding = apiWith({ read: mine, update: signedIn, updatedRow: anyone, quota })
    for (const owner_id of [1, 2, 3, 99]) expect(await statuses(hiding, owner_id)).toEqual([404, 404])
    const fixed = apiWith({ update: mine, updatedRow: anyone, quota })
    for (const owner_id of [1, 2, 3, 99]) expect(await statuses(fixed, owner_id)).toEqual([403, 404])
  })

  test("that is used up does not tell of a hidden owner", async () => {
    const options: ItemOptions = { create: signedIn, update: signedIn, quota: { rows: 3, per: owner } }
    const ann = as(apiWith(options, { read: self }), "ann")
    for (const owner_id of [2, 99]) {
      expectUnknown(await ann("PATCH", "/items/1", { owner_id }))
      expectUnknown(await ann("POST", "/items", { title: "x", price: 1, owner_id }))
    }
  })
})
