import "#fresh"
import { expect, test } from "vitest"
import { describeSchema, named } from "./support/one.ts"

describeSchema("pg-saas", ({ served, send, list, get }) => {
  test("sentBy stays a number, and its person is embedded beside it", async () => {
    const [invite] = await list("/invites?id=1&include=sentByRow,studio")
    expect(invite).toMatchObject({ sentBy: 1, sentByRow: { id: 1, fullName: "Person 0" }, studio: { id: 1 } })
    expect(invite?.sentByRow).not.toHaveProperty("passwordHash")
    expect(await list("/invites?sentBy=2&limit=50")).toHaveLength(4)
    expect(served().api.notices.some((notice) => /sentBy/.test(notice) && /sentByRow/.test(notice))).toBe(true)
    const { text } = await send("GET", "/openapi.json")
    expect(text).toContain("sentByRow")
  })

  test("invitesSent is the other side, and filters", async () => {
    const person = await get("/people/1?include=invitesSent")
    expect(person.invitesSent).toHaveLength(4)
    const withOpen = await list("/people?invitesSent.status=lapsed")
    expect(withOpen.map(({ id }) => id).sort()).toEqual([2, 4])
  })

  test("a person who left is a row like any other", async () => {
    expect(await list("/people?deletedAt[is_null]=false")).toHaveLength(3)
    expect(await list("/people")).toHaveLength(20)
    const one = await get("/people/6")
    expect(one.deletedAt).toBe("2025-03-09T02:30:00.000001Z")
  })

  test("a column called timestamp is one", async () => {
    const rows = await list("/journal?timestamp[gte]=2025-10-26T00:00:00Z&sort=-timestamp&fields=timestamp")
    expect(rows.map(({ timestamp }) => timestamp)).toEqual([
      "2025-11-02T06:30:00.000000Z",
      "2025-11-02T05:30:00.000000Z",
      "2025-10-26T01:30:00.000000Z",
      "2025-10-26T00:30:00.000000Z",
    ])
  })

  test("a person in use is not deleted; one of no use is", async () => {
    const used = await send("DELETE", "/people/1")
    expect([used.status, (used.body as { code: string }).code]).toEqual([409, "still_referenced"])
    const free = await send("POST", "/people", { mail: "free@example.test", passwordHash: "x" })
    expect(free.status, free.text).toBe(201)
    expect(free.body).not.toHaveProperty("passwordHash")
    expect((await send("DELETE", free.headers.get("location") ?? "")).status).toBe(204)
  })

  test("mail keeps its case, and is unique as it stands", async () => {
    const taken = await send("POST", "/people", { mail: "ŁUKASZ@example.test", passwordHash: "x" })
    expect([taken.status, named(taken)]).toEqual([409, ["mail"]])
    const other = await send("POST", "/people", { mail: "łukasz@example.test", passwordHash: "x" })
    expect([other.status, (other.body as { mail: string }).mail]).toEqual([201, "łukasz@example.test"])
  })

  test("times by now() are of now, in UTC", async () => {
    const before = Date.now() - 60_000
    const { body } = await send("POST", "/studios", { title: "New" })
    const { createdAt } = body as { createdAt: string }
    expect(createdAt).toMatch(/\.\d{6}Z$/)
    expect(Date.parse(createdAt)).toBeGreaterThan(before)
    expect(Date.parse(createdAt)).toBeLessThan(Date.now() + 60_000)
  })

  test("what is no table is no resource", async () => {
    for (const path of ["/Deed", "/peopleRelations", "/full_name", "/Person"])
      expect((await send("GET", path)).status, path).toBe(404)
  })

  test("a serial that is out of range is of no row", async () => {
    for (const key of ["2147483648", "9223372036854775808", "0", "-1", "1.5", "x", "1,2", "%00"])
      expect([404, 422], key).toContain((await send("GET", `/people/${key}`)).status)
    const refused = await send("POST", "/seats", { personId: 2 ** 31, studioId: 1, standing: "x" })
    expect([refused.status, named(refused)]).toEqual([422, ["personId"]])
  })
})
