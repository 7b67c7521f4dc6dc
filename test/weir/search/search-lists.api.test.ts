// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { walk } from "../support/paging.ts"
import type { Row } from "../support/samples.ts"
import { type Ask, idsOf, type Library, library, searched } from "./support.ts"

/** Searches on every driver: lists, nested lists, counts, cursors, embeds. */
let l: Library
let ask: Ask
beforeAll(async () => {
  l = await library({ ...searched, embed: { owner: {} } } as never)
  ask = l.ask()
  const owners = [l.w.ann.id, l.w.bob.id]
  await l.add(
    Array.from({ length: 24 }, (_, i) => ({
      title: `lamp${" lamp".repeat(i % 4)} ${i % 3 ? "oak table" : "table oak"}`,
      body: i % 2 ? "Café by the sea" : "of words ".repeat(i % 5),
      pages: i,
      owner_id: owners[i % 2] as number,
    })),
  )
  await l.add([{ title: "a desk", body: "cafes", pages: 50, owner_id: l.w.ann.id }])
})
afterAll(() => l.close())

const get = (path: string): Promise<Answer> => ask("anonymous", path)
const call = (_method: string, path: string) => get(path)
const pagesOf = (rows: unknown): number[] => (rows as Row[]).map(({ pages }) => pages as number)
const numbers = (of: (i: number) => boolean) => Array.from({ length: 24 }, (_, i) => i).filter(of)
const encoded = encodeURIComponent

describe.each([
  ["all rows", "/papers", () => true],
  ["the rows of one parent", "/users/1/papers", (i: number) => i % 2 === 0],
] as const)("q in a list of %s", (_, path, isIn: (i: number) => boolean) => {
  const found = async (q: string) => pagesOf((await get(`${path}?q=${encoded(q)}&sort=pages&limit=100`)).body)

  test("finds words, phrases, exclusions and beginnings", async () => {
    expect(await found("lamp")).toEqual(numbers(isIn))
    expect(await found('lamp "oak table"')).toEqual(numbers((i) => isIn(i) && i % 3 > 0))
    expect(await found('lamp -"oak table"')).toEqual(numbers((i) => isIn(i) && i % 3 === 0))
    expect(await found("CAF* lamp -wor*")).toEqual(numbers((i) => isIn(i) && i % 2 > 0))
    expect(await found("lamp cafe")).toEqual(numbers((i) => isIn(i) && i % 2 > 0))
    expect(await found("nothing")).toEqual([])
  })

  test("goes with counts, filters, aggregates and fields", async () => {
    const all = numbers(isIn)
    const page = await get(`${path}?q=lamp&count=exact&limit=2&fields=pages`)
    expect(page.headers.get("x-total-count")).toBe(String(all.length))
    expect(page.body).toEqual([{ pages: expect.any(Number) }, { pages: expect.any(Number) }])
    const some = await get(`${path}?q=lamp&pages[lt]=10&count=exact&sort=-pages`)
    expect(pagesOf(some.body)).toEqual(all.filter((i) => i < 10).reverse())
    expect(some.headers.get("x-total-count")).toBe(String(all.filter((i) => i < 10).length))
    const sums = await get(`${path}?q=lamp&aggregate=count,sum(pages)`)
    expect(sums.body).toEqual([{ count: all.length, sum_pages: all.reduce((sum, i) => sum + i, 0) }])
  })

  test("has cursors both ways, with the count on every page", async () => {
    for (const sort of ["", "&sort=_rank", "&sort=-_rank,-pages", "&sort=-pages"]) {
      const query = `${path}?q=${encoded('lamp oak -"sea lamp"')}&count=exact${sort}`
      const whole = idsOf(await get(`${query}&limit=100`))
      expect(whole).toHaveLength(numbers(isIn).length)
      const { forward, backward, pages } = await walk({ call }, `${query}&limit=5`)
      expect(forward.map(({ id }) => id)).toEqual(whole)
      expect(backward.map(({ id }) => id)).toEqual(whole)
      for (const { headers } of pages) expect(headers.get("x-total-count")).toBe(String(whole.length))
    }
  })

  test("embeds, and shows where it matched", async () => {
    const { body, text } = await get(`${path}?q=lamp&include=owner&highlight=true&sort=-_rank,pages&limit=3`)
    const rows = body as (Row & { owner: Row; _highlight: Row })[]
    expect(rows, text).toHaveLength(3)
    for (const { owner, owner_id, _highlight } of rows) {
      expect(owner).toMatchObject({ id: owner_id })
      expect(_highlight.title).toContain("<mark>lamp</mark>")
    }
    expect(text).not.toContain("_search")
  })
})

test("a nested list needs its parent, and knows no q of the parent", async () => {
  expect((await get("/users/99/papers?q=lamp")).status).toBe(404)
  expect((await get("/users?q=lamp")).status).toBe(422)
  expect((await get("/users/1/papers?q=")).status).toBe(422)
})

test("no answer has what the database keeps for searches", async () => {
  const [row] = (await get("/papers?limit=1")).body as Row[]
  expect(Object.keys(row ?? {}).sort()).toEqual(["body", "code", "id", "meta", "owner_id", "pages", "title"])
  for (const name of ["_search", "_search_stems"]) {
    expect((await get(`/papers?fields=${name}`)).status).toBe(422)
    expect((await get(`/papers?${name}=lamp`)).status).toBe(422)
    expect((await get(`/papers?sort=${name}`)).status).toBe(422)
    expect((await ask("root", "/papers", { title: "x", [name]: "lamp" })).status).toBe(422)
  }
})
