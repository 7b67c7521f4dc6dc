// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Answer } from "../../../test/weir/support/client.ts"
import { type Tenants, tenants, type Who } from "./world.ts"

let w: Tenants
beforeEach(async () => {
  w = await tenants()
})
afterEach(() => w.close())

const accept = (who: Who, id = 1) => w.as(who, "POST", `/invitations/${id}/accept`)
const invite = async (body: object): Promise<number> => {
  const answer = await w.as("ada", "POST", "/organizations/1/invitations", body)
  expect(answer.status, answer.text).toBe(201)
  return (answer.body as { id: number }).id
}
const statusOf = ({ status }: Answer) => status
const idsOf = ({ body }: Answer) => (body as { id: number }[]).map(({ id }) => id)
const members = async () => {
  const { memberships = [] } = await w.everything()
  return memberships.length
}

describe("an invitation", () => {
  test("shows its organization and inviter to nobody before it is accepted, and makes a member then", async () => {
    const before = await w.as("out", "GET", "/invitations/1?include=organization,inviter")
    expect(before.body).toMatchObject({ role: "member", state: "pending", organization: null, inviter: null })
    expect(before.text).not.toContain("acceptance")
    const answer = await accept("out")
    expect(answer.body).toEqual({ id: expect.any(Number), organization_id: 1, role: "member" })
    expect((await w.as("out", "GET", "/organizations/1")).status).toBe(200)
    const mine = await w.as("out", "GET", "/users/me/memberships?include=organization")
    expect(mine.body).toMatchObject([{ role: "member", organization: { id: 1, name: "One" } }])
    expect((await w.as("out", "GET", "/invitations/1")).body).toMatchObject({ state: "accepted" })
  })

  test("lasts a week", async () => {
    const id = await invite({ user_id: 2 })
    const { body } = await w.as("ada", "GET", `/invitations/${id}`)
    const { expires_at } = body as { expires_at: string }
    const days = (Date.parse(expires_at) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(6.9)
    expect(days).toBeLessThanOrEqual(7)
  })

  test("that has expired is not accepted", async () => {
    await w.run("update invitations set expires_at = '2020-01-01T00:00:00.000Z' where id = 1")
    const answer = await accept("out")
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({ code: "conflict" })
    expect(await members()).toBe(7)
  })

  test.each(["withdrawn", "declined"])("that was %s is not accepted", async (state) => {
    const who = state === "declined" ? "out" : "ada"
    expect((await w.as(who, "PATCH", "/invitations/1", { state })).status).toBe(200)
    const answer = await accept("out")
    expect(answer.status).toBe(409)
    expect(answer.text).toContain(state)
    // Nor does it come back.
    expect((await w.as("ada", "PATCH", "/invitations/1", { state: "withdrawn" })).status).toBe(403)
    expect(await members()).toBe(7)
  })

  test("counts once: whoever is removed does not come back by it", async () => {
    const { id } = (await accept("out")).body as { id: number }
    expect((await w.as("ada", "DELETE", `/memberships/${id}`)).status).toBe(204)
    expect((await accept("out")).status).toBe(409)
    expect(await members()).toBe(7)
  })

  test("of an admin who is none any more is not accepted", async () => {
    expect((await w.as("ann", "PATCH", "/memberships/7", { role: "member" })).status).toBe(200)
    expect((await accept("out")).status).toBe(409)
    expect(await members()).toBe(7)
  })

  test("raises nobody who is a member already", async () => {
    const id = await invite({ user_id: 3, role: "admin" })
    const answer = await accept("mel", id)
    expect([answer.status, await members()]).toEqual([409, 7])
    expect((await w.as("mel", "GET", "/memberships/3")).body).toMatchObject({ role: "member" })
  })
})

describe("an invitation to an address", () => {
  test("is seen and accepted by whoever is known to have it, and by nobody else", async () => {
    const id = await invite({ email: "Out@Example.com", role: "admin" })
    // Anybody may have signed up with that address.
    expect(idsOf(await w.as("out", "GET", "/invitations?sort=id"))).toEqual([1, 2])
    expect((await accept("out", id)).status).toBe(404)
    const verified = await w.as("api", "PATCH", "/users/5", { verified_at: "2026-01-01T00:00:00Z" })
    expect(verified.status, verified.text).toBe(200)
    expect(idsOf(await w.as("out", "GET", "/invitations?sort=id"))).toEqual([1, 2, id])
    for (const who of ["nina", "mel", "api"] as const) expect((await accept(who, id)).status).toBe(404)
    expect((await accept("out", id)).body).toMatchObject({ organization_id: 1, role: "admin" })
  })

  test("is no longer for whoever has left that address", async () => {
    const id = await invite({ email: "out@example.com" })
    await w.as("api", "PATCH", "/users/5", {
      email: "else@example.com",
      verified_at: "2026-01-01T00:00:00Z",
    })
    expect((await accept("out", id)).status).toBe(404)
  })
})

describe("at the same time", () => {
  test("20 acceptances make one member", async () => {
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => accept("out")))).map(statusOf)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
    expect(await members()).toBe(8)
  })

  test("accepted and withdrawn: one of the two, and a member only by the first", async () => {
    for (let round = 0; round < 10; round++) {
      const id = await invite({ user_id: 2 })
      const [accepted, withdrawn] = await Promise.all([
        accept("bob", id),
        w.as("ada", "PATCH", `/invitations/${id}`, { state: "withdrawn" }),
      ])
      expect([accepted.status === 201, withdrawn.status === 200].filter(Boolean)).toHaveLength(1)
      expect(await members()).toBe(accepted.status === 201 ? 8 : 7)
      if (accepted.status === 201)
        await w.as("ann", "DELETE", `/memberships/${(accepted.body as { id: number }).id}`)
    }
  })

  test("two owners who remove each other leave one", async () => {
    for (let round = 0; round < 10; round++) {
      await w.run("update memberships set role = 'owner' where id in (1, 7)")
      const lower = { role: "member" }
      const answers = await Promise.all([
        w.as("ann", "PATCH", "/memberships/7", lower),
        w.as("ada", "PATCH", "/memberships/1", lower),
        w.as("ann", "PATCH", "/memberships/1", lower),
        w.as("ada", "PATCH", "/memberships/7", lower),
      ])
      const { memberships = [] } = await w.everything()
      const owners = JSON.stringify(memberships).split('"owner"').length - 1
      // The other is of organization 2.
      expect(owners, answers.map(({ status, text }) => `${status} ${text}`).join("\n")).toBe(2)
    }
  })
})

