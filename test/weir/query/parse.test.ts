import { describe, expect, test } from "vitest"
import type { Problem } from "../../../src/weir/problem.ts"
import { encodeCursor } from "../../../src/weir/query/cursor.ts"
import { parseList, parseOne } from "../../../src/weir/query/parse.ts"
import type { Include } from "../../../src/weir/query/query.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"
import { compileList, compileOne } from "../../../src/weir/sql/select.ts"
import { resources } from "../support/fixture.ts"

const answerLimit = 16_777_216
const items = resources.find((r) => r.name === "items") as Resource
const users = resources.find((r) => r.name === "users") as Resource
const list = (search: string, viewer: ViewerKind = "user") => parseList(items, viewer, { search }, 20_000)
const shape = (search: string) => list(search).shape

/** The paths of a query string's errors. */
function errors(search: string, viewer: ViewerKind = "user", resource = items): string[] {
  try {
    parseList(resource, viewer, { search }, 20_000)
  } catch (error) {
    return ((error as Problem).issues ?? []).map((issue) => issue.path)
  }
  return []
}

describe("a shape", () => {
  test.each([
    ["?limit=100", ""],
    ["?skip=0", ""],
    ["?limit=5&skip=1", "?limit=5&skip=2"],
    ["?title=x", "?title=y"],
    ["?title=x", "?title[eq]=y"],
    ["?price[in]=1", "?price[in]=1,2,3,4,5,6"],
    ["?fields=id,title", "?fields=title,id"],
    ["?fields=id,title", "?fields=title,id,title"],
    ["?sort=price", "?sort=price,id"],
    ["?sort=price,id", "?sort=price,id,title"],
    ["?", ""],
    ["?limit=5&title=x&sort=price", "?sort=price&title=y&limit=5"],
    ["?include=owner.items&include.owner.items.limit=1", "?include.owner.items.limit=1&include=owner.items"],
    [
      "?include=owner.items&include.owner.items.price[gt]=1",
      "?include=owner.items&include.owner.items.price[gt]=2",
    ],
    ["?include=owner", "?include=owner,owner"],
    ["?include=owner.items", "?include=owner,owner.items"],
    ["?description[is_null]=true", "?description[is_null]=true"],
    [`?after=${encodeCursor("id", [1])}`, `?after=${encodeCursor("id", [2])}`],
  ])("of %s is that of %s", (a, b) => {
    expect(shape(a)).toBe(shape(b))
    // And so is the statement.
    expect(compileList(list(a).query, { answerLimit })).toEqual(compileList(list(b).query, { answerLimit }))
  })

  const different = [
    "",
    // A limit is part of the shape: Postgres plans anew for each that it is given as a value.
    "?limit=5",
    "?limit=50",
    "?include=owner.items&include.owner.items.limit=1",
    "?skip=1",
    "?count=exact",
    "?sort=-id",
    "?sort=price",
    "?sort=-price",
    "?sort=price,-id",
    "?fields=id",
    "?fields=id,title",
    "?title=x",
    "?title[ne]=x",
    "?title=x&title=y",
    "?title=x&price=1",
    "?description=x",
    "?description[is_null]=true",
    "?description[is_null]=false",
    "?owner.username=x",
    "?owner.items.title=x",
    "?include=owner",
    "?include=owner&include.owner.fields=id",
    "?include=owner&fields=id",
    "?include=owner.items",
    "?include=owner.items&include.owner.items.skip=1",
    "?include=owner.items&include.owner.items.sort=price",
    "?include=owner.items&include.owner.items.title=x",
    "?include=owner.items.owner",
    `?after=${encodeCursor("id", [1])}`,
    `?before=${encodeCursor("id", [1])}`,
    `?sort=description&after=${encodeCursor("description,id", ["x", 1])}`,
    `?sort=description&after=${encodeCursor("description,id", [null, 1])}`,
  ]
  test("tells different wishes apart", () => {
    const shapes = different.map(shape)
    expect(new Set(shapes).size).toBe(different.length)
    // What has one shape must be one statement; these are as many statements as shapes.
    const texts = different.map((search) => JSON.stringify(compileList(list(search).query, { answerLimit })))
    expect(new Set(texts).size).toBe(different.length)
  })

  test("never holds a value, nor does its statement", () => {
    const secret = "zebra7531"
    const searches = [
      `?title=${secret}`,
      `?title[contains]=${secret}`,
      `?title[in]=${secret},x`,
      `?owner.username[starts_with]=${secret}`,
      `?include=owner.items&include.owner.items.title[ne]=${secret}`,
      `?sort=title&after=${encodeCursor("title,id", [secret, 7531])}`,
      "?price[gte]=7531&id[nin]=7531&skip=7531&owner_id=7531",
      "?include=owner.items&include.owner.items.skip=7531&include.owner.items.id=7531",
    ]
    for (const search of searches) {
      const parsed = list(search)
      expect(parsed.shape, search).not.toMatch(/zebra|753/)
      const { text, bind } = compileList(parsed.query, { answerLimit })
      expect(text, search).not.toMatch(/zebra|753/)
      expect(JSON.stringify(bind), search).not.toMatch(/zebra|753/)
      // All that the statement binds, the parser or the handler gives.
      const given = [...Object.keys(parsed.values), "@viewer", "@answerLimit"]
      for (const slot of bind) if ("name" in slot) expect(given, search).toContain(slot.name)
    }
  })

  test("of a single read knows the default embeds, and none by an empty include", () => {
    const one = (search: string) => parseOne(users, "user", search, 20_000)
    expect(one("").shape).toBe(one("?include=items").shape)
    expect(one("").query.includes.map((i) => i.relation.name)).toEqual(["items"])
    expect(one("?include=").query.includes).toEqual([])
    expect(one("?include=").shape).not.toBe(one("").shape)
    expect(compileOne(users, "user", one("").query, { answerLimit })).toEqual(
      compileOne(users, "user", one("?include=items").query, { answerLimit }),
    )
  })
})

