import "#fresh"
import { expect, test } from "vitest"
import { describeSchema, named } from "./support/one.ts"

const large = 9_007_199_254_740_001

describeSchema("sqlite-travel", ({ send, list, get }) => {
  test("columns have their names by casing alone, and tables keep theirs", async () => {
    expect(await get("/portCall/5?include=harbour,photos")).toMatchObject({
      title: "Tea & “scones”",
      harbour: { id: 5 },
      photos: [{ id: 5 }],
    })
    for (const path of ["/portCall?arrived_at=1", "/portCall?sort=harbour_id", "/sailor?fields=mail_confirmed"])
      expect((await send("GET", path)).status, path).toBe(422)
    expect((await send("GET", "/port_call")).status).toBe(404)
  })

  test("times that are numbers stay numbers, made by the app where it makes them", async () => {
    const before = Date.now() - 1000
    const body = { title: "New", handle: "new", lat: 1, lon: 2, sailorId: 1 }
    const created = await send("POST", "/harbour", body)
    expect(created.status, created.text).toBe(201)
    const { createdAt, updatedAt } = created.body as { createdAt: number; updatedAt: number }
    expect([typeof createdAt, typeof updatedAt]).toEqual(["number", "number"])
    expect(Math.min(createdAt, updatedAt)).toBeGreaterThanOrEqual(before)
    const changed = await send("PATCH", "/harbour/11", { about: "x" })
    expect(changed.body).toMatchObject({ createdAt: Date.UTC(2025, 9, 26, 0, 30) })
    expect((changed.body as { updatedAt: number }).updatedAt).toBeGreaterThanOrEqual(before)
    const refused = await send("POST", "/sailor", { name: "n", mail: "m", mailConfirmed: true })
    expect([refused.status, named(refused).sort()]).toEqual([422, ["createdAt", "updatedAt"]])
    expect((await send("POST", "/proof", { subject: "s", value: "v", endsAt: 5 })).body).toMatchObject({ createdAt: null })
  })

  test("a key is never given again", async () => {
    const body = { subject: "s", value: "v", endsAt: 5 }
    const first = (await send("POST", "/proof", body)).body as { id: number }
    expect((await send("DELETE", `/proof/${first.id}`)).status).toBe(204)
    const second = (await send("POST", "/proof", body)).body as { id: number }
    expect(second.id).toBe(first.id + 1)
  })

  test("a very large key is one as any, and its successor is given", async () => {
    expect(await get(`/sailor/${large}?include=harbour`)).toMatchObject({ id: large, harbour: [{ id: 12 }] })
    const next = { name: "n", mail: "next@example.test", mailConfirmed: false, createdAt: 1, updatedAt: 1 }
    expect((await send("POST", "/sailor", next)).headers.get("location")).toMatch(new RegExp(`/sailor/${large + 1}$`))
    expect((await list(`/sailor?id[gt]=${large - 1}&sort=-id`)).map(({ id }) => id)).toEqual([large + 1, large])
    for (const key of ["9007199254740993", "9223372036854775808", "1e3", "1.0", "0x1"])
      expect([404, 422], key).toContain((await send("GET", `/sailor/${key}`)).status)
  })

  test("a title is once with a sailor: 409", async () => {
    const body = { title: "Harbour 0", handle: "other", lat: 0, lon: 0, sailorId: 1 }
    const taken = await send("POST", "/harbour", body)
    expect(taken.status, taken.text).toBe(409)
    expect(named(taken)).toContain("title")
    expect((await send("POST", "/harbour", { ...body, sailorId: 3 })).status).toBe(409)
    expect((await send("POST", "/harbour", { ...body, sailorId: 5 })).status).toBe(201)
  })

  test("exports that are no tables are no resources", async () => {
    for (const name of ["InsertHarbour", "InsertPortCall", "InsertPortCallPhoto", "Title", "harbourRelations"])
      expect((await send("GET", `/${name}`)).status, name).toBe(404)
  })

  test("the key of a photo is shown: it only sounds like a secret", async () => {
    expect((await get("/portCallPhoto/1")).key).toMatch(/\.webp$/)
    expect(await list("/portCallPhoto?key[contains]=/1/")).toHaveLength(1)
  })

  test("numbers keep their digits", async () => {
    expect(await get("/harbour/11")).toMatchObject({ lon: -179.999_999_9 })
    expect(await get("/harbour/12")).toMatchObject({ lon: 1e-7, lat: -90 })
    const changed = await send("PATCH", "/harbour/12", { lat: 0.1 + 0.2, lon: 5e-324 })
    expect(changed.body).toMatchObject({ lat: 0.30000000000000004, lon: 5e-324 })
  })
})
