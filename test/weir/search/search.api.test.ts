// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import type { SearchIndex } from "../../../src/weir/db/dialect/search-types.ts"
import { admin, nobody, owner, through, viewerIs } from "../../../src/weir/index.ts"
import { missingSearch } from "../../../src/weir/runtime/missing-search.ts"
import { cacheOver } from "../support/fresh.ts"
import {
  type Ask,
  idsOf,
  type Library,
  library,
  type PaperOptions,
  papersApi,
  papersResource,
  searched,
} from "./support.ts"

let l: Library
let ask: Ask
beforeEach(async () => {
  l = await library()
  ask = l.ask()
})
afterEach(() => l.close())

const q = (text: string, more = "") => `/papers?q=${encodeURIComponent(text)}${more}`
const found = async (text: string, more = "") => {
  const answer = await ask("anonymous", q(text, more))
  expect(answer.text).not.toMatch(/"status":\d/)
  return idsOf(answer).sort((a, b) => a - b)
}

describe("q", () => {
  test("has words, phrases, exclusions and prefixes, over all fields", async () => {
    const [lamp, desk, both, far, light] = await l.add([
      { title: "An oak lamp", body: "for the table" },
      { title: "A desk", body: "with a LAMP on it" },
      { title: "Oak table", body: "and a lamp, a lamp" },
      { title: "table oak lamp" },
      { title: "Lights and lighting", body: "daylight" },
    ])
    expect(await found("lamp")).toEqual([lamp, desk, both, far])
    expect(await found("lamp oak")).toEqual([lamp, both, far])
    expect(await found("LAMP -desk")).toEqual([lamp, both, far])
    expect(await found('"oak table"')).toEqual([both])
    expect(await found('lamp -"oak table"')).toEqual([lamp, desk, far])
    expect(await found('lamp -"oak table" -desk')).toEqual([lamp, far])
    expect(await found("ligh*")).toEqual([light])
    expect(await found("lamp -ta*")).toEqual([desk])
    expect(await found('"oak ta"*')).toEqual([both])
    expect(await found("light")).toEqual([])
    // The end of a field and the beginning of the next are no phrase.
    expect(await found('"lamp for"')).toEqual([])
    expect(await found("lamp for")).toEqual([lamp])
    expect(await found("nothing")).toEqual([])
  })

  test("follows writes", async () => {
    const [one = 0] = await l.add([{ title: "first", body: "alpha" }])
    expect(await found("alpha")).toEqual([one])
    await ask("root", `/papers/${one}`, { body: "beta" }, "PATCH")
    expect(await found("alpha")).toEqual([])
    expect(await found("beta first")).toEqual([one])
    await ask("root", `/papers/${one}`, { body: null }, "PATCH")
    expect(await found("beta")).toEqual([])
    expect((await ask("root", `/papers/${one}`, undefined, "DELETE")).status).toBe(204)
    expect(await found("first")).toEqual([])
  })

  test("goes with filters, fields, counts, skips and sorts", async () => {
    const ids = await l.add(
      Array.from({ length: 12 }, (_, i) => ({ title: `lamp ${i}`, body: i % 2 ? "odd" : "even", pages: i })),
    )
    expect(await found("lamp odd", "&pages[gte]=5")).toEqual([5, 7, 9, 11].map((i) => ids[i]))
    const page = await ask("anonymous", q("lamp", "&count=exact&limit=2&skip=1&sort=-pages&fields=id,pages"))
    expect(page.body).toEqual([10, 9].map((i) => ({ id: ids[i], pages: i })))
    expect(page.headers.get("x-total-count")).toBe("12")
    const phrase = await ask("anonymous", q('"lamp 3" -nothing -"no such"', "&count=exact"))
    expect([idsOf(phrase), phrase.headers.get("x-total-count")]).toEqual([[ids[3]], "1"])
    const roughly = await ask("anonymous", q("lamp odd", "&count=estimate&limit=1"))
    expect(roughly.headers.get("x-total-count")).toBe("6")
    const sums = await ask("anonymous", q("lamp odd", "&aggregate=count,sum(pages)&group=body"))
    expect(sums.body).toEqual([{ body: "odd", count: 6, sum_pages: 36 }])
    expect((await ask("anonymous", q("lamp", "&aggregate=count&highlight=true"))).status).toBe(422)
  })

  test("is under the rules of rows", async () => {
    await l.add([
      { title: "lamp of ann", owner_id: 1 },
      { title: "lamp of bob", owner_id: 2 },
    ])
    const own = l.ask({ ...searched, read: owner })
    expect((await own("ann", q("lamp", "&count=exact&fields=title"))).body).toEqual([
      { title: "lamp of ann" },
    ])
    expect((await own("ann", q("bob"))).body).toEqual([])
    expect((await own("root", q("lamp", "&count=exact"))).headers.get("x-total-count")).toBe("2")
    expect((await own("anonymous", q("lamp"))).status).toBe(401)
  })

  test.each([
    ["", "must have a word"],
    ["!!! -- * 🎉", "must have a word"],
    ["-lamp", "beside those that are not"],
    ['-"oak table" -lamp', "beside those that are not"],
    ['lamp "oak', "a quote that is not closed"],
    [Array.from({ length: 21 }, (_, i) => `w${i}`).join(" "), "at most 20 terms"],
    ["x".repeat(201), "at most 200 characters"],
  ])("%j is a 422", async (text, why) => {
    const answer = await ask("anonymous", q(text))
    expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(why)])
  })

  test.each([
    "lamp OR desk",
    "lamp AND",
    "NOT lamp",
    "NEAR(lamp desk)",
    "title:lamp",
    "{title} : lamp",
    "^lamp",
    "lamp + desk",
    "'lamp'",
    "lamp' or 1=1 --",
    "lamp & desk | !x <-> y:*",
    "lamp\\ \\'",
    "(lamp",
    "lamp;",
    "**lamp**",
    "--lamp",
    "lamp - desk",
    '""',
    'lamp""desk',
    '"lamp"desk',
    "lamp\u0000desk",
    "-",
    "%_lamp",
    "a\u001fb lamp",
  ])("%j is no syntax of a database", async (text) => {
    await l.add([{ title: "a lamp" }])
    expect([200, 422]).toContain((await ask("anonymous", q(text))).status)
  })

  test("is unknown to a resource without a search, and highlight needs it", async () => {
    const none = l.ask({ ...searched, search: undefined } as never)
    expect((await none("anonymous", q("lamp"))).text).toContain("unknown_parameter")
    expect((await none("anonymous", "/papers?sort=-_rank")).status).toBe(422)
    expect((await ask("anonymous", "/papers?sort=-_rank")).status).toBe(422)
    expect((await ask("anonymous", "/papers?highlight=true")).text).toContain("needs a search")
    expect((await ask("anonymous", q("lamp", "&q=desk"))).text).toContain("repeated")
    expect((await ask("anonymous", q("lamp", "&sort=pages,-_rank"))).status).toBe(422)
  })
})

