import { afterAll, beforeAll, expect, test } from "vitest"
import { expectRefused } from "../support/queries.ts"
import { type Row, rowOf, rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Counts of embedded lists. Ann and Bob have three items each, of 10.25, 20.25, 30.25 and 10.5, 20.5, 30.5; Root has none. */
let w: World
beforeAll(async () => {
  w = await witnessed()
})
afterAll(() => w.close())

const list = async (path: string): Promise<Row[]> => rowsOf(await w.call("GET", path))
const counts = async (path: string) => (await list(path)).map((row) => [row.id, row.items_count])

test("a list counts the related rows of each row, with the filters behind its prefix", async () => {
  expect(await counts("/users?include=items.count()")).toEqual([
    [1, 3],
    [2, 3],
    [3, 0],
  ])
  expect(await counts("/users?include=items.count()&include.items.price[gt]=10.25")).toEqual([
    [1, 2],
    [2, 3],
    [3, 0],
  ])
  const tree = encodeURIComponent('{"or":[{"price":{"lt":10.4}},{"title":"bob\'s 3"}]}')
  expect(await counts(`/users?include=items.count()&include.items.filter=${tree}`)).toEqual([
    [1, 1],
    [2, 1],
    [3, 0],
  ])
  expect((await list("/users?include=items.count()")).every((row) => !("items" in row))).toBe(true)
})

test("beside the list itself, of embedded rows, and with fields, cursors and one row", async () => {
  const both = await list(
    "/users?include=items,items.count()&include.items.limit=1&include.items.price[gt]=10.25",
  )
  expect(both.map(({ items, items_count }) => [(items as Row[]).length, items_count])).toEqual([
    [1, 2],
    [1, 3],
    [0, 0],
  ])
  const [item] = await list("/items?include=owner.items.count()&limit=1")
  expect((item as { owner: Row }).owner.items_count).toBe(3)
  expect(rowOf(await w.call("GET", "/users/1?include=items.count()")).items_count).toBe(3)
  expect(await list("/users?include=items.count()&fields=id&sort=-username&limit=1")).toEqual([
    { id: 3, items_count: 0 },
  ])
  const page = await w.call("GET", "/users?include=items.count()&limit=1&count=exact")
  expect(page.headers.get("x-total-count")).toBe("3")
  expect(await counts(page.links.next as string)).toEqual([[2, 3]])
})

test("what cannot be counted is refused, by name", async () => {
  await expectRefused(w, "/users", [
    ["include=count()", "include"],
    ["include=items.count(id)", "include"],
    ["include=nothing.count()", "include"],
    ["include=items.owner.count()", "include"],
    ["include=items.count()&include.items.limit=1", "include.items.limit"],
    ["include=items.count()&include.items.nothing=1", "include.items.nothing"],
  ])
})

test("a write changes the count that a cache has kept", async () => {
  expect(await counts("/users?include=items.count()&id=2")).toEqual([[2, 3]])
  const { id } = rowOf(await w.call("POST", "/items", { token: w.bob.token, json: { title: "x", price: 1 } }))
  expect(await counts("/users?include=items.count()&id=2")).toEqual([[2, 4]])
  await w.call("DELETE", `/items/${id}`, { token: w.bob.token })
  expect(await counts("/users?include=items.count()&id=2")).toEqual([[2, 3]])
})
