import { afterEach, beforeEach, expect, test } from "vitest"
import { encodeCursor, type Position } from "../../../src/weir/query/cursor.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, owner, signedIn } from "../../../src/weir/resource/rules.ts"
import * as items from "../fixture/src/schema/items.ts"
import { appOf } from "../support/app-of.ts"
import { walk } from "../support/paging.ts"
import { idsOf } from "../support/queries.ts"
import { rowsOf } from "../support/samples.ts"
import { type World, world } from "../support/world.ts"

/** Cursors of long texts, and links of long query strings: both stay short, and lead on. */
let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const long = (end: string) => `${"é😀\\".repeat(2_400)}${"x".repeat(390)}${end}`

async function createLong(ends: (string | null)[]): Promise<number[]> {
  const json = ends.map((end) => ({ title: "t", price: 1, description: end === null ? null : long(end) }))
  const created = await w.call("POST", "/items", { token: w.ann.token, json })
  expect(created.status, created.text.slice(0, 300)).toBe(201)
  return rowsOf(created).map(({ id }) => id as number)
}

test("texts of 10,000 characters with equal beginnings are paged by one, both ways", async () => {
  await createLong(["b", "a", "a", null, "c", "", "ca", "é", "😀", "B"])
  for (const sort of ["description", "-description", "-description,-title,id", "price,description,-id"]) {
    const path = `/items?sort=${sort}&fields=id`
    const all = await idsOf(w, path)
    const { forward, backward, pages } = await walk(w, `${path}&limit=1`)
    expect([sort, forward.map((row) => row.id)]).toEqual([sort, all])
    expect([sort, backward.map((row) => row.id)]).toEqual([sort, all])
    for (const page of pages) expect(page.headers.get("link")?.length).toBeLessThan(3_000)
  }
})

test("of several long texts, each is cut", async () => {
  const title = "t".repeat(200)
  const json = ["b", "a", "a", "c"].flatMap((end) => [
    { title: `${title.slice(1)}${end}`, price: 1, description: long("a") },
    { title, price: 1, description: long(end) },
  ])
  await w.call("POST", "/items", { token: w.ann.token, json })
  const path = "/items?sort=title,-description,price,created_at,owner_id,updated_at&fields=id"
  const all = await idsOf(w, path)
  const { forward, backward, pages } = await walk(w, `${path}&limit=1`)
  expect(forward.map((row) => row.id)).toEqual(all)
  expect(backward.map((row) => row.id)).toEqual(all)
  for (const page of pages) expect(page.headers.get("link")?.length).toBeLessThan(3_000)
})

test("where the row is gone or changed, the page begins at the beginning of its text", async () => {
  const ids = await createLong(["a", "b", "c", "d"])
  const page = await w.call("GET", "/items?sort=-description&limit=3")
  const { next } = page.links
  expect(rowsOf(page).map(({ id }) => id)).toEqual([2, 5, ids[3]])
  expect(await idsOf(w, next as string)).toEqual([ids[2], ids[1], ids[0]])
  const changed = await w.call("PATCH", `/items/${ids[3]}`, {
    token: w.ann.token,
    json: { description: "é" },
  })
  expect(changed.status).toBe(200)
  // Rows with the same beginning are skipped in descending order, and others are not.
  expect(await idsOf(w, next as string)).toEqual([ids[3], 3, 6])
  await w.call("DELETE", `/items/${ids[3]}`, { token: w.ann.token })
  expect(await idsOf(w, next as string)).toEqual([3, 6, 1])
  const first = await w.call("GET", `/items?sort=description&limit=5`)
  expect(rowsOf(first).map(({ id }) => id)).toEqual([1, 4, 3, 6, ids[0]])
  await w.call("DELETE", `/items/${ids[0]}`, { token: w.ann.token })
  expect(await idsOf(w, first.links.next as string)).toEqual([ids[1], ids[2]].concat(2, 5))
})

test("a cursor of one's own making tells nothing of rows and fields that one may not see", async () => {
  const secret = `secret ${"m".repeat(900)}`
  await w.call("PATCH", "/items/4", { token: w.bob.token, json: { description: secret } })
  const hiddenRows = appOf(w, resource(items, { read: owner, embed: {} }))
  const hiddenFields = appOf(
    w,
    resource(items, { read: anyone, create: signedIn, fields: { description: { read: owner } }, embed: {} }),
  )
  const probe = `secret ${"m".repeat(100)}`
  await w.call("PATCH", "/items/1", { token: w.ann.token, json: { description: `${probe}l` } })
  await w.call("PATCH", "/items/3", {
    token: w.ann.token,
    json: { description: `${probe}${"n".repeat(500)}` },
  })
  for (const call of [hiddenRows, hiddenFields])
    for (const [sort, key] of [
      ["description,id", "after"],
      ["-description,id", "after"],
      ["description,id", "before"],
    ] as const) {
      const read = async (id: number) => {
        const position: Position = [[probe], id]
        const path = `/items?sort=${sort}&fields=id&${key}=${encodeCursor(sort, position)}`
        const answer = await call("GET", path, { token: w.ann.token })
        expect(answer.status, answer.text).toBe(200)
        return answer.body
      }
      // The row of Bob is as one that does not exist.
      expect(await read(4), `${sort} ${key}`).toEqual(await read(4_000))
    }
})

test("the links of a query string of 6 KB lead on, both ways", async () => {
  const many = Array.from({ length: 1_500 }, (_, i) => i + 1).join(",")
  const path = `/items?id[in]=${many}&sort=-id&limit=1&fields=id`
  expect(path.length).toBeGreaterThan(6_000)
  let page = await w.call("GET", path)
  const seen = [rowsOf(page)[0]?.id]
  while (page.links.next) {
    expect(page.headers.get("link")?.length).toBeLessThan(path.length + 200)
    page = await w.call("GET", page.links.next)
    seen.push(rowsOf(page)[0]?.id)
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1])
  const back = []
  while (page.links.prev) {
    page = await w.call("GET", page.links.prev)
    back.push(rowsOf(page)[0]?.id)
  }
  expect(back).toEqual([2, 3, 4, 5, 6])
})

test("long links keep the caller's spelling, except for what a URL may not hold", async () => {
  const padding = `price[lt]=${"1".repeat(300)}&description[ne]=${"x".repeat(1_000)}`
  const query = "title[ne]=%22a%22&&title[ne]=a+b,c&description[ne]=<é>&%6cimit=1&%73kip=1&fields=id"
  const { links } = await w.call("GET", `/items?${query}&${padding}`)
  const kept =
    "title%5Bne%5D=%22a%22&title%5Bne%5D=a+b,c&description%5Bne%5D=%3C%C3%A9%3E&%6cimit=1&fields=id"
  expect(links.first).toBeUndefined()
  expect(links.next).toContain(`/items?${kept}&price%5Blt%5D=111`)
  expect(links.next).toMatch(/^[\w\-.~!$&'()*+,;=:@/?%]+$/)
  expect(await idsOf(w, links.next as string)).toHaveLength(1)
})

test("a query string that no link could hold is refused", async () => {
  const answer = await w.call("GET", `/items?title[ne]=${"x".repeat(12_000)}`)
  expect(answer.status).toBe(422)
  expect(answer.body).toMatchObject({ detail: "The query string is longer than 12000 characters" })
})
