import "#fresh"
import { expect, test } from "vitest"
import { describeSchema, named } from "./support/one.ts"

const id = "00000005-0000-4000-8000-000000000000"
const versions = ["2025-05-01T12:00:00.100000Z", "2025-05-01T12:00:00.900001Z", "2025-05-01T12:00:00.900002Z"]
const draft = (createdAt: string) => `/draft/${id},${encodeURIComponent(createdAt)}`
const [first, second, third] = versions.map(draft) as [string, string, string]
const member = "00000001-0000-4000-8000-000000000000"

describeSchema("pg-chat", ({ send, list, get, run }) => {
  test("drafts of one id that differ in the last digit are found, changed and deleted by their own keys", async () => {
    expect((await list(`/draft?id=${id}`)).map(({ createdAt }) => createdAt)).toEqual(versions)
    expect((await get(second)).heading).toBe("Draft 12")
    expect((await get(third)).heading).toBe("Draft 13")
    const etags = await Promise.all([second, third].map(async (path) => (await send("GET", path)).headers.get("etag")))
    expect(etags[0]).not.toBe(etags[1])
    expect((await send("PATCH", second, { heading: "changed" })).status).toBe(200)
    expect([(await get(first)).heading, (await get(third)).heading]).toEqual(["Draft 0", "Draft 13"])
    await run(`delete from "Edit" where "draftCreatedAt" = '2025-05-01 12:00:00.900001'`)
    expect((await send("DELETE", second)).status).toBe(204)
    expect((await list(`/draft?id=${id}`)).map(({ createdAt }) => createdAt)).toEqual([versions[0], versions[2]])
    expect((await send("GET", second)).status).toBe(404)
  })

  test.each([
    ["an instant of another spelling", `${id},2025-05-01T14:00:00.900001%2B02:00`, "Draft 12"],
    ["an unencoded colon", `${id},2025-05-01T12:00:00.900002Z`, "Draft 13"],
    ["an id in upper case", `${id.toUpperCase()},2025-05-01T12:00:00.900002Z`, "Draft 13"],
  ])("a key is taken with %s", async (_, key, heading) => {
    expect((await get(`/draft/${key}`)).heading).toBe(heading)
  })

  test.each([
    ["a part too few", id],
    ["a part too many", `${id},2025-05-01T12:00:00.900002Z,x`],
    ["parts in another order", `2025-05-01T12:00:00.900002Z,${id}`],
    ["an instant of milliseconds only", `${id},2025-05-01T12:00:00.900Z`],
    ["a nanosecond more", `${id},2025-05-01T12:00:00.900001001Z`],
    ["no uuid", "x,2025-05-01T12:00:00.900002Z"],
    ["nothing at all", ","],
  ])("a key with %s is of no row", async (_, key) => {
    expect([404, 422]).toContain((await send("GET", `/draft/${key}`)).status)
  })

  test("instants are exact in filters", async () => {
    const found = async (query: string) => (await list(`/draft?id=${id}&${query}`)).map(({ heading }) => heading)
    expect(await found("createdAt=2025-05-01T12:00:00.900001Z")).toEqual(["Draft 12"])
    expect(await found("createdAt[gt]=2025-05-01T12:00:00.900001Z")).toEqual(["Draft 13"])
    expect(await found("createdAt[gte]=2025-05-01T12:00:00.900001Z")).toEqual(["Draft 12", "Draft 13"])
    expect(await found("createdAt[gt]=2025-05-01T12:00:00.9000015Z")).toEqual(["Draft 13"])
    expect(await found("createdAt[lt]=2025-05-01T12:00:00.9000015Z")).toEqual(["Draft 0", "Draft 12"])
    expect(await found("createdAt=2025-05-01T12:00:00.9000015Z")).toEqual([])
    expect(await found("createdAt=2025-05-01T13:00:00.900001%2B01:00")).toEqual(["Draft 12"])
  })

  test.each([
    ["2025-06-01T12:00:00.000001+02:00", "2025-06-01 10:00:00.000001", "2025-06-01T10:00:00.000001Z"],
    ["2025-03-30T02:30:00Z", "2025-03-30 02:30:00", "2025-03-30T02:30:00.000000Z"],
    ["2025-03-09T02:30:00Z", "2025-03-09 02:30:00", "2025-03-09T02:30:00.000000Z"],
    ["1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01 00:00:00", "0001-01-01T00:00:00.000000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z"],
  ])("a time without a zone holds UTC: %s", async (given, kept, shown) => {
    const created = await send("POST", "/ticket", { openedAt: given, topic: "t", memberId: member })
    expect(created.status, created.text).toBe(201)
    expect(created.body).toMatchObject({ openedAt: shown })
    const rows = (await run(`select "openedAt"::text as t from "Ticket" where topic = 't'`)) as { t: string }[]
    expect(rows[0]?.t).toBe(kept)
  })

  test("`kind` is a member, a filter and a sort; `text`, its column, is none", async () => {
    expect((await list("/draft?kind=macro")).every(({ kind }) => kind === "macro")).toBe(true)
    for (const query of ["text=macro", "sort=text", "fields=text", "text[in]=macro"])
      expect((await send("GET", `/draft?${query}`)).status, query).toBe(422)
    const refused = await send("PATCH", third, { kind: "poem" })
    expect([refused.status, named(refused)]).toEqual([422, ["kind"]])
    const { text } = await send("GET", "/openapi.json")
    expect(text).not.toMatch(/"text":\s*\{[^}]*"macro"/)
  })

  test("JSON keeps its members' order, its numbers and its names", async () => {
    const json = '{"z":12345678901234567890,"a":1.0,"":[1e2,0.30000000000000004],"__proto__":{"b":null},"1":"x","0":"y"}'
    const body = `{"ticketId":"00000002-0000-4000-8000-000000000000","author":"${"a".repeat(50_000)}","blocks":${json},"files":[],"writtenAt":"2025-01-01T00:00:00Z"}`
    const headers = { "content-type": "application/json" }
    const created = await send("POST", "/note", undefined, { body, headers })
    expect(created.status, created.text.slice(0, 300)).toBe(201)
    expect(created.text.replace(/\s/g, "")).toContain(json)
    const location = created.headers.get("location") ?? ""
    expect((await send("GET", location)).text.replace(/\s/g, "")).toContain(json)
  })

  test("what has no author of its own length is bounded by the body alone, and mail by its column", async () => {
    const refused = await send("POST", "/member", { mail: "m".repeat(81) })
    expect([refused.status, named(refused)]).toEqual([422, ["mail"]])
    expect((await send("POST", "/member", { mail: "é".repeat(80) })).status).toBe(201)
  })

  test("an edit embeds its draft by both columns, and a draft its edits", async () => {
    const [edit] = await list("/edit?draftCreatedAt=2025-05-01T12:00:00.900002Z&include=draft")
    expect(edit?.draft).toMatchObject({ heading: "Draft 13", createdAt: versions[2] })
    const unknown = await send("PATCH", `/edit/${edit?.id}`, { draftCreatedAt: "2025-05-01T12:00:00.900003Z" })
    expect(unknown.status, unknown.text).toBe(422)
    expect((await send("PATCH", `/edit/${edit?.id}`, { draftCreatedAt: versions[1] })).status).toBe(200)
  })
})
