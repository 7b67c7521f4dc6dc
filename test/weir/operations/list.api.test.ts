import { afterEach, beforeEach, expect, test } from "vitest"
import { expectIds, expectRefused, idsOf } from "../support/queries.ts"
import { rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Limits, offsets, sorts, counts, fields and links of lists. Items 1 to 3 are Ann's, 4 to 6 Bob's. */
let w: World
beforeEach(async () => {
  w = await witnessed()
})
afterEach(() => w.close())

test("limit and skip", async () => {
  await expectIds(w, "/items", [
    ["", [1, 2, 3, 4, 5, 6]],
    ["limit=1", [1]],
    ["limit=1000", [1, 2, 3, 4, 5, 6]],
    ["limit=2&skip=1", [2, 3]],
    ["limit=1&skip=5", [6]],
    ["skip=0", [1, 2, 3, 4, 5, 6]],
    ["skip=5", [6]],
    ["skip=6", []],
    ["skip=9007199254740991", []],
  ])
  await expectRefused(w, "/items", [
    ...["0", "1001", "-1", "abc", "1.5", "", "1e2", "+5", "0x10", "99999999999999999999", "NaN"].map(
      (limit): [string, string] => [`limit=${encodeURIComponent(limit)}`, "limit"],
    ),
    ["limit=1&limit=2", "limit"],
    ["limit=1&limit=1", "limit"],
    ...["-1", "abc", "1.5", "", "9007199254740993", "99999999999999999999"].map((skip): [string, string] => [
      `skip=${skip}`,
      "skip",
    ]),
    ["skip=1&skip=1", "skip"],
    ["limit=0&skip=-1&sort=nope", "limit", "skip", "sort"],
  ])
})

test("a list without a limit holds 100, and 1000 at the most", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({ title: `more ${i}`, price: i }))
  const created = await w.call("POST", "/items", { token: w.ann.token, json: many })
  expect(created.status, created.text.slice(0, 500)).toBe(201)
  expect(await idsOf(w, "/items")).toHaveLength(100)
  const page = await w.call("GET", "/items?limit=1000&count=exact")
  expect(rowsOf(page)).toHaveLength(1000)
  expect(page.headers.get("x-total-count")).toBe("1006")
  expect(await idsOf(w, page.links.next as string)).toEqual([1001, 1002, 1003, 1004, 1005, 1006])
})

test("sort", async () => {
  await expectIds(w, "/items", [
    ["sort=id", [1, 2, 3, 4, 5, 6]],
    ["sort=-id", [6, 5, 4, 3, 2, 1]],
    ["sort=price", [1, 4, 2, 5, 3, 6]],
    ["sort=-price", [6, 3, 5, 2, 4, 1]],
    ["sort=-owner_id,-price", [6, 5, 4, 3, 2, 1]],
    ["sort=owner_id,-price", [3, 2, 1, 6, 5, 4]],
    ["sort=-owner_id", [4, 5, 6, 1, 2, 3]],
    // Nulls count as the largest.
    ["sort=description", [1, 4, 3, 6, 2, 5]],
    ["sort=-description", [2, 5, 3, 6, 1, 4]],
    ["sort=-description,-id", [5, 2, 6, 3, 4, 1]],
    ["sort=-id,price", [6, 5, 4, 3, 2, 1]],
  ])
  await expectRefused(w, "/items", [
    ["sort=", "sort"],
    ["sort=nope", "sort"],
    ["sort=--price", "sort"],
    ["sort=%2Bprice", "sort"],
    ["sort=price,", "sort"],
    ["sort=price,,id", "sort"],
    ["sort=price,price", "sort"],
    ["sort=price,-price", "sort"],
    ["sort=price&sort=id", "sort"],
    ["sort=owner", "sort"],
    ["sort=owner.username", "sort"],
    ["sort=constructor", "sort"],
    ["sort=price;drop", "sort"],
    ["sort=Price", "sort"],
  ])
})

test("count", async () => {
  const total = async (query: string) => {
    const { status, headers } = await w.call("GET", `/items?${query}`)
    return [status, headers.get("x-total-count")]
  }
  expect(await total("count=exact")).toEqual([200, "6"])
  expect(await total("count=exact&limit=1&skip=4")).toEqual([200, "6"])
  expect(await total("count=exact&skip=100")).toEqual([200, "6"])
  expect(await total("count=exact&owner_id=1&description[is_null]=false")).toEqual([200, "2"])
  expect(await total("count=exact&price=0")).toEqual([200, "0"])
  expect(await total("limit=1")).toEqual([200, null])
  const { links } = await w.call("GET", "/items?count=exact&limit=2&owner_id=1")
  const next = await w.call("GET", links.next as string)
  expect(next.headers.get("x-total-count")).toBe("3")
  await expectRefused(w, "/items", [
    ["count=", "count"],
    ["count=true", "count"],
    ["count=EXACT", "count"],
    ["count=exact&count=exact", "count"],
  ])
})

