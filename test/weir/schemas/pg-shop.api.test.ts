import "#fresh"
import { describe, expect, test } from "vitest"
import { through } from "../../../src/weir/index.ts"
import { rowsOf } from "../support/samples.ts"
import { describeSchema, named } from "./support/one.ts"
import { schemaNamed } from "./support/schemas.ts"
import { serve } from "./support/served.ts"

const article = { title: "New", familyId: "fam_000000000000", workshopId: "wor_000000000000" }
const choice = (text: string) => `/optionChoices/aop_000000000000,${encodeURIComponent(text)}`

describeSchema("pg-shop", ({ send, list, get, run }) => {
  test("a create without an id makes one, once", async () => {
    const created = await send("POST", "/articles", article)
    expect(created.status, created.text).toBe(201)
    const { id } = created.body as { id: string }
    expect(id).toMatch(/^[0-9a-z]{20}$/)
    expect(created.headers.get("location")).toMatch(new RegExp(`/articles/${id}$`))
    const many = await send("POST", "/articles", [article, article, { ...article, id: "mine" }])
    const ids = (many.body as { id: string }[]).map((row) => row.id)
    expect([new Set(ids).size, ids[2]]).toEqual([3, "mine"])
  })

  test("defaults of the app and of the database are filled in", async () => {
    const { body } = await send("POST", "/articles", article)
    expect(body).toMatchObject({
      cost: "0.00",
      oldCost: "0.00",
      inStore: 0,
      state: "shown",
      pictures: null,
      about: null,
    })
  })

  test("updatedAt moves with every PATCH, by the app", async () => {
    const before = Date.now() - 60_000
    expect(await get("/articles/art_000000000000")).toMatchObject({ updatedAt: null })
    const first = (await send("PATCH", "/articles/art_000000000000", { grade: 9 })).body as { updatedAt: string }
    expect(Date.parse(first.updatedAt)).toBeGreaterThan(before)
    expect(Date.parse(first.updatedAt)).toBeLessThan(Date.now() + 60_000)
    await run("update articles set updated_at = '2001-01-01' where id = 'art_000000000000'")
    const second = (await send("PATCH", "/articles/art_000000000000", { grade: 8 })).body as { updatedAt: string }
    expect(Date.parse(second.updatedAt)).toBeGreaterThan(before)
  })

  describe("numeric", () => {
    test("keeps its digits, takes numbers, and compares as a number", async () => {
      const kept = async (cost: unknown) =>
        ((await send("PATCH", "/articles/art_000000000000", { cost })).body as { cost: string }).cost
      expect(await kept("12345678.90")).toBe("12345678.90")
      expect(await kept(19.5)).toBe("19.50")
      expect(await kept("-0.01")).toBe("-0.01")
      const costs = async (query: string) => (await list(`/articles?${query}`)).map(({ cost }) => cost)
      expect(new Set(await costs("cost[gt]=100"))).toEqual(new Set(["1234.00", "99999999.99"]))
      expect(new Set(await costs("cost=19.5"))).toEqual(new Set(["19.50"]))
      expect((await costs("sort=-cost&limit=1"))[0]).toBe("99999999.99")
    })

    test.each(["abc", "1.234.5", "", "NaN", "Infinity", "100000000.00", "1e400", true, {}])(
      "refuses %j by the property",
      async (cost) => {
        const refused = await send("PATCH", "/articles/art_000000000000", { cost })
        expect([refused.status, named(refused)]).toEqual([422, ["cost"]])
      },
    )
  })

  test("a title is once in a workshop: 409", async () => {
    const label = { title: "Label 0", workshopId: "wor_000000000000" }
    const taken = await send("POST", "/labels", label)
    expect(taken.status).toBe(409)
    expect(named(taken)).toContain("title")
    expect((await send("POST", "/labels", { ...label, workshopId: "wor_000000000005" })).status).toBe(201)
  })

  test("an enum sorts as it is declared", async () => {
    const states = (await list("/articles?sort=state&fields=state")).map(({ state }) => state)
    const order = ["shown", "sketch", "retired"]
    expect(states).toEqual([...states].sort((a, b) => order.indexOf(`${a}`) - order.indexOf(`${b}`)))
  })

  test("JSON null, SQL null, an empty list and a list are read, and is_null parts them", async () => {
    const lines = (await list("/baskets?fields=id,lines")).map((row) => row.lines)
    expect(lines.slice(0, 3)).toEqual([null, null, []])
    const ids = async (query: string) => (await list(`/baskets?${query}`)).map(({ id }) => id)
    const [are, arent] = [await ids("lines[is_null]=true"), await ids("lines[is_null]=false")]
    expect([...are, ...arent].sort()).toEqual((await list("/baskets")).map(({ id }) => id).sort())
    expect(are).toContain("bas_000000000000")
    expect(arent).toContain("bas_000000000002")
  })

  describe("free text in a key", () => {
    const texts = ["S", "Größe L / 42", "a,b", "", "%2F", "50 % off?", "x&y=z", "日本", "..", "it's", "two\nlines"]

    test.each(texts)("%j is read, changed and deleted by its own key", async (text) => {
      expect(await get(choice(text))).toMatchObject({ choice: text })
      const changed = await send("PATCH", choice(text), { cost: "7.70" })
      expect([changed.status, (changed.body as { choice?: string }).choice], changed.text).toEqual([200, text])
      expect(await list("/optionChoices?cost=7.7")).toHaveLength(1)
      expect((await send("DELETE", choice(text))).status).toBe(204)
      expect((await send("GET", choice(text))).status).toBe(404)
      expect(await list("/optionChoices")).toHaveLength(15)
    })

    test.each(["new,one", "/", " ", "%", "\u2028", "a%2Cb", "'; --"])("%j is created, and found by Location", async (text) => {
      const body = { articleOptionId: "aop_000000000000", choice: text, cost: 1, shelfId: "she_000000000000" }
      const created = await send("POST", "/optionChoices", body)
      expect(created.status, created.text).toBe(201)
      expect(await get(created.headers.get("location") ?? "")).toMatchObject({ choice: text, cost: "1.00" })
    })
  })
})