describe("values", () => {
  test("are bound as what their field holds", () => {
    const bound = (search: string) =>
      Object.entries(list(search).values)
        .filter(([name]) => /^@p\d/.test(name))
        .map(([, value]) => value)
    expect(bound("?price=1.50")).toEqual([1.5])
    expect(bound("?id=007")).toEqual([7])
    expect(bound("?created_at=2026-01-01T01:00:00%2B01:00")).toEqual(["2026-01-01T00:00:00.000Z"])
    expect(bound("?title=a+b%2Bc")).toEqual(["a b+c"])
    expect(bound("?title=")).toEqual([""])
    expect(bound("?title=x&title=y")).toEqual(["x", "y"])
  })

  test("of a list are one JSON array; a comma in quotes is part of a value", () => {
    const bound = (text: string) =>
      JSON.parse(String(list(`?title[in]=${encodeURIComponent(text)}`).values["@p0"]))
    expect(bound("a")).toEqual(["a"])
    expect(bound("a,b")).toEqual(["a", "b"])
    expect(bound("")).toEqual([""])
    expect(bound("a,,b")).toEqual(["a", "", "b"])
    expect(bound("a,")).toEqual(["a", ""])
    expect(bound('"a,b",c')).toEqual(["a,b", "c"])
    expect(bound('"a ""b"" c"')).toEqual(['a "b" c'])
    expect(bound('"",x')).toEqual(["", "x"])
    expect(JSON.parse(String(list("?price[in]=1,2.50").values["@p0"]))).toEqual([1, 2.5])
  })

  test("of limits have their bounds and defaults", () => {
    const embedded = (search: string) =>
      list(`?include=owner.items${search}`).query.includes[0]?.includes[0]?.limit
    expect(list("").query.limit).toBe(100)
    expect(list("?limit=1000").query.limit).toBe(1000)
    expect(list("?limit=1").query.limit).toBe(1)
    expect(list("?skip=0").values.skip).toBe(0)
    expect(embedded("")).toBe(100)
    expect(embedded("&include.owner.items.limit=0")).toBe(0)
  })
})

