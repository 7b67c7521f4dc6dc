import "#fresh"
import { describe, expect, test } from "vitest"
import { through } from "../../../src/weir/index.ts"
import { rowsOf } from "../support/samples.ts"
import { describeSchema, named } from "./support/one.ts"
import { schemaNamed } from "./support/schemas.ts"
import { serve } from "./support/served.ts"

const id = (table: number, n: number) =>
  `${table.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

describeSchema("sqlite-mail", ({ send, list, get, run }) => {
  test("keys of free text are read by path, `me` among them", async () => {
    expect(await get("/persons/me")).toMatchObject({ id: "me", mailConfirmed: "1970-01-01T00:00:00.000Z" })
    expect(await get("/persons/not-a-uuid%2Fwith%20a%20slash")).toMatchObject({ name: "Ærøskøbing" })
    expect(await list("/persons/me/duties")).toMatchObject([{ dutyId: id(5, 1) }])
    expect((await send("GET", "/persons/not-a-uuid/with a slash")).status).toBe(404)
  })

  test("keys of two texts are read by both, whatever is in them", async () => {
    expect(await get("/passports/a%2Cb,x%2Fy%3Fz%3D1%26%C3%BC")).toMatchObject({ house: "a,b", personId: "me" })
    expect(await get("/passports/,")).toMatchObject({ house: "", houseAccountId: "" })
    for (const path of ["/passports/a,b,x", "/passports/castle", "/passports/castle,", "/passports/,,"])
      expect([404, 422], path).toContain((await send("GET", path)).status)
    const changed = await send("PATCH", "/passports/a%2Cb,x%2Fy%3Fz%3D1%26%C3%BC", { state: "new" })
    expect(changed.body).toMatchObject({ house: "a,b", state: "new" })
    const taken = await send("POST", "/passports", { personId: "me", kind: "mail", house: "", houseAccountId: "" })
    expect([taken.status, (taken.body as { code: string }).code]).toEqual([409, "duplicate"])
    const made = await send("POST", "/passports", { personId: "me", kind: "mail", house: ",", houseAccountId: "%2C" })
    expect(await get(made.headers.get("location") ?? "")).toMatchObject({ house: ",", houseAccountId: "%2C" })
  })

  test("times in seconds and in milliseconds are instants, compared as they are kept", async () => {
    const letters = async (query: string) => (await list(`/letters?${query}&fields=id`)).length
    expect(await letters("arrivedAt=2025-03-30T00:00:00.001Z")).toBe(10)
    expect(await letters("arrivedAt=2025-03-30T02:00:00.001%2B02:00")).toBe(10)
    expect(await letters("arrivedAt[lt]=1970-01-01T00:00:00Z")).toBe(1)
    expect(await letters("arrivedAt[lte]=2025-03-30T00:00:00.0005Z")).toBe(1)
    const duties = async (query: string) => (await list(`/duties?${query}`)).length
    expect(await duties("createdAt=2025-10-26T01:00:00Z")).toBe(1)
    expect(await duties("createdAt=2025-10-26T01:00:00.5Z")).toBe(0)
    expect(await duties("createdAt[gt]=2025-10-26T01:00:00.5Z")).toBe(2)
    expect(await duties("createdAt[gte]=2025-10-26T01:00:00Z")).toBe(3)
    expect(await duties("createdAt[is_null]=true")).toBe(1)
  })

  test("a time is kept as an integer, of its own unit", async () => {
    const given = "2031-02-03T04:05:06Z"
    const duty = await send("POST", "/duties", { title: "t", createdAt: given })
    const box = await send("POST", "/boxes", { mailbox: "t", createdAt: given, endsAt: "2031-02-03T04:05:06.789Z" })
    expect([duty.status, box.status], duty.text + box.text).toEqual([201, 201])
    const typed = async (table: string, columns: string) =>
      ((await run(`select ${columns} from ${table}`)) as { rows: Record<string, unknown>[] }).rows
    const seconds = Date.parse(given) / 1000
    expect(await typed("duty where title = 't'", "created_at, typeof(created_at) as t")).toMatchObject([
      { created_at: seconds, t: "integer" },
    ])
    expect(await typed("box where mailbox = 't'", "created_at, ends_at, typeof(ends_at) as t")).toMatchObject([
      { created_at: seconds * 1000, ends_at: seconds * 1000 + 789, t: "integer" },
    ])
  })

  test("keys and times that the app makes are made, once for each row", async () => {
    const before = Date.now() - 1000
    const many = await send("POST", "/boxes", [
      { mailbox: "a", endsAt: "2031-01-01T00:00:00Z" },
      { mailbox: "b", endsAt: "2031-01-01T00:00:00Z" },
    ])
    expect(many.status, many.text).toBe(201)
    const rows = many.body as { id: string; createdAt: string }[]
    expect(new Set(rows.map((row) => row.id)).size).toBe(2)
    for (const row of rows) {
      expect(row.id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
      expect(Date.parse(row.createdAt)).toBeGreaterThanOrEqual(before)
    }
  })

  test("CURRENT_TIMESTAMP in an integer column is read as UTC", async () => {
    await run(`update duty set created_at = '2025-01-02 03:04:05' where id = '${id(5, 0)}'`)
    await run(`update box set created_at = '2025-01-02 03:04:05' where id = '${id(2, 0)}'`)
    expect(Date.parse((await get(`/duties/${id(5, 0)}`)).createdAt as string)).toBe(Date.UTC(2025, 0, 2, 3, 4, 5))
    expect((await get(`/boxes/${id(2, 0)}`)).createdAt).toBe("2025-01-02T03:04:05.000Z")
    expect(await list("/boxes")).toHaveLength(14)
  })

  test("a label is once with a person, and a mailbox as it is spelled", async () => {
    const key = { personId: id(1, 0), label: "Key 0", key: "another" }
    const taken = await send("POST", "/machineKeys", key)
    expect(taken.status).toBe(409)
    expect(named(taken)).toContain("label")
    expect((await send("POST", "/boxes", { mailbox: "mixed.case@box.test", endsAt: "2031-01-01T00:00:00Z" })).status).toBe(201)
    const held = await send("DELETE", `/persons/${id(1, 0)}`)
    expect(held.status, held.text).toBe(409)
  })

  test("`renewal_token` is no property of another spelling, and `personId` hides `person_id`", async () => {
    for (const query of ["person_id=me", "sort=person_id", "fields=person_id"])
      expect((await send("GET", `/hooks?${query}`)).status).toBe(422)
    expect(await list(`/hooks?personId=${id(1, 0)}&include=person`)).toMatchObject([{ person: { id: id(1, 0) } }])
    expect((await send("GET", "/passports?houseAccountId=1000000000000003")).body).toHaveLength(1)
  })
})

describe.runIf(schemaNamed("sqlite-mail"))("sqlite-mail", () => {
  test("people and duties are linked by personDuties, which may be called as they are", async () => {
    const { call, close } = await serve(schemaNamed("sqlite-mail") as never, {
      persons: { embed: { duties: through("duties", "duty") } },
      duties: { embed: { people: through("persons", "person", { sort: "name" }) } },
    })
    const ids = async (path: string) => rowsOf(await call("GET", path)).map((row) => row.id)
    const path = "/persons/not-a-uuid%2Fwith%20a%20slash/duties"
    expect(await ids(path)).toEqual([id(5, 0)])
    expect(await ids(`/duties/${id(5, 0)}/people?sort=id&fields=id`)).toEqual([id(1, 0), id(1, 5), "not-a-uuid/with a slash"])
    expect(await ids(`/persons?duties.id=${id(5, 1)}`)).toEqual([id(1, 1), id(1, 6), "me"])
    expect((await call("PUT", `${path}/${id(5, 3)}`)).status).toBe(204)
    expect((await call("PUT", `${path}/${id(5, 3)}`, { json: { createdAt: "2025-01-01T00:00:00Z" } })).status).toBe(204)
    expect(await ids(path)).toEqual([id(5, 0), id(5, 3)])
    const [link] = rowsOf(await call("GET", `/personDuties?dutyId=${id(5, 3)}&personId[contains]=slash`))
    expect(Date.parse(link?.createdAt as string)).toBeGreaterThan(Date.now() - 60_000)
    expect((await call("DELETE", `/duties/${id(5, 3)}/people/not-a-uuid%2Fwith%20a%20slash`)).status).toBe(204)
    expect((await call("DELETE", `${path}/${id(5, 3)}`)).status).toBe(404)
    expect((await call("PUT", `/persons/me/duties/${id(5, 9)}`)).status).toBe(404)
    expect(await ids("/persons/me/duties")).toEqual([id(5, 1)])
    await close()
  })
})
