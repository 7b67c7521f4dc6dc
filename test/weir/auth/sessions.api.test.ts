import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { type AccountWorld, accountWorld, password, type Tokens } from "../support/account-world.ts"

let w: AccountWorld
beforeEach(async () => {
  w = await accountWorld()
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

const me = (token: string) => w.call("GET", "/people/me", { token })
const sessionsOf = async (token: string) =>
  (await w.call("GET", "/sessions", { token })).body as Record<string, unknown>[]
const refreshed = async (token: string): Promise<Tokens> => {
  const answer = await w.refresh(token)
  expect(answer.status, answer.text).toBe(200)
  return answer.body as Tokens
}
/** Moves what is stored of the sessions' last use into the past. */
const age = (seconds: number) =>
  w.run(
    w.database.dialect === "postgres"
      ? `update sessions set last_used_at = last_used_at - interval '${seconds} seconds'`
      : `update sessions set last_used_at = strftime('%Y-%m-%dT%H:%M:%fZ', last_used_at, '-${seconds} seconds')`,
  )

describe("a session", () => {
  test("begins with a sign-in, and is seen by its account with its device, and by nobody else", async () => {
    const ann = await w.signIn("ann", { headers: { "user-agent": "curl/8\u00a0test" } })
    expect(ann).toMatchObject({ token_type: "bearer", expires_in: 900, session_id: expect.any(Number) })
    expect(ann.refresh_token).toMatch(/^wrt_[\w-]{86}$/)
    const [session, ...others] = await sessionsOf(ann.access_token)
    expect(others).toEqual([])
    expect(session).toMatchObject({ id: ann.session_id, user_id: 1, method: "password" })
    expect(session?.device).toContain("curl/8")
    expect(Object.keys(session ?? {}).filter((name) => /hash|mark/.test(name))).toEqual([])
    const bob = await w.signIn("bob")
    expect(await sessionsOf(bob.access_token)).toHaveLength(1)
    for (const query of ["?token_hash=x", "?sort=family_hash", "?fields=password_mark"])
      expect((await w.call("GET", `/sessions${query}`, { token: ann.access_token })).status).toBe(422)
    expect((await w.call("GET", `/sessions/${ann.session_id}`, { token: bob.access_token })).status).toBe(404)
    expect((await w.call("GET", "/sessions")).status).toBe(401)
  })

  test("is kept as digests alone", async () => {
    const { refresh_token } = await w.signIn("ann")
    const stored = JSON.stringify(await w.run("select * from sessions"))
    expect(stored).not.toContain(refresh_token.slice(4, 30))
    expect(stored).not.toContain(refresh_token.slice(50))
  })

  test("is refreshed by its token, which is replaced", async () => {
    const first = await w.signIn("ann")
    const second = await refreshed(first.refresh_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(second.session_id).toBe(first.session_id)
    expect((await me(second.access_token)).body).toMatchObject({ id: 1 })
    const third = await refreshed(second.refresh_token)
    expect(new Set([first, second, third].map((one) => one.refresh_token)).size).toBe(3)
    expect(await sessionsOf(third.access_token)).toHaveLength(1)
  })

  test("gives the same answer to a retry whose answer was lost, for ten seconds", async () => {
    const first = await w.signIn("ann")
    const second = await refreshed(first.refresh_token)
    expect((await refreshed(first.refresh_token)).refresh_token).toBe(second.refresh_token)
    await age(11)
    expect((await w.refresh(first.refresh_token)).body).toMatchObject({ error: "invalid_grant" })
  })

  test("ends for both where a token is used that was replaced long ago", async () => {
    const owner = await w.signIn("ann")
    const other = await w.signIn("ann")
    const stolen = owner.refresh_token
    const next = await refreshed(stolen)
    await age(11)
    const thief = await w.refresh(stolen)
    expect(thief.status).toBe(400)
    expect(thief.body).toMatchObject({ code: "invalid_grant", error: "invalid_grant" })
    expect((await me(next.access_token)).status).toBe(401)
    expect((await w.refresh(next.refresh_token)).status).toBe(400)
    expect((await me(other.access_token)).status).toBe(200)
    expect(await w.audit()).toContainEqual({
      event: "refresh_reused",
      account: "1",
      actor: "1",
      session: owner.session_id,
    })
  })

  test("ends where a token two steps old is used, however soon", async () => {
    const first = await w.signIn("ann")
    const second = await refreshed(first.refresh_token)
    const third = await refreshed(second.refresh_token)
    expect((await w.refresh(first.refresh_token)).status).toBe(400)
    expect((await w.refresh(third.refresh_token)).status).toBe(400)
  })

  test("has one token after fifty refreshes at once, and nobody is signed out", async () => {
    const first = await w.signIn("ann")
    const answers = await Promise.all(Array.from({ length: 50 }, () => w.refresh(first.refresh_token)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const tokens = answers.map(({ body }) => body as Tokens)
    expect(new Set(tokens.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    expect(new Set(tokens.map(({ session_id }) => session_id))).toEqual(new Set([first.session_id]))
    for (const { access_token } of tokens.slice(0, 3)) expect((await me(access_token)).status).toBe(200)
    const last = await refreshed((tokens[49] as Tokens).refresh_token)
    expect(await sessionsOf(last.access_token)).toHaveLength(1)
  })

  test.each([
    ["none", ""],
    ["garbage", "garbage"],
    ["another's form", `wrt_${"A".repeat(86)}`],
    ["one letter less", "short"],
  ])("does not take %s for a token", async (_name, token) => {
    const { refresh_token } = await w.signIn("ann")
    const sent = token === "short" ? refresh_token.slice(0, -1) : token
    const answer = await w.refresh(sent)
    expect(answer.status).toBe(400)
    expect((await w.refresh(refresh_token)).status).toBe(200)
  })

  test("is not ended by who knows the beginning of its token alone", async () => {
    const first = await w.signIn("ann")
    const altered = `${first.refresh_token.slice(0, -1)}${first.refresh_token.endsWith("A") ? "B" : "A"}`
    // Whoever has the first half had the token: it is taken for an old one, and the session ends.
    expect((await w.refresh(`wrt_${"A".repeat(43)}${first.refresh_token.slice(47)}`)).status).toBe(400)
    expect((await me(first.access_token)).status).toBe(200)
    expect((await w.refresh(altered)).status).toBe(400)
    expect((await me(first.access_token)).status).toBe(401)
  })

  test("lasts thirty days from its last use", async () => {
    const first = await w.signIn("ann")
    const days = 86_400_000
    vi.useFakeTimers({ now: Date.now() + 29 * days, toFake: ["Date"] })
    const second = await refreshed(first.refresh_token)
    vi.setSystemTime(Date.now() + 29 * days)
    const third = await refreshed(second.refresh_token)
    vi.setSystemTime(Date.now() + 31 * days)
    expect((await w.refresh(third.refresh_token)).body).toMatchObject({ error: "invalid_grant" })
    const again = await w.signIn("ann")
    expect(await sessionsOf(again.access_token)).toHaveLength(1)
  })

  test("lasts a year at the most, however often it is refreshed", async () => {
    const days = 86_400_000
    let last = await w.signIn("ann")
    const begun = Date.now()
    vi.useFakeTimers({ now: begun, toFake: ["Date"] })
    for (let day = 28; day < 365; day += 28) {
      vi.setSystemTime(begun + day * days)
      last = await refreshed(last.refresh_token)
    }
    vi.setSystemTime(begun + 365 * days)
    const answer = await w.refresh(last.refresh_token)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ error: "invalid_grant", detail: expect.stringMatching(/expired/) })
    expect((await w.audit()).filter(({ event }) => event === "refresh_reused")).toEqual([])
    vi.useRealTimers()
    await w.close()
    w = await accountWorld({ auth: { sessionMaxDays: 1 } })
    last = await w.signIn("ann")
    const now = Date.now()
    vi.useFakeTimers({ now: now + 0.9 * days, toFake: ["Date"] })
    last = await refreshed(last.refresh_token)
    vi.setSystemTime(now + days + 1)
    expect((await w.refresh(last.refresh_token)).status).toBe(400)
  })

  test("is not refreshed for who has another password, is disabled or deleted", async () => {
    const ann = await w.signIn("ann")
    const json = { password: "another password", current_password: password }
    expect((await w.call("PATCH", "/people/1", { token: ann.access_token, json })).status).toBe(200)
    expect((await w.refresh(ann.refresh_token)).body).toMatchObject({ error: "invalid_grant" })
    const bob = await w.signIn("bob")
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 2")
    expect((await w.refresh(bob.refresh_token)).status).toBe(400)
    expect((await w.form("/auth/token", { username: "bob", password })).body).toMatchObject({
      code: "wrong_credentials",
    })
  })
})

describe("signing out", () => {
  test.each(["access_token", "refresh_token"] as const)("by its %s ends a session at once", async (which) => {
    const ann = await w.signIn("ann")
    const other = await w.signIn("ann")
    expect((await me(ann.access_token)).status).toBe(200)
    const answer = await w.form("/auth/revoke", { token: ann[which], token_type_hint: "anything" })
    expect(answer.status).toBe(200)
    expect((await me(ann.access_token)).status).toBe(401)
    expect((await w.refresh(ann.refresh_token)).status).toBe(400)
    expect((await me(other.access_token)).status).toBe(200)
    // Once more is no error (RFC 7009, 2.2), and no sign-out either.
    expect((await w.form("/auth/revoke", { token: ann[which] })).status).toBe(200)
    await w.call("DELETE", "/sessions", { token: other.access_token })
    expect((await w.audit()).filter(({ event }) => event === "sign_out")).toEqual([
      { event: "sign_out", account: "1", actor: "1", session: ann.session_id },
    ])
  })

  test("by a token that is none changes nothing, and without one is an error", async () => {
    const ann = await w.signIn("ann")
    for (const token of ["garbage", `wrt_${"A".repeat(86)}`])
      expect((await w.form("/auth/revoke", { token })).status).toBe(200)
    expect((await w.form("/auth/revoke", {})).body).toMatchObject({ error: "invalid_request" })
    expect((await me(ann.access_token)).status).toBe(200)
  })

  test("of one session counts for writes whose viewer is remembered", async () => {
    const ann = await w.signIn("ann")
    const create = () => w.call("POST", "/things", { token: ann.access_token, json: { title: "one" } })
    expect((await create()).status).toBe(201)
    expect((await create()).status).toBe(201)
    const { status } = await w.call("DELETE", `/sessions/${ann.session_id}`, { token: ann.access_token })
    expect(status).toBe(204)
    expect((await create()).status).toBe(401)
  })

  test("everywhere else leaves the session that asks", async () => {
    const here = await w.signIn("ann")
    const there = [await w.signIn("ann"), await w.signIn("ann")]
    const bob = await w.signIn("bob")
    expect((await w.call("DELETE", "/sessions", { token: here.access_token })).status).toBe(204)
    expect((await me(here.access_token)).status).toBe(200)
    for (const { access_token } of there) expect((await me(access_token)).status).toBe(401)
    expect((await me(bob.access_token)).status).toBe(200)
    expect((await w.call("DELETE", "/sessions")).status).toBe(401)
  })

  test("of another is for admins", async () => {
    const ann = await w.signIn("ann")
    const bob = await w.signIn("bob")
    const root = await w.signIn("root")
    const bobs = `/sessions/${bob.session_id}`
    expect((await w.call("DELETE", bobs, { token: ann.access_token })).status).toBe(404)
    expect((await w.call("DELETE", "/sessions?user_id=2", { token: ann.access_token })).status).toBe(422)
    expect((await me(bob.access_token)).status).toBe(200)
    expect((await w.call("DELETE", "/sessions?user_id=x", { token: root.access_token })).status).toBe(422)
    expect((await w.call("DELETE", "/sessions?user_id=2", { token: root.access_token })).status).toBe(204)
    expect((await me(bob.access_token)).status).toBe(401)
    expect((await me(root.access_token)).status).toBe(200)
  })
})
