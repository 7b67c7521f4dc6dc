import { afterEach, beforeEach, expect, test } from "vitest"
import { type Row, rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Rows that many rows share are read once for all of them: each answer is what reading them one by one gives. */
let w: World
beforeEach(async () => {
  w = await witnessed()
  const json = Array.from({ length: 30 }, (_, i) => ({ title: `t ${(i * 7) % 30}`, price: i % 4 }))
  for (const { token } of [w.ann, w.bob]) await w.call("POST", "/items", { token, json })
})
afterEach(() => w.close())

const list = async (path: string, token?: string) => rowsOf(await w.call("GET", path, { token }))

/** The owner of a row with what it embeds, by a request of its own. */
async function ownersOf(rows: Row[], options: string, token?: string): Promise<unknown[]> {
  const owners = new Map<unknown, unknown>()
  for (const { owner_id } of rows)
    if (!owners.has(owner_id))
      owners.set(
        owner_id,
        (await w.call("GET", `/users/${owner_id}?include=items${options}`, { token })).body,
      )
  return rows.map(({ owner_id }) => owners.get(owner_id))
}

test.each([
  ["", ""],
  ["&sort=-price,title", "&include.items.limit=3"],
  ["&sort=title", "&include.items.sort=-price,title&include.items.limit=4"],
  ["&price[gte]=2", "&include.items.price=1"],
  ["&skip=5", "&include.items.skip=2&include.items.limit=2&include.items.fields=id"],
  ["&owner.username=ann", "&include.items.title[contains]=2"],
  ["&count=exact", "&include.items.limit=0"],
])("a page%s of items whose owners embed items%s", async (page, options) => {
  const nested = options.replaceAll("include.items", "include.owner.items")
  for (const token of [undefined, w.ann.token, w.root.token]) {
    const plain = await list(`/items?limit=9${page}`, token)
    const rows = await list(`/items?limit=9${page}&include=owner.items${nested}`, token)
    expect(rows.map(({ owner: _, ...row }) => row)).toEqual(plain)
    expect(rows.map(({ owner }) => owner)).toEqual(await ownersOf(plain, options, token))
  }
})

test("pages in both directions keep their order, and rows within embeds theirs", async () => {
  const search = "limit=7&sort=-price,title&include=owner.items&include.owner.items.limit=2"
  const whole = await list(`/items?limit=66&${search.slice(8)}`)
  let path: string | undefined = `/items?${search}`
  const forwards: Row[] = []
  let last = ""
  while (path) {
    const page = await w.call("GET", path)
    forwards.push(...rowsOf(page))
    last = path
    path = /<([^>]*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1]
  }
  expect(forwards).toEqual(whole)
  const before = /<([^>]*)>; rel="prev"/.exec((await w.call("GET", last)).headers.get("link") ?? "")?.[1]
  expect(await list(before as string)).toEqual(whole.slice(56, 63))
})

test("deeper: users, their items, their owner, and the owner's items again", async () => {
  const search = "include=items.owner.items&include.items.limit=3&include.items.owner.items.limit=2"
  for (const user of await list(`/users?sort=id&${search}`)) {
    const { items } = user as { items: Row[] }
    const own = await list(`/users/${user.id}/items?sort=-id&limit=3`)
    expect(items.map(({ owner: _, ...row }) => row)).toEqual(own)
    for (const { owner } of items)
      expect(((owner as { items: Row[] }).items as Row[]).map(({ id }) => id)).toEqual(
        own.slice(0, 2).map(({ id }) => id),
      )
  }
})

test("a filter through a row that many share finds what its rows say, however few are asked about", async () => {
  await w.call("POST", "/items", { token: w.bob.token, json: { title: "a rarity", price: 77 } })
  const all = await list("/items?limit=1000")
  const bobs = all.filter(({ owner_id }) => owner_id === 2).map(({ id }) => id)
  const ids = async (search: string) => (await list(`/items?limit=1000&${search}`)).map(({ id }) => id)
  expect(await ids("owner.items.title[contains]=rarity")).toEqual(bobs)
  expect(await ids("owner.items.title[contains]=nowhere")).toEqual([])
  expect(await ids("owner.items.title[contains]=rarity&owner_id=2")).toEqual(bobs)
  expect(await ids("owner.items.title[contains]=rarity&owner_id=1")).toEqual([])
  expect(await ids(`owner.items.title[contains]=rarity&id[in]=${bobs[3]},1`)).toEqual([bobs[3]])
  expect(await ids("owner.items.owner.username=bob")).toEqual(bobs)
  const nested = await list("/users/2/items?limit=1000&owner.items.price=77")
  expect(nested.map(({ id }) => id)).toEqual(bobs)
  const users = await list("/users?items.owner.items.price=77")
  expect(users.map(({ id }) => id)).toEqual([2])
  const counted = await w.call("GET", "/items?limit=1&count=exact&owner.items.price=77")
  expect(counted.headers.get("x-total-count")).toBe(String(bobs.length))
})
