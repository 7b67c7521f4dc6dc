// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { type SQL, sql } from "drizzle-orm"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { all, any, anyone, nobody, owner, type Rule, signedIn } from "../../../src/weir/resource/rules.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { type World, world } from "../support/world.ts"

type Column = "owner_id" | "title" | "price" | "id"
/** What a team may write: an `or` without parentheses. Ann's items, and Bob's first. */
const ways: [string, (row: (column: Column) => SQL, id: SQL) => SQL][] = [
  ["or", (row, id) => sql`${row("owner_id")} = ${id} or ${row("title")} = ${"bob's 1"}`],
  ["OR, over lines", (row, id) => sql`${row("title")} = ${"bob's 1"}\n  OR\n  ${row("owner_id")} = ${id}`],
  [
    "joined",
    (row, id) => sql.join([sql`${row("owner_id")} = ${id}`, sql`${row("title")} = 'bob''s 1'`], sql` or `),
  ],
  [
    "behind a comment with a quote",
    (row, id) => sql`/* Ann's */ ${row("owner_id")} = ${id} or ${row("title")} = 'bob''s 1' /* or Bob's */`,
  ],
  ["nested", (row, id) => sql`${sql`${row("owner_id")} = ${id}`} or ${sql`${row("title")} = ${"bob's 1"}`}`],
]
const ruleOf =
  (way: (row: (column: Column) => SQL, id: SQL) => SQL): Rule<Column> =>
  (row, viewer) =>
    viewer.kind === "user" ? way(row, viewer.id) : viewer.kind === "admin"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

/** The API with that rule for everything, and Ann in it. */
function annIn(rule: Rule<Column>): (method: string, path: string, json?: unknown) => ReturnType<Call> {
  const call = appOf(
    w,
    resource(users, { read: anyone, fields: { hashed_password: { read: nobody } }, embed: { items: {} } }),
    resource(items, { read: rule, create: rule, update: rule, delete: rule, embed: { owner: {} } }),
  )
  return (method, path, json) =>
    call(method, path, { token: w.ann.token, ...(json === undefined ? {} : { json }) })
}
const idsOf = (body: unknown): unknown[] => (body as { id: number }[]).map(({ id }) => id).sort()

describe.each(ways)("a rule with an `or` of its own: %s", (_, way) => {
  test.each<[string, Rule<Column>]>([
    ["alone", ruleOf(way)],
    ["within all", all<Column>(ruleOf(way), signedIn)],
    ["within all of two", all<Column>(ruleOf(way), (row) => sql`${row("price")} > 0`)],
    ["within any", any<Column>(ruleOf(way), (row) => sql`${row("price")} < 0 or ${row("price")} < -1`)],
  ])("%s, keeps to its row", async (_name, rule) => {
    const ann = annIn(rule)
    expect(idsOf((await ann("GET", "/items")).body)).toEqual([1, 2, 3, 4])
    expect(idsOf((await ann("GET", "/items?price[gt]=25")).body)).toEqual([3])
    expect(idsOf((await ann("GET", "/items?owner.username=bob")).body)).toEqual([4])
    expect(idsOf((await ann("GET", "/users/2/items")).body)).toEqual([4])
    expect(idsOf(((await ann("GET", "/users/2?include=items")).body as { items: unknown }).items)).toEqual([
      4,
    ])
    expect((await ann("GET", "/items/1")).body).toMatchObject({ id: 1 })
    expect((await ann("GET", "/items/5")).status).toBe(404)
    expect((await ann("PATCH", "/items/5", { price: 9 })).status).toBe(404)
    expect((await ann("PATCH", "/items/1", { price: 9 })).body).toMatchObject({ id: 1, price: 9 })
    expect((await ann("POST", "/items", { title: "x", price: 1, owner_id: 2 })).status).toBe(403)
    expect((await ann("DELETE", "/items/6")).status).toBe(404)
    expect((await ann("DELETE", "/items/1")).status).toBe(204)
    const left = await w.call("GET", "/items")
    expect(idsOf(left.body)).toEqual([2, 3, 4, 5, 6])
    expect((left.body as { price: number }[]).filter(({ price }) => price === 9)).toEqual([])
  })

  test("in a field's rules and in what a field may refer to", async () => {
    const call = appOf(
      w,
      resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } }),
      resource(items, {
        read: anyone,
        create: signedIn,
        update: owner,
        fields: {
          description: { read: ruleOf(way), write: ruleOf(way) },
          owner_id: { refersTo: (row) => sql`${row("username")} = 'ann' or ${row("username")} = 'root'` },
        },
      }),
    )
    const token = w.ann.token
    const shown = (await call("GET", "/items", { token })).body as { id: number }[]
    expect(idsOf(shown.filter((row) => "description" in row))).toEqual([1, 2, 3, 4])
    expect(idsOf((await call("GET", "/items?description[contains]=number", { token })).body)).toEqual([
      1, 3, 4,
    ])
    const json = { title: "x", price: 1 }
    expect((await call("POST", "/items", { token, json: { ...json, owner_id: 2 } })).status).toBe(422)
    expect((await call("POST", "/items", { token, json: { ...json, owner_id: 3 } })).status).toBe(201)
  })
})

test("a rule binds booleans, dates and numbers on every driver", async () => {
  const ann = annIn(
    (row, viewer) =>
      sql`${viewer.kind !== "anonymous"} = ${true} and ${row("price")} > ${0.5} and ${row("title")} <> ${new Date(0)}`,
  )
  expect(idsOf((await ann("GET", "/items")).body)).toEqual([1, 2, 3, 4, 5, 6])
  expect((await ann("POST", "/items", { title: "x", price: 1, owner_id: 1 })).status).toBe(201)
  expect((await ann("PATCH", "/items/1", { price: 2 })).status).toBe(200)
})