test("an answer is cached until a row changes", async () => {
  const store = new MemoryStore(8_388_608, undefined)
  const cached = await library(searched, { cache: cacheOver(store) })
  try {
    await cached.add([{ title: "lamp" }])
    const asked = cached.ask()
    const read = async () => {
      const { body, headers } = await asked("anonymous", q("lamp"))
      return [(body as unknown[]).length, /hit/.test(headers.get("cache-status") ?? "")]
    }
    expect([await read(), await read()]).toEqual([
      [1, false],
      [1, true],
    ])
    await asked("root", "/papers", { title: "another lamp" })
    expect(await read()).toEqual([2, false])
  } finally {
    await cached.close()
  }
})

describe("relevance", () => {
  test("is the order by default: more often, and in shorter texts, first", async () => {
    const long = "words that say nothing at all, and many more of them. ".repeat(8)
    const [often, long1, short, none] = await l.add([
      { title: "lamp lamp", body: "lamp and lamp" },
      { title: "lamp", body: long },
      { title: "lamp" },
      { title: "desk" },
    ])
    for (const read of [searched.read, owner]) {
      const asked = l.ask({ ...searched, read } as never)
      expect(idsOf(await asked("root", q("lamp")))).toEqual([often, short, long1])
      expect(idsOf(await asked("root", q("lamp", "&sort=-_rank")))).toEqual([often, short, long1])
      expect(idsOf(await asked("root", q("lamp", "&sort=_rank")))).toEqual([long1, short, often])
    }
    expect(none).toBeGreaterThan(0)
  })

  test("goes with keys that rules hide in some rows", async () => {
    await l.add([1, 2].map((owner_id) => ({ title: "lamp", pages: owner_id, owner_id })))
    const mine = through("owner", viewerIs("id"))
    const asked = l.ask({ ...searched, fields: { pages: { read: mine } } } as never)
    expect(idsOf(await asked("ann", q("lamp", "&sort=-_rank,pages")))).toEqual([1, 2])
    expect(idsOf(await asked("bob", q("lamp", "&sort=-_rank,pages")))).toEqual([2, 1])
  })

  test("has cursors both ways", async () => {
    await l.add(
      Array.from({ length: 23 }, (_, i) => ({
        title: `lamp${" lamp".repeat(i % 4)}`,
        body: "of words ".repeat(i % 3),
        pages: i % 2,
      })),
    )
    for (const sort of ["", "&sort=_rank", "&sort=-_rank,-pages", "&sort=-_rank,pages,id"]) {
      const whole = idsOf(await ask("anonymous", q("lamp", sort)))
      expect(whole).toHaveLength(23)
      const forwards: number[] = []
      let page = await ask("anonymous", q("lamp", `${sort}&limit=4`))
      forwards.push(...idsOf(page))
      while (page.links.next) {
        page = await ask("anonymous", page.links.next)
        forwards.push(...idsOf(page))
      }
      expect(forwards).toEqual(whole)
      const backwards = [...idsOf(page)]
      while (page.links.prev) {
        page = await ask("anonymous", page.links.prev)
        backwards.unshift(...idsOf(page))
      }
      expect(backwards).toEqual(whole)
    }
  })

  test("tells nothing of rows that the viewer may not see", async () => {
    await l.add([
      { title: "rocket", owner_id: 1 },
      { title: "a plain paper", owner_id: 1 },
    ])
    const own = l.ask({ ...searched, read: owner })
    const answer = async () => {
      const { text, links } = await own("ann", q("rocket", "&limit=1"))
      const { links: more } = await own("ann", "/papers?q=a*&limit=1")
      return { text, links, more }
    }
    const before = await answer()
    await l.add(Array.from({ length: 40 }, () => ({ title: "rocket rocket a", owner_id: 2 })))
    expect(await answer()).toEqual(before)
  })
})

