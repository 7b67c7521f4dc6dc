import "#fresh"
import { describe, expect, test } from "vitest"
import { describeSchema, named } from "./support/one.ts"

describeSchema("sqlite-builder", ({ send, list, get, run }) => {
  test("names that swap stay apart", async () => {
    const { rows } = (await run("select label, name from roles where id = 1")) as { rows: Record<string, unknown>[] }
    expect(await get("/roles/1")).toMatchObject({ name: rows[0]?.label, label: rows[0]?.name })
    const changed = await send("PATCH", "/roles/1", { name: "N", label: "L" })
    expect(changed.body).toMatchObject({ name: "N", label: "L" })
    expect(((await run("select label, name from roles where id = 1")) as { rows: unknown[] }).rows).toMatchObject([
      { label: "N", name: "L" },
    ])
    expect(await list("/roles?name=N")).toHaveLength(1)
    expect(await list("/roles?label=N")).toHaveLength(0)
    const taken = await send("PATCH", "/roles/10", { name: "N" })
    expect([taken.status, named(taken).includes("name")], taken.text).toEqual([409, true])
  })

  test("two relations to one table are told apart, and filter each by its own", async () => {
    const [casting] = await list("/castings?id=2&include=lead,cover")
    expect(casting).toMatchObject({ leadId: 2, lead: { id: 2 }, coverId: 6, cover: { id: 6 } })
    const lead = await list("/castings?lead.id=2&fields=leadId")
    expect(lead.every(({ leadId }) => leadId === 2)).toBe(true)
    const player = await get("/players/6?include=leads,covers")
    for (const row of player.leads as Record<string, unknown>[]) expect(row.leadId).toBe(6)
    for (const row of player.covers as Record<string, unknown>[]) expect(row.coverId).toBe(6)
  })

  test("a `one` without fields is the row that points here, or null", async () => {
    expect((await get("/houses/3?include=desk")).desk).toMatchObject({ houseId: 3, heldWhy: "interval" })
    expect((await get("/houses/2?include=desk")).desk).toBeNull()
  })

  describe("keys that a client gives", () => {
    test.each<[string, Record<string, unknown>, string]>([
      ["a foreign key", { houseId: 2 }, "/lightDesks/2"],
      ["an integer", { day: -5 }, "/darkDays/-5"],
      ["zero", { ticketId: 0 }, "/reprints/0"],
    ])("%s", async (_, body, path) => {
      const created = await send("POST", path.replace(/\/[^/]*$/, ""), body)
      expect(created.status, created.text).toBe(201)
      expect(created.headers.get("location")).toMatch(new RegExp(`${path}$`))
      expect(await get(path)).toMatchObject(body)
      const again = await send("POST", path.replace(/\/[^/]*$/, ""), body)
      expect([again.status, named(again)], again.text).toEqual([409, Object.keys(body)])
      expect((await send("DELETE", path)).status).toBe(204)
    })

    test("rows of zero, below zero and far beyond are read by path", async () => {
      for (const day of [20_447, 0, -26_739, 9_007_199_254_740_001]) expect(await get(`/darkDays/${day}`)).toEqual({ day })
    })

    test("texts of every kind are read by path, and their parents' lists with them", async () => {
      for (const id of ["me", "a,b/c d?é"])
        expect(await get(`/rehearsals/${encodeURIComponent(id)}`)).toMatchObject({ id })
      expect(await list(`/rehearsals/${encodeURIComponent("a,b/c d?é")}/notes`)).toHaveLength(3)
      expect(await get(`/setOrders/${encodeURIComponent("Auftrag/ä,1?")}`)).toMatchObject({ orderNo: "Auftrag/ä,1?" })
      expect(await get("/setOrders/%252F")).toMatchObject({ orderNo: "%2F" })
      expect(await list("/setOrders?orderNo=")).toHaveLength(1)
      expect(await get("/prop_lenders/a%2Fb%20c?include=props")).toMatchObject({ id: "a/b c" })
      expect(await get("/officeNotes/gr%C3%B6%C3%9Fe%2F%E2%88%9E")).toMatchObject({ value: "" })
      expect(await list("/officeNotes?key=till")).toHaveLength(1)
    })

    test("a text that must be given is asked for", async () => {
      const refused = await send("POST", "/officeNotes", { value: "v" })
      expect([refused.status, named(refused)]).toEqual([422, ["key"]])
    })
  })

  test("a text enum refuses others, and shows the row that holds one", async () => {
    expect(await get("/tickets/41")).toMatchObject({ paidWith: "cheque", pence: -100 })
    const refused = await send("PATCH", "/tickets/1", { paidWith: "cheque" })
    expect([refused.status, named(refused)]).toEqual([422, ["paidWith"]])
    expect((await send("PATCH", "/tickets/41", { pence: 1 })).body).toMatchObject({ paidWith: "cheque", pence: 1 })
  })

  test("one malformed JSON never fails a list", async () => {
    await run(`update stagings set budget_json = '{oops' where id = 3`)
    const rows = await list("/stagings?sort=id")
    expect(rows).toHaveLength(12)
    expect(rows[3]).toMatchObject({ id: 4, budget: "by word of mouth" })
    expect((await send("GET", "/stagings/3")).status).toBe(200)
    expect((await send("GET", "/plays?include=stagings")).status).toBe(200)
    expect((await send("PATCH", "/stagings/3", { budget: { mended: true } })).body).toMatchObject({
      budget: { mended: true },
    })
  })

  test("text that looks like JSON is text, and JSON that is text is JSON", async () => {
    expect(await get("/rehearsals/reh-0000")).toMatchObject({ rawLog: '{"looks":"like json","is":"text"}', report: {} })
    const changed = await send("PATCH", "/stagings/1", { budget: '{"a":1}', warnings: [] })
    expect(changed.body).toMatchObject({ budget: '{"a":1}', warnings: [] })
    const { rows } = (await run("select budget_json as b from stagings where id = 1")) as { rows: { b: string }[] }
    expect(JSON.parse(rows[0]?.b ?? "")).toBe('{"a":1}')
  })

  test("flags and times by SQL defaults are values", async () => {
    const created = await send("POST", "/houses", { heading: "New", capacity: 1 })
    expect(created.body).toMatchObject({ openAir: false, street: null })
    const { createdAt } = created.body as { createdAt: string }
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000)
    await run(`update houses set created_at = '2025-01-02 03:04:05' where id = 1`)
    expect(Date.parse((await get("/houses/1")).createdAt as string)).toBe(Date.UTC(2025, 0, 2, 3, 4, 5))
  })

  test("uniques over two, three and four columns are a 409; many nulls are none", async () => {
    const evening = (await get("/evenings/1")) as Record<string, unknown>
    const { stagingId, houseId, curtainAt, round } = evening
    const body = { stagingId, houseId, curtainAt, round }
    expect((await send("POST", "/evenings", body)).status).toBe(409)
    expect((await send("POST", "/evenings", { ...body, round: 9 })).status).toBe(201)
    for (const seat of ["N1", "N2"])
      expect((await send("POST", "/tickets", { eveningId: 1, seat, pence: 0 })).body).toMatchObject({ gateCode: null })
    expect((await send("DELETE", "/houses/1")).status).toBe(409)
    expect((await send("DELETE", "/houses/5")).status).toBe(204)
  })
})
