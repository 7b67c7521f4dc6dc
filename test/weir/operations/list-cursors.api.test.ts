import { afterEach, beforeEach, expect, test } from "vitest"
import { walk } from "../support/paging.ts"
import { expectRefused, idsOf } from "../support/queries.ts"
import { rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Cursors: opaque, over any sort, both ways, and never taken when mangled. */
let w: World
beforeEach(async () => {
  w = await witnessed()
})
afterEach(() => w.close())

/** The cursor that leads on from the first page of a list. */
async function cursorOf(path: string): Promise<string> {
  const { links } = await w.call("GET", path)
  return new URL(links.next as string, "http://localhost").searchParams.get("after") as string
}

test("go over nulls and ties, both ways", async () => {
  const description = (n: number) => (n % 3 ? null : `same ${n % 2}`)
  const json = Array.from({ length: 9 }, (_, n) => ({
    title: `t${n % 2}`,
    price: n % 2,
    description: description(n),
  }))
  await w.call("POST", "/items", { token: w.ann.token, json })
  for (const sort of [
    "description",
    "-description",
    "description,-price",
    "-description,price,-id",
    "price,description,-title",
    "-price,-description,-id",
    "title,-description",
  ])
    for (const limit of sort.startsWith("-price") ? [1, 2] : [2]) {
      const all = await idsOf(w, `/items?sort=${sort}`)
      const { forward, backward } = await walk(w, `/items?sort=${sort}&limit=${limit}`)
      expect([sort, forward.map((row) => row.id)]).toEqual([sort, all])
      expect([sort, backward.map((row) => row.id)]).toEqual([sort, all])
    }
})

test("mangled at any place, they are refused", async () => {
  const cursor = await cursorOf("/items?limit=2&sort=-price,title")
  const mangled: string[] = []
  for (let i = 0; i < cursor.length; i++) {
    for (const other of ["A", "-", "é"])
      if (cursor[i] !== other) mangled.push(cursor.slice(0, i) + other + cursor.slice(i + 1))
    mangled.push(cursor.slice(0, i), cursor.slice(0, i) + cursor.slice(i + 1), cursor.slice(i + 1))
  }
  mangled.push(
    "",
    " ",
    `${cursor}=`,
    `${cursor}A`,
    `${cursor}\n`,
    cursor.repeat(2),
    "null",
    "x".repeat(10_000),
  )
  const seen: [number, string][] = []
  for (const after of mangled) {
    const answer = await w.call("GET", `/items?sort=-price,title&after=${encodeURIComponent(after)}`)
    const [error] = (answer.body as { errors?: { path: string }[] }).errors ?? []
    if (answer.status !== 422 || error?.path !== "after") seen.push([answer.status, after])
  }
  expect(seen).toEqual([])
  expect(await idsOf(w, `/items?sort=-price,title&after=${cursor}`)).toEqual([5, 2, 4, 1])
})

test("belong to their sort", async () => {
  const byPrice = await cursorOf("/items?limit=2&sort=price")
  const byId = await cursorOf("/items?limit=2")
  // The primary key is the last key anyway, so these are one sort.
  expect(await idsOf(w, `/items?sort=price,id&after=${byPrice}`)).toEqual([2, 5, 3, 6])
  expect(await idsOf(w, `/items?sort=id&after=${byId}`)).toEqual([3, 4, 5, 6])
  await expectRefused(w, "/items", [
    [`after=${byPrice}`, "after"],
    [`sort=-price&after=${byPrice}`, "after"],
    [`sort=price,-id&after=${byPrice}`, "after"],
    [`sort=owner_id&after=${byPrice}`, "after"],
    [`sort=title&before=${byPrice}`, "before"],
    [`sort=price&after=${byId}`, "after"],
    [`sort=-id&before=${byId}`, "before"],
  ])
})

test("come alone", async () => {
  const cursor = await cursorOf("/items?limit=2")
  for (const query of [
    `after=${cursor}&before=${cursor}`,
    `after=${cursor}&after=${cursor}`,
    `after=${cursor}&skip=1`,
    `before=${cursor}&skip=0`,
  ])
    expect((await w.call("GET", `/items?${query}`)).status, query).toBe(422)
  // Another limit, other fields and another filter are another page from the same place.
  expect(await idsOf(w, `/items?limit=1&fields=id&owner_id=2&after=${cursor}`)).toEqual([4])
  expect(await idsOf(w, `/items?before=${cursor}`)).toEqual([1])
})

test("rows that come while paging are neither repeated nor do they hide others", async () => {
  for (const sort of ["price", "-price", "description", "-description", "-title"]) {
    const before = await idsOf(w, `/items?sort=${sort}`)
    const seen: unknown[] = []
    for (let url: string | undefined = `/items?limit=2&sort=${sort}`; url; ) {
      const page = await w.call("GET", url)
      seen.push(...rowsOf(page).map((row) => row.id))
      url = page.links.next
      // One at each end of every order, and a tie of a row that was just seen.
      const json = [
        { title: "a first", price: 0, description: "0 first" },
        { title: "z last", price: 99, description: null },
        { title: "ann's 2", price: 20.25, description: "number 1" },
      ]
      if (seen.length < 14) await w.call("POST", "/items", { token: w.ann.token, json })
    }
    expect(seen).toEqual([...new Set(seen)])
    expect([sort, seen.filter((id) => before.includes(id))]).toEqual([sort, before])
  }
})

test("outlive the row that they came from", async () => {
  const page = await w.call("GET", "/items?limit=3&sort=-price")
  expect(rowsOf(page).map((row) => row.id)).toEqual([6, 3, 5])
  await w.call("DELETE", "/items/5", { token: w.root.token })
  const next = await w.call("GET", page.links.next as string)
  expect(rowsOf(next).map((row) => row.id)).toEqual([2, 4, 1])
  await w.call("DELETE", "/items/2", { token: w.root.token })
  expect(await idsOf(w, next.links.prev as string)).toEqual([6, 3])
})