test("whoever founds an organization is its first owner, and has no right to another beginning", async () => {
  const founded = await w.as("out", "POST", "/organizations", { name: "Mine" })
  const { id } = founded.body as { id: number }
  const join = (role: string, user_id = 5) =>
    w.as("out", "POST", "/memberships", { organization_id: id, user_id, role })
  expect((await join("member")).status).toBe(403)
  expect((await join("owner")).status).toBe(201)
  expect((await join("owner")).status).toBe(403)
  expect((await w.as("out", "DELETE", "/users/me")).status).toBe(403)
  const invited = await w.as("out", "POST", `/organizations/${id}/invitations`, { user_id: 1, role: "admin" })
  expect(invited.status).toBe(201)
  const accepted = await accept("ann", (invited.body as { id: number }).id)
  expect(accepted.status).toBe(201)
  const at = `/memberships/${(accepted.body as { id: number }).id}`
  expect((await w.as("ann", "PATCH", at, { role: "owner" })).status).toBe(403)
  expect((await w.as("out", "PATCH", at, { role: "owner" })).status).toBe(200)
  // Handed over: the founder leaves, and is a stranger.
  const { body } = await w.as("out", "GET", "/users/me/memberships")
  expect((await w.as("out", "DELETE", `/memberships/${idsOf({ body } as Answer)[0]}`)).status).toBe(204)
  expect((await w.as("out", "GET", `/organizations/${id}`)).status).toBe(404)
  expect((await join("owner")).status).toBe(422)
})
