import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { type AccountWorld, accountWorld, password, type Tokens } from "../support/account-world.ts"

let w: AccountWorld
let ann: Tokens
let root: Tokens
beforeEach(async () => {
  w = await accountWorld()
  ann = await w.signIn("ann")
  root = await w.signIn("root")
})
afterEach(() => w.close())

const me = (token: string) => w.call("GET", "/people/me", { token })
const patch = (token: string, id: number, json: unknown, headers = {}) =>
  w.call("PATCH", `/people/${id}`, { token, json, headers })
const now = "2026-01-01T00:00:00.000Z"
/** The events but for sign-ins. */
const events = async () => (await w.audit()).filter(({ event }) => event !== "sign_in")

describe("an account that is disabled", () => {
  test("is out at once, with all its sessions and keys, and stays out when it is enabled again", async () => {
    const made = await w.call("POST", "/api_keys", {
      token: ann.access_token,
      json: { name: "x", scopes: ["*"] },
    })
    const { key } = made.body as { key: string }
    expect((await patch(root.access_token, 1, { disabled_at: now })).status).toBe(200)
    expect((await me(ann.access_token)).status).toBe(401)
    expect((await me(key)).status).toBe(401)
    expect((await w.refresh(ann.refresh_token)).status).toBe(400)
    const refused = await w.form("/auth/token", { username: "ann", password })
    expect(refused.body).toMatchObject({ code: "wrong_credentials" })
    expect((await patch(root.access_token, 1, { disabled_at: null })).status).toBe(200)
    expect((await me(ann.access_token)).status).toBe(401)
    expect((await w.refresh(ann.refresh_token)).status).toBe(400)
    expect((await me(key)).status).toBe(200)
    expect((await w.signIn("ann")).session_id).toBeGreaterThan(0)
    expect((await events()).slice(1)).toEqual([
      { event: "disabled", account: "1", actor: "3" },
      { event: "enabled", account: "1", actor: "3" },
    ])
  })

  test("is so by admins alone", async () => {
    expect((await patch(ann.access_token, 1, { disabled_at: now })).status).toBe(403)
    expect((await patch(ann.access_token, 2, { disabled_at: now })).status).toBe(403)
    expect((await w.call("GET", "/people?fields=disabled_at", { token: ann.access_token })).status).toBe(422)
    expect(await events()).toEqual([])
  })
})

describe("the audit log", () => {
  test("tells of a role that has changed, and of none that was refused or is the same", async () => {
    expect((await patch(ann.access_token, 1, { role: "admin" })).status).toBe(403)
    expect((await patch(root.access_token, 1, { role: "user" })).status).toBe(200)
    expect((await patch(root.access_token, 99, { role: "editor" })).status).toBe(404)
    expect(await events()).toEqual([])
    expect((await patch(root.access_token, 1, { role: "editor" })).status).toBe(200)
    expect(await events()).toEqual([{ event: "role_changed", account: "1", actor: "3", role: "editor" }])
  })

  test("keeps what it has told, whoever sends the same request id again", async () => {
    const headers = { "x-request-id": "one-and-the-same" }
    expect((await patch(root.access_token, 2, { role: "editor" }, headers)).status).toBe(200)
    const bob = await w.signIn("bob")
    expect((await patch(bob.access_token, 2, { role: "admin" }, headers)).status).toBe(403)
    expect((await patch(root.access_token, 2, { role: "user" }, headers)).status).toBe(200)
    expect((await events()).map(({ role }) => role)).toEqual(["editor", "user"])
    const answer = await w.call("GET", "/audit?event=role_changed&account=2", { token: root.access_token })
    expect(answer.body).toMatchObject([
      { request_id: "one-and-the-same" },
      { request_id: "one-and-the-same" },
    ])
  })

  test("tells of a new password, whose account's other sessions end with it", async () => {
    const other = await w.signIn("ann")
    const bob = await w.signIn("bob")
    const wrong = { password: "another password", current_password: "not it" }
    expect((await patch(ann.access_token, 1, wrong)).status).toBe(422)
    expect((await patch(bob.access_token, 1, { password: "another password" })).status).toBe(403)
    expect(await events()).toEqual([])
    expect((await me(other.access_token)).status).toBe(200)
    const right = { password: "another password", current_password: password }
    expect((await patch(ann.access_token, 1, right)).status).toBe(200)
    expect((await me(other.access_token)).status).toBe(401)
    expect((await w.refresh(other.refresh_token)).status).toBe(400)
    expect((await me(bob.access_token)).status).toBe(200)
    expect(await events()).toEqual([{ event: "password_changed", account: "1", actor: "1" }])
    expect(await w.run("select id from sessions where user_id = 1")).toEqual([])
  })

  test("is read by admins alone, and written by nobody", async () => {
    expect((await w.call("GET", "/audit")).status).toBe(401)
    expect((await w.call("GET", "/audit", { token: ann.access_token })).status).toBe(403)
    const { body } = await w.call("GET", "/audit?event=sign_in", { token: root.access_token })
    expect(body).toMatchObject([
      { event: "sign_in", account: "3", details: { method: "password" } },
      { event: "sign_in", account: "1" },
    ])
    for (const [method, path] of [
      ["POST", "/audit"],
      ["DELETE", "/audit/1"],
      ["PATCH", "/audit/1"],
    ] as const)
      expect((await w.call(method, path, { token: root.access_token, json: {} })).status).toBeGreaterThan(400)
  })

  test("outlives its accounts", async () => {
    const headers = { "x-current-password": password.replace(" ", "%20") }
    expect((await w.call("DELETE", "/people/1", { token: ann.access_token, headers })).status).toBe(204)
    expect((await me(ann.access_token)).status).toBe(401)
    expect(await w.audit()).toContainEqual(expect.objectContaining({ event: "sign_in", account: "1" }))
  })
})