describe("without an index", () => {
  test("q is a 503 that says so, and the start has a line", async () => {
    await l.add([{ title: "lamp" }])
    const search = papersApi().resources[1]?.search?.index as SearchIndex
    await l.run(...searchSql.drop(search))
    const missing = [503, expect.stringContaining("no search index")]
    for (const more of ["", "&sort=id", "&count=exact", "&aggregate=count"]) {
      const answer = await ask("anonymous", q("lamp", more))
      expect([answer.status, answer.text]).toEqual(missing)
    }
    expect((await ask("anonymous", "/papers")).status).toBe(200)
    const client = l.w.database.connect()
    expect(await missingSearch(client, papersApi())).toEqual([
      expect.stringContaining("papers: there is no index"),
    ])
    await l.run(...searchSql.create(search))
    expect(await missingSearch(client, papersApi())).toEqual([])
    expect(await found("lamp")).toHaveLength(1)
    await client.close?.()
  })

  test.runIf(dialectName === "postgres")("searches read every row where the column is there", async () => {
    const [lamp] = await l.add([{ title: "lamp" }, { title: "desk" }])
    await l.run(`drop index "papers_search_index"`)
    expect(await found("lamp")).toEqual([lamp])
    const client = l.w.database.connect()
    expect(await missingSearch(client, papersApi())).toEqual([
      expect.stringContaining("papers: there is no index"),
    ])
    await client.close?.()
  })
})