describe.runIf(schemaNamed("pg-shop"))("pg-shop", () => {
  test("articles and labels are linked by articleLabels, by relations and by foreign keys", async () => {
    const { call, close } = await serve(schemaNamed("pg-shop") as never, {
      articles: { embed: { labels: through("labels", "label") } },
      labels: { embed: { articles: through("articleLabels", "article"), workshop: {} } },
    })
    const ids = async (path: string) => rowsOf(await call("GET", path)).map((row) => row.id)
    const labels = "/articles/art_000000000000/labels"
    expect(await ids(labels)).toEqual(["lab_000000000000"])
    expect(await ids("/labels/lab_000000000000/articles")).toEqual(["art_000000000000", "art_000000000012"])
    expect(await ids("/articles?labels.title=Label 3&labels.tint=ebony&limit=2")).toEqual(["art_000000000003", "art_000000000007"])
    expect((await call("PUT", `${labels}/lab_000000000003`)).status).toBe(204)
    expect((await call("PUT", `${labels}/lab_000000000003`)).status).toBe(204)
    const embedded = rowsOf(await call("GET", "/articles?limit=2&include=labels.workshop&include.labels.sort=title"))
    expect(embedded.map((row) => row.labels)).toMatchObject([
      [{ title: "Label 0", workshop: {} }, { title: "Label 3", workshop: {} }],
      [{ title: "Label 1", workshop: {} }],
    ])
    expect((await call("DELETE", `${labels}/lab_000000000003`)).status).toBe(204)
    expect((await call("DELETE", `${labels}/lab_000000000003`)).status).toBe(404)
    await close()
  })
})