describe("a role", () => {
  test("is what rules name, beyond users and admins", async () => {
    const { body } = await w.call("POST", "/things", { token: ann.access_token, json: { title: "one" } })
    const path = `/things/${(body as { id: number }).id}`
    const [bob, eve] = [await w.signIn("bob"), await w.signIn("eve")]
    const edit = (token: string, title: string) => w.call("PATCH", path, { token, json: { title } })
    expect((await edit(bob.access_token, "bob's")).status).toBe(403)
    expect((await edit(eve.access_token, "eve's")).status).toBe(200)
    expect((await edit(root.access_token, "root's")).status).toBe(200)
    expect((await w.call("DELETE", path, { token: eve.access_token })).status).toBe(403)
    // From the next request on.
    expect((await patch(root.access_token, 4, { role: "user" })).status).toBe(200)
    expect((await edit(eve.access_token, "no more")).status).toBe(403)
  })

  test("is known to hand-written routes", async () => {
    const eve = await w.signIn("eve")
    expect((await w.call("GET", "/who", { token: eve.access_token })).body).toEqual({
      kind: "user",
      id: 4,
      role: "editor",
      session: eve.session_id,
    })
  })
})

describe("acting as another user", () => {
  const actAs = (token: string, json: unknown) => w.call("POST", "/auth/act-as", { token, json })
  const ticket = { user_id: 1, reason: "Ticket 4711" }

  test("is the admin's, who stands in each log line and in the audit log", async () => {
    const answer = await actAs(root.access_token, ticket)
    expect(answer.body).toMatchObject({ token_type: "bearer", expires_in: 600 })
    expect(answer.headers.get("cache-control")).toBe("no-store")
    const { access_token: token } = answer.body as Tokens
    expect((await me(token)).body).toMatchObject({ id: 1, email: "ann@example.com" })
    expect(w.logs.at(-1)).toMatchObject({ viewer: 1, actor: 3 })
    const created = await w.call("POST", "/things", { token, json: { title: "for ann" } })
    expect(created.body).toMatchObject({ owner_id: 1 })
    expect((await w.call("POST", "/things", { token, json: { title: "again" } })).status).toBe(201)
    expect(w.logs.at(-1)).toMatchObject({ viewer: 1, actor: 3 })
    expect((await w.call("GET", "/who", { token })).body).toMatchObject({ id: 1, actor: 3 })
    expect(await events()).toEqual([{ event: "acted_as", account: "1", actor: "3", reason: "Ticket 4711" }])
    const { id } = created.body as { id: number }
    expect((await w.call("PATCH", `/things/${id}`, { token, json: { title: "new" } })).status).toBe(200)
  })

  test("ends with the admin's session, and with the admin", async () => {
    const { access_token: first } = (await actAs(root.access_token, ticket)).body as Tokens
    expect((await me(first)).status).toBe(200)
    await w.form("/auth/revoke", { token: root.refresh_token })
    expect((await me(first)).status).toBe(401)
    expect((await w.call("POST", "/things", { token: first, json: { title: "x" } })).status).toBe(401)
    const again = await w.signIn("root")
    const { access_token: second } = (await actAs(again.access_token, ticket)).body as Tokens
    expect((await w.call("POST", "/things", { token: second, json: { title: "x" } })).status).toBe(201)
    expect((await patch(again.access_token, 3, { role: "user" })).status).toBe(200)
    expect((await me(second)).status).toBe(401)
    expect((await w.call("POST", "/things", { token: second, json: { title: "x" } })).status).toBe(401)
  })

  test.each<[string, () => string, unknown, number]>([
    ["who is no admin", () => ann.access_token, { user_id: 2, reason: "x" }, 403],
    ["an admin as an admin", () => root.access_token, { user_id: 3, reason: "x" }, 403],
    ["nobody's account", () => root.access_token, { user_id: 99, reason: "x" }, 422],
    ["no key", () => root.access_token, { user_id: "x y", reason: "x" }, 422],
    ["no reason", () => root.access_token, { user_id: 1 }, 422],
  ])("is refused: %s", async (_name, token, json, status) => {
    expect((await actAs(token(), json)).status).toBe(status)
  })

  test("ends where its account has become an admin's", async () => {
    const { access_token: token } = (await actAs(root.access_token, ticket)).body as Tokens
    expect((await me(token)).status).toBe(200)
    expect((await patch(root.access_token, 1, { role: "admin" })).status).toBe(200)
    expect((await me(token)).status).toBe(401)
    expect((await w.call("POST", "/things", { token, json: { title: "x" } })).status).toBe(401)
  })

  test("makes no keys, ends no sessions, sets nothing one signs in by, and acts as nobody else", async () => {
    const made = await w.call("POST", "/api_keys", {
      token: ann.access_token,
      json: { name: "x", scopes: ["*"] },
    })
    const { id } = made.body as { id: number }
    const { access_token: token } = (await actAs(root.access_token, ticket)).body as Tokens
    const headers = { "x-current-password": "correct%20horse" }
    for (const [method, path, json] of [
      ["DELETE", `/api_keys/${id}`],
      ["PATCH", `/api_keys/${id}`, { name: "y" }],
      ["DELETE", `/sessions/${ann.session_id}`],
      ["DELETE", "/people/me"],
      ["PATCH", "/people/me", { username: "annie" }],
      ["PATCH", "/people/me", { email: "new@example.com", current_password: password }],
      ["PATCH", "/people/me", { password: "another password", current_password: password }],
    ] as const)
      expect((await w.call(method, path, { token, json, headers })).status, `${method} ${path}`).toBe(403)
    const key = await w.call("POST", "/api_keys", { token, json: { name: "x", scopes: ["*"] } })
    expect(key.status).toBe(403)
    expect((await w.call("DELETE", "/sessions", { token })).status).toBe(403)
    expect((await actAs(token, { user_id: 2, reason: "x" })).status).toBe(403)
    expect((await w.form("/auth/revoke", { token })).status).toBe(200)
    expect((await me(root.access_token)).status).toBe(200)
  })
})

describe("the time of the last use", () => {
  test("is kept of accounts that are used", async () => {
    await me(ann.access_token)
    await vi.waitFor(async () => {
      const { body } = await me(ann.access_token)
      expect((body as { seen_at: string }).seen_at).toMatch(/^20\d\d-/)
    })
    const { body } = await w.call("GET", "/people/2", { token: root.access_token })
    expect((body as { seen_at: null }).seen_at).toBeNull()
  })
})