test("fields", async () => {
  const keys = async (query: string) => {
    const answer = await w.call("GET", `/items?limit=1&${query}`)
    return Object.keys(rowsOf(answer)[0] ?? {})
  }
  expect(await keys("fields=id")).toEqual(["id"])
  expect(await keys("fields=price,title")).toEqual(["title", "price"])
  expect(await keys("fields=title,title")).toEqual(["title"])
  expect(await keys("fields=title&include=owner")).toEqual(["title", "owner"])
  // What is sorted and filtered by need not be shown.
  expect(await keys("fields=title&sort=-price,description&owner_id=2")).toEqual(["title"])
  await expectRefused(w, "/items", [
    ["fields=", "fields"],
    ["fields=nope", "fields"],
    ["fields=id,", "fields"],
    ["fields=id&fields=title", "fields"],
    ["fields=owner", "fields"],
    ["fields=*", "fields"],
    ["fields=__proto__", "fields"],
  ])
})

test("unknown parameters are refused by name, and so are parameters on writes", async () => {
  await expectRefused(w, "/items", [
    ["nope=1", "nope"],
    ["Limit=1", "Limit"],
    ["offset=1&page=2", "offset", "page"],
    ["price[lte]x=1", "price[lte]x"],
    ["[price]=1", "[price]"],
    ["price[]=1", "price[]"],
    ["=1", ""],
    ["__proto__=1", "__proto__"],
    ["constructor.name=1", "constructor.name"],
    ["limit=x&price=y&nope=z", "limit", "nope", "price"],
  ])
  await expectRefused(w, "/items/1", [
    ["limit=1", "limit"],
    ["sort=id", "sort"],
    ["price=1", "price"],
    ["count=exact", "count"],
  ])
  const options = { token: w.ann.token, json: { title: "x", price: 1 } }
  for (const [method, path] of [
    ["POST", "/items?title=x"],
    ["PATCH", "/items/1?price=1"],
    ["DELETE", "/items/1?price=1"],
  ] as const) {
    const answer = await w.call(method, path, options)
    expect([answer.status, (answer.body as { errors: { path: string }[] }).errors[0]?.path]).toEqual([
      422,
      path.split(/[?=]/)[1],
    ])
  }
})

test("links keep the other parameters, and lead only where there are rows", async () => {
  const query =
    "limit=2&fields=id%2Ctitle&include=owner&price%5Bgt%5D=1&price%5Bgt%5D=2&count=exact&sort=-price"
  const relations = async (path: string) => Object.keys((await w.call("GET", path)).links).sort()
  const first = await w.call("GET", `/items?${query}`)
  expect(first.links.first).toBe(`/items?${query}`)
  const next = new URL(first.links.next as string, "http://localhost")
  expect(next.pathname).toBe("/items")
  next.searchParams.delete("after")
  expect(next.search).toBe(`?${query}`)

  const second = await w.call("GET", first.links.next as string)
  expect(second.links.first).toBe(`/items?${query}`)
  const third = await w.call("GET", second.links.next as string)
  expect([...rowsOf(first), ...rowsOf(second), ...rowsOf(third)].map((row) => row.id)).toEqual([
    6, 3, 5, 2, 4, 1,
  ])
  expect(Object.keys(third.links).sort()).toEqual(["first", "prev"])
  expect((await w.call("GET", third.links.prev as string)).body).toEqual(second.body)

  expect(await relations("/items")).toEqual(["first"])
  expect(await relations("/items?limit=6")).toEqual(["first"])
  expect(await relations("/items?limit=5")).toEqual(["first", "next"])
  expect(await relations("/items?limit=2&skip=2")).toEqual(["first", "next", "prev"])
  expect(await relations("/items?limit=2&skip=4")).toEqual(["first", "prev"])
  // skip=0 is the first page, and none comes before it.
  expect(await relations("/items?limit=2&skip=0")).toEqual(["first", "next"])
  expect(await relations("/items?price=0")).toEqual(["first"])
  expect((await w.call("GET", "/items?price=0")).text).toBe("[]")

  // From a page by skip, the links go on by cursor.
  const skipped = await w.call("GET", "/items?limit=2&skip=2")
  expect(skipped.links.next).not.toContain("skip")
  expect(await idsOf(w, skipped.links.next as string)).toEqual([5, 6])
  expect(await idsOf(w, skipped.links.prev as string)).toEqual([1, 2])

  const nested = await w.call("GET", `/users/${w.bob.id}/items?limit=2`)
  expect(nested.links.next).toMatch(/^\/users\/2\/items\?limit=2&after=/)
  expect(await idsOf(w, nested.links.next as string)).toEqual([6])
})