describe("the option", () => {
  test("is one for all resources over a table", () => {
    const twice = (search: PaperOptions["search"]) => () =>
      papersApi(
        searched,
        papersResource({ ...searched, search, name: "writings", singular: "writing" } as never),
      )
    expect(twice(["title"])).toThrow('writings: papers searches the table "papers" as well, by other fields')
    expect(twice({ fields: ["title", "body"], language: "english" })).toThrow("or another language")
    expect(twice(["title", "body"])).not.toThrow()
    expect(twice(undefined)).not.toThrow()
  })

  const nobodysTitle = { ...searched, fields: { title: { read: nobody } } }
  test.each<[string, PaperOptions | object, string]>([
    ["no field", { ...searched, search: [] }, "papers: search names no field"],
    [
      "what is no column",
      { ...searched, search: ["nothing"] },
      'papers: search names "nothing", which is no column',
    ],
    ["a number", { ...searched, search: ["pages"] }, 'names "pages", which is no text'],
    ["JSON as a whole", { ...searched, search: ["meta"] }, 'names "meta", which is no text'],
    ["a path into text", { ...searched, search: ["title.x"] }, 'names "title.x", which is no text'],
    ["a path with a quote", { ...searched, search: ['meta.a"b'] }, "which is no path"],
    ["a field twice", { ...searched, search: ["title", "title"] }, "names a field twice"],
    ["a hidden field", nobodysTitle, 'names "title", which not every reader may see'],
    [
      "a field of admins",
      { ...searched, fields: { body: { read: admin } } },
      'names "body", which not every reader',
    ],
    [
      "a field of owners",
      { ...searched, fields: { body: { read: owner } } },
      'names "body", which not every reader',
    ],
    ["a language that is SQL", { ...searched, search: { fields: ["title"], language: "x'" } }, "language"],
  ])("refuses %s at load", (_, options, why) => {
    expect(() => papersApi(options as PaperOptions)).toThrow(why)
  })

  test("takes fields that whoever may read the rows may read", () => {
    expect(() => papersApi({ ...searched, read: admin, fields: { body: { read: admin } } })).not.toThrow()
    expect(() => papersApi({ ...searched, read: owner, fields: { body: { read: owner } } })).not.toThrow()
  })
})

test("the document has the parameters and the member", async () => {
  const { body } = await ask("anonymous", "/openapi.json")
  type Param = { $ref?: string; name: string; schema: { pattern: string } }
  const { paths, components } = body as {
    paths: Record<string, { get: { parameters: Param[] } }>
    components: { schemas: Record<string, { properties: object }>; parameters: Record<string, Param> }
  }
  const names = (path: string) =>
    paths[path]?.get.parameters.map(({ $ref, ...own }) =>
      $ref ? components.parameters[$ref.split("/").at(-1) ?? ""] : own,
    )
  expect(names("/papers")?.map((each) => each?.name)).toEqual(expect.arrayContaining(["q", "highlight"]))
  expect(names("/papers")?.find((each) => each?.name === "sort")?.schema.pattern).toContain("_rank")
  expect(names("/users")?.map((each) => each?.name)).not.toContain("q")
  expect(components.schemas.Paper?.properties).toHaveProperty("_highlight")
})
