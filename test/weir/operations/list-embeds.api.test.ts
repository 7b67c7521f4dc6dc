import { afterEach, beforeEach, expect, test } from "vitest"
import { expectRefused } from "../support/queries.ts"
import { type Row, rowOf, rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** What lists and rows embed, and the options behind `include.`. */
let w: World
beforeEach(async () => {
  w = await witnessed()
})
afterEach(() => w.close())

/** The ids of what the first row of the answer embeds. */
async function embedded(path: string): Promise<unknown[]> {
  const answer = await w.call("GET", path)
  const row = Array.isArray(answer.body) ? rowsOf(answer)[0] : rowOf(answer)
  return ((row as Row).items as Row[]).map((item) => item.id)
}

test("a list embeds on request only, a single read its items by default", async () => {
  expect(rowsOf(await w.call("GET", "/users"))[0]).not.toHaveProperty("items")
  expect(await embedded("/users?include=items")).toEqual([3, 2, 1])
  expect(await embedded("/users/2")).toEqual([6, 5, 4])
  expect(rowOf(await w.call("GET", "/users/2?include="))).not.toHaveProperty("items")
  expect(rowOf(await w.call("GET", "/users/3"))).toHaveProperty("items", [])
  expect(rowOf(await w.call("GET", "/items/1"))).not.toHaveProperty("owner")
  expect(rowOf(await w.call("GET", "/items/1?include=owner")).owner).toEqual({
    id: 1,
    username: "ann",
    created_at: expect.any(String),
  })
})

test("the newest hundred, unless limited lower", async () => {
  const json = Array.from({ length: 110 }, (_, i) => ({ title: `more ${i}`, price: i }))
  await w.call("POST", "/items", { token: w.ann.token, json })
  const newest = Array.from({ length: 100 }, (_, i) => 116 - i)
  expect(await embedded("/users/1")).toEqual(newest)
  expect(await embedded("/users?include=items")).toEqual(newest)
  expect(await embedded("/users/1?include=items&include.items.limit=100")).toEqual(newest)
  expect(await embedded("/users/1?include=items&include.items.limit=3")).toEqual([116, 115, 114])
})

test("nests three deep and no deeper", async () => {
  const answer = await w.call("GET", "/users/1?include=items.owner.items&include.items.limit=1")
  expect(answer.body).toMatchObject({
    items: [{ id: 3, owner: { username: "ann", items: [{ id: 3 }, { id: 2 }, { id: 1 }] } }],
  })
  const [item] = rowsOf(await w.call("GET", "/items?limit=1&include=owner.items.owner,owner"))
  expect(item).toMatchObject({ owner: { id: 1, items: [{ owner: { id: 1 } }, {}, {}] } })
  await expectRefused(w, "/users", [
    ["include=items.owner.items.owner", "include"],
    ["limit=1000&include=items.owner.items", "include"],
    ["include=items.owner.items.owner.items", "include"],
    ["include=nope", "include"],
    ["include=items.nope", "include"],
    ["include=items,", "include"],
    ["include=items.", "include"],
    ["include=username", "include"],
    ["include=constructor", "include"],
    ["include=items&include=items", "include"],
  ])
})

test("takes the list parameters behind its prefix", async () => {
  const options: [string, number[]][] = [
    ["limit=2", [3, 2]],
    ["limit=0", []],
    ["skip=1", [2, 1]],
    ["limit=1&skip=1", [2]],
    ["skip=9", []],
    ["sort=price", [1, 2, 3]],
    ["sort=-description,id", [2, 3, 1]],
    ["price[gte]=20.25", [3, 2]],
    ["price[gte]=20.25&price[lt]=30", [2]],
    ["price[in]=10.25,30.25", [3, 1]],
    ["description[is_null]=true", [2]],
    ["title[contains]=1&price[gt]=99", []],
    ["owner.username=ann&limit=1", [3]],
    ["owner.username=bob", []],
  ]
  for (const [text, ids] of options) {
    const prefixed = text.replace(/(^|&)/g, "$1include.items.")
    expect([text, await embedded(`/users?include=items&${prefixed}`)]).toEqual([text, ids])
    expect([text, await embedded(`/users/1?include=items&${prefixed}`)]).toEqual([text, ids])
    expect([text, await embedded(`/users/1?${prefixed}`)]).toEqual([text, ids])
  }
  const [user] = rowsOf(
    await w.call(
      "GET",
      "/users?fields=username&include=items&include.items.fields=price,id&include.items.limit=1",
    ),
  )
  expect(user).toEqual({ username: "ann", items: [{ id: 3, price: 30.25 }] })
  const [item] = rowsOf(
    await w.call("GET", "/items?limit=1&include=owner&include.owner.fields=username&fields=id"),
  )
  expect(item).toEqual({ id: 1, owner: { username: "ann" } })
  const deep =
    "include=owner.items&include.owner.fields=id&include.owner.items.fields=id&include.owner.items.sort=id"
  const [nested] = rowsOf(await w.call("GET", `/items?limit=1&fields=id&${deep}&include.owner.items.limit=2`))
  expect(nested).toEqual({ id: 1, owner: { id: 1, items: [{ id: 1 }, { id: 2 }] } })
  // Embedded filters choose embedded rows, and leave the list alone.
  const users = rowsOf(await w.call("GET", "/users?include=items&include.items.price[gt]=30.25"))
  expect(users.map((row) => (row.items as Row[]).length)).toEqual([0, 1, 0])
})

test("takes the parameters of a list within a list behind the longer prefix", async () => {
  const lists = async (query: string) => {
    const answer = await w.call(
      "GET",
      `/users?limit=1&include=items.owner.items&include.items.limit=2&${query}`,
    )
    const [user] = rowsOf(answer) as { items: { id: number; owner: { items: Row[] } }[] }[]
    return user?.items.map(({ id, owner }) => [id, owner.items.map((item) => item.id)])
  }
  const inner = "include.items.owner.items"
  // All items of the first user stay, and each shows what its owner's list keeps.
  expect(await lists(`${inner}.price[lt]=15`)).toEqual([
    [3, [1]],
    [2, [1]],
  ])
  expect(await lists(`${inner}.title[contains]=none`)).toEqual([
    [3, []],
    [2, []],
  ])
  expect(await lists(`${inner}.sort=id&${inner}.limit=1&${inner}.skip=1`)).toEqual([
    [3, [2]],
    [2, [2]],
  ])
  expect(await lists(`include.items.price[lt]=25&${inner}.price[gt]=25`)).toEqual([
    [2, [3]],
    [1, [3]],
  ])
  // What is not included is a way for the filter, and so is a row.
  expect(await embedded("/users?include=items&include.items.owner.items.price[gt]=99")).toEqual([])
  expect(await embedded("/users?include=items.owner&include.items.owner.username=ann")).toEqual([3, 2, 1])
  expect(await embedded("/users?include=items.owner&include.items.owner.username=bob")).toEqual([])
})

test("keeps the parameters of lists within lists in its links", async () => {
  const query = "include=items.owner.items&include.items.owner.items.price%5Blt%5D=15"
  const first = await w.call("GET", `/users?limit=1&${query}`)
  const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
  const [user] = rowsOf(await w.call("GET", next)) as { id: number; items: { owner: { items: Row[] } }[] }[]
  expect(user?.id).toBe(2)
  expect(user?.items.length).toBe(3)
  for (const { owner } of user?.items ?? []) expect(owner.items.length).toBe(1)
})

test("refuses wrong options by name", async () => {
  const name = (query: string) => query.slice(0, query.indexOf("="))
  const wrong = [
    ...[
      "limit=101",
      "limit=-1",
      "limit=x",
      "limit=",
      "skip=-1",
      "skip=x",
      "sort=nope",
      "sort=",
      "sort=id,id",
    ],
    ...[
      "fields=nope",
      "fields=",
      "nope=1",
      "price=x",
      "price[nope]=1",
      "price[in]=x",
      "after=x",
      "count=exact",
    ],
    ...["include=owner", "owner.nope=1", "owner.email=x", "owner.fields=id", "description[is_null]=x"],
  ].map((query): [string, string] => [`include=items&include.items.${query}`, `include.items.${name(query)}`])
  await expectRefused(w, "/users", wrong)
  await expectRefused(w, "/users/1", wrong)
  await expectRefused(w, "/users", [
    ["include=items&include.items.limit=1&include.items.limit=1", "include.items.limit"],
    // Of what is not included, and of no relation.
    ["include.items.limit=1", "include.items.limit"],
    ["include=items&include.nope.limit=1", "include.nope.limit"],
    ["include=items&items.limit=1", "items.limit"],
  ])
  await expectRefused(w, "/items", [
    ["include=owner&include.owner.limit=1", "include.owner.limit"],
    ["include=owner&include.owner.sort=id", "include.owner.sort"],
    ["include=owner&include.owner.username=ann", "include.owner.username"],
    ["include=owner&include.owner.fields=hashed_password", "include.owner.fields"],
    ["include=owner&include.owner.fields=email", "include.owner.fields"],
  ])
})