describe("a filter behind a prefix", () => {
  /** The filters of each embed, by its path. */
  function filters(search: string): Record<string, string[]> {
    const found: Record<string, string[]> = {}
    const visit = (includes: Include[], prefix: string) => {
      for (const { relation, filters, includes: inner } of includes) {
        const path = `${prefix}${relation.name}`
        const names = filters.map(({ through, field }) =>
          [...through.map((step) => step.name), field.name].join("."),
        )
        if (names.length) found[path] = names
        visit(inner, `${path}.`)
      }
    }
    visit(parseList(users, "user", { search: `${search}&limit=1` }, 200_000).query.includes, "")
    return found
  }

  test("is one of the longest included list", () => {
    expect(filters("?include=items.owner.items&include.items.owner.items.title[contains]=x")).toEqual({
      "items.owner.items": ["title"],
    })
    expect(filters("?include=items.owner.items&include.items.owner.items.owner.username=ann")).toEqual({
      "items.owner.items": ["owner.username"],
    })
    expect(
      filters(
        "?include=items.owner.items&include.items.title=a&include.items.owner.items.title=b&include.items.owner.items.title[ne]=c",
      ),
    ).toEqual({ items: ["title"], "items.owner.items": ["title", "title"] })
  })

  test("goes through what is not included, and through what is no list", () => {
    expect(filters("?include=items&include.items.owner.items.title=x")).toEqual({
      items: ["owner.items.title"],
    })
    expect(filters("?include=items.owner&include.items.owner.items.title=x")).toEqual({
      items: ["owner.items.title"],
    })
    // A row is no list: what it embeds is there or not, and has no filter of its own.
    expect(filters("?include=items.owner&include.items.owner.username=ann")).toEqual({
      items: ["owner.username"],
    })
    expect(filters("?include=items.owner.items&include.items.owner.username=ann")).toEqual({
      items: ["owner.username"],
    })
  })

  test("does not depend on the order of parameters", () => {
    const a = "include=items.owner.items"
    const b = "include.items.owner.items.title=x"
    const c = "include.items.owner.username=ann"
    for (const search of [`?${a}&${b}&${c}`, `?${c}&${b}&${a}`, `?${b}&${a}&${c}`])
      expect(filters(search)).toEqual({ items: ["owner.username"], "items.owner.items": ["title"] })
  })

  test("of a list that has no such field is refused, though it were one of the list around it", () => {
    expect(
      errors("?limit=1&include=items.owner.items&include.items.owner.items.nope=x", "user", users),
    ).toEqual(["include.items.owner.items.nope"])
  })
})

describe("a wrong parameter", () => {
  test("is named with all the others", () => {
    expect(errors("?limit=0&skip=-1&sort=x&fields=y&include=z&colour=1&price=q").sort()).toEqual(
      ["limit", "skip", "sort", "fields", "include", "colour", "price"].sort(),
    )
  })

  test("of a field that this viewer cannot see is as one that is not there", () => {
    for (const search of ["?email=x", "?sort=email", "?fields=email", "?items.owner.email=x"]) {
      expect(errors(search, "anonymous", users), search).toHaveLength(1)
      expect(errors(search, "user", users), search).toEqual([])
      expect(errors(search.replace("email", "hashed_password"), "admin", users), search).toHaveLength(1)
    }
  })

  test("of a page: one cursor, and no skip with it", () => {
    const cursor = encodeCursor("id", [1])
    expect(errors(`?after=${cursor}&before=${cursor}`)).toEqual(["before"])
    expect(errors(`?after=${cursor}&skip=1`)).toEqual(["skip"])
    expect(errors(`?after=${cursor}&sort=-id`)).toEqual(["after"])
    expect(errors(`?after=${cursor}&sort=id`)).toEqual([])
  })

  test("is answered in bounds: a thousand unknown ones are not all named", () => {
    const search = `?${Array.from({ length: 1000 }, (_, i) => `x${i}=1`).join("&")}`
    expect(errors(search).length).toBeLessThanOrEqual(50)
    // Sixteen thousand commas fit a URL; each as an error of its own would be a megabyte.
    expect(errors(`?sort=${",".repeat(1000)}`).length).toBeLessThanOrEqual(50)
    expect(errors(`?fields=${",".repeat(1000)}`).length).toBeLessThanOrEqual(50)
  })
})
