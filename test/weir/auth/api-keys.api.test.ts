import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { isApiKey, newApiKey } from "../../../src/weir/auth/api-key.ts"
import { type AccountWorld, accountWorld, password, type Tokens } from "../support/account-world.ts"

let w: AccountWorld
let ann: Tokens
beforeEach(async () => {
  w = await accountWorld()
  ann = await w.signIn("ann")
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

interface Made {
  id: number
  key: string
}

const make = (token: string, json: unknown) => w.call("POST", "/api_keys", { token, json })
async function keyFor(scopes: string[], token = ann.access_token, more: object = {}): Promise<Made> {
  const answer = await make(token, { name: "a key", scopes, ...more })
  expect(answer.status, answer.text).toBe(201)
  return answer.body as Made
}
const withKey = (key: string, method: string, path: string, json?: unknown) =>
  w.call(method, path, { headers: { "x-api-key": key }, ...(json === undefined ? {} : { json }) })

describe("a key", () => {
  test("is shown once, and kept as a digest", async () => {
    const answer = await make(ann.access_token, { name: " backup ", scopes: ["things:read"] })
    const { id, key, ...row } = answer.body as Made & Record<string, unknown>
    expect(answer.status).toBe(201)
    expect(answer.headers.get("location")).toBe(`/api_keys/${id}`)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(key).toMatch(/^weir_[0-9A-Za-z]{46}$/)
    expect(isApiKey(key)).toBe(true)
    expect(row).toMatchObject({
      name: "backup",
      user_id: 1,
      scopes: ["things:read"],
      start: key.slice(0, 11),
      expires_at: null,
    })
    const again = await w.call("GET", `/api_keys/${id}`, { token: ann.access_token })
    expect(again.body).toEqual({ id, ...row })
    expect(JSON.stringify(await w.run("select * from api_keys"))).not.toContain(key.slice(11))
  })

  test.each(["X-API-Key", "Authorization"])("is taken in the header %s", async (name) => {
    const { key } = await keyFor(["*"])
    const headers = { [name.toLowerCase()]: name === "Authorization" ? `Bearer ${key}` : key }
    expect((await w.call("GET", "/people/me", { headers })).body).toMatchObject({ id: 1, username: "ann" })
    expect((await w.call("POST", "/things", { headers, json: { title: "one" } })).body).toMatchObject({
      owner_id: 1,
    })
  })

  test("belongs to its account, and is seen, renamed and deleted by it alone", async () => {
    const { id, key } = await keyFor(["*"])
    const bob = await w.signIn("bob")
    const path = `/api_keys/${id}`
    for (const method of ["GET", "DELETE"])
      expect((await w.call(method, path, { token: bob.access_token })).status).toBe(404)
    const renamed = await w.call("PATCH", path, { token: ann.access_token, json: { name: "new" } })
    expect(renamed.body).toMatchObject({ id, name: "new" })
    for (const json of [{ scopes: ["*"] }, { expires_at: null }, { user_id: 2 }, { key_hash: "x" }])
      expect((await w.call("PATCH", path, { token: ann.access_token, json })).status).toBeGreaterThan(400)
    expect((await w.call("DELETE", path, { token: ann.access_token })).status).toBe(204)
    expect((await withKey(key, "GET", "/things")).status).toBe(401)
    expect((await w.audit()).filter(({ event }) => event !== "sign_in")).toEqual([
      { event: "key_made", account: "1", actor: "1", name: "a key", scopes: ["*"] },
      { event: "key_deleted", account: "1", actor: "1", key: id, name: "new" },
    ])
  })

  test("ends when it says so", async () => {
    const soon = new Date(Date.now() + 60_000).toISOString()
    const { key } = await keyFor(["*"], ann.access_token, { expires_at: soon })
    expect((await withKey(key, "GET", "/people/me")).status).toBe(200)
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ["Date"] })
    const answer = await withKey(key, "GET", "/people/me")
    expect(answer.status).toBe(401)
    expect(answer.body).toMatchObject({ code: "invalid_token", detail: expect.stringContaining("expired") })
  })

  test("holds no longer than its account may be used, and has the account's role of now", async () => {
    const root = await w.signIn("root")
    const { key } = await keyFor(["*"], root.access_token)
    expect((await withKey(key, "GET", "/audit")).status).toBe(200)
    await w.run("update people set role = 'user' where id = 3")
    const bob = await w.signIn("bob")
    const other = await keyFor(["*"], bob.access_token)
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 2")
    // What another program has written is seen once the answers kept before it have ended.
    const fresh = await w.call("GET", "/people/me", { headers: { "x-api-key": other.key } })
    if (w.driver !== "libsql-file") expect(fresh.status).toBe(401)
  })

  test("says when it was used last", async () => {
    const { id, key } = await keyFor(["*"])
    expect((await withKey(key, "GET", "/things")).status).toBe(200)
    await vi.waitFor(async () => {
      const { body } = await w.call("GET", `/api_keys/${id}`, { token: ann.access_token })
      expect((body as { last_used_at: string }).last_used_at).toMatch(/^20/)
    })
  })

  test.each<[string, (key: string) => string]>([
    ["one letter changed", (key) => `${key.slice(0, 20)}${key[20] === "A" ? "B" : "A"}${key.slice(21)}`],
    ["the last letter missing", (key) => key.slice(0, -1)],
    ["nothing but its beginning", () => "weir_"],
    ["another key's form", () => newApiKey()],
  ])("does not hold with %s", async (_name, altered) => {
    const { key } = await keyFor(["*"])
    const answer = await withKey(altered(key), "GET", "/things")
    expect(answer.status).toBe(401)
    expect(answer.body).toMatchObject({ code: "invalid_token" })
  })

  test("is not what a gateway sends in the same header", async () => {
    expect((await w.call("GET", "/things", { headers: { "x-api-key": "their-own" } })).status).toBe(200)
  })

  test.each<[string, unknown, string]>([
    ["no name", { scopes: ["*"] }, "name"],
    ["no scopes", { name: "x" }, "scopes"],
    ["an empty list", { name: "x", scopes: [] }, "scopes"],
    ["a scope of no path", { name: "x", scopes: ["nothing:read"] }, "scopes.0"],
    ["a scope of no action", { name: "x", scopes: ["things:read", "things:fly"] }, "scopes.1"],
    ["a time that is past", { name: "x", scopes: ["*"], expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["a time that is none", { name: "x", scopes: ["*"], expires_at: "soon" }, "expires_at"],
    ["a member that is none", { name: "x", scopes: ["*"], key: "weir_x" }, "key"],
  ])("is not made with %s", async (_name, json, path) => {
    const answer = await make(ann.access_token, json)
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ errors: [expect.objectContaining({ path })] })
  })

  test("is made by who has signed in, and not by a key", async () => {
    expect((await w.call("POST", "/api_keys", { json: { name: "x", scopes: ["*"] } })).status).toBe(401)
    const { key } = await keyFor(["*"])
    expect((await withKey(key, "POST", "/api_keys", { name: "x", scopes: ["*"] })).status).toBe(403)
  })
})

describe("scopes", () => {
  const thing = { title: "one" }
  const scenarios: [string, string, string, unknown, number][] = [
    ["things:read", "GET", "/things", undefined, 200],
    ["things:read", "GET", "/things/1", undefined, 200],
    ["things:read", "POST", "/things", thing, 403],
    ["things:read", "PATCH", "/things/1", { title: "two" }, 403],
    ["things:read", "DELETE", "/things/1", undefined, 403],
    ["things:read", "GET", "/people", undefined, 403],
    ["things:read", "GET", "/people/me", undefined, 403],
    ["things:read", "GET", "/who", undefined, 403],
    ["things:read", "GET", "/sessions", undefined, 403],
    ["things:read", "GET", "/people/1/things", undefined, 403],
    ["things:read", "GET", "/things?sort=owner.username", undefined, 422],
    ["things:create", "POST", "/things", thing, 201],
    ["things:create", "GET", "/things", undefined, 403],
    ["things:write", "POST", "/things", thing, 201],
    ["things:write", "PATCH", "/things/1", { title: "two" }, 200],
    ["things:delete", "DELETE", "/things/1", undefined, 204],
    ["things:delete", "PATCH", "/things/1", { title: "two" }, 403],
    ["things:*", "PATCH", "/things/1", { title: "two" }, 200],
    ["things:*", "DELETE", "/things/1", undefined, 204],
    ["things:*", "GET", "/things/1", undefined, 200],
    ["things:*", "GET", "/people", undefined, 403],
    ["*:read", "GET", "/people?include=things", undefined, 200],
    ["*:read", "GET", "/who", undefined, 200],
    ["*:read", "POST", "/things", thing, 403],
    ["*", "DELETE", "/sessions", undefined, 403],
    ["who:read", "GET", "/who", undefined, 200],
    ["who:read", "GET", "/things", undefined, 403],
    ["*", "GET", "/things?include=owner", undefined, 200],
    ["*", "PATCH", "/things/1", { title: "two" }, 200],
    ["*", "PATCH", "/things/2", { title: "two" }, 403],
    ["*", "GET", "/audit", undefined, 403],
  ]
  test.each(scenarios)("%s: %s %s", async (scope, method, path, json, status) => {
    await w.call("POST", "/things", { token: ann.access_token, json: thing })
    const bob = await w.signIn("bob")
    await w.call("POST", "/things", { token: bob.access_token, json: thing })
    const { key } = await keyFor([scope])
    const answer = await withKey(key, method, path, json)
    expect(answer.status, answer.text).toBe(status)
    if (status === 403 && scope !== "*" && path !== "/sessions")
      expect(answer.body).toMatchObject({
        code: "insufficient_scope",
        detail: expect.stringContaining(scope),
      })
  })

  test("hide the rows of other paths from embeds and filters", async () => {
    await w.call("POST", "/things", { token: ann.access_token, json: thing })
    const { key } = await keyFor(["things:read"])
    expect((await withKey(key, "GET", "/things?include=owner")).body).toMatchObject([{ owner: null }])
    expect((await withKey(key, "GET", "/things?owner.username=ann")).body).toEqual([])
  })

  test("of an admin's key narrow the admin", async () => {
    const root = await w.signIn("root")
    const { key } = await keyFor(["things:read"], root.access_token)
    for (const path of ["/people", "/audit", "/sessions", "/who"])
      expect((await withKey(key, "GET", path)).status, path).toBe(403)
    expect((await withKey(key, "GET", "/things")).status).toBe(200)
  })

  test("do not reach a password, a role, or an admin", async () => {
    const root = await w.signIn("root")
    const { key } = await keyFor(["*"], root.access_token)
    const bodies = [
      ["PATCH", "/people/1", { password: "another password" }],
      ["PATCH", "/people/3", { password: "another password" }],
      ["PATCH", "/people/1", { role: "admin" }],
      [
        "POST",
        "/people",
        { email: "new@example.com", username: "newer", password: "correct horse", role: "admin" },
      ],
    ] as const
    for (const [method, path, json] of bodies)
      expect((await withKey(key, method, path, json)).status, `${method} ${path}`).toBe(403)
    expect((await withKey(key, "PATCH", "/people/1", { username: "annie" })).status).toBe(200)
    const own = await keyFor(["people:update"])
    const json = { password: "another password", current_password: password }
    expect((await withKey(own.key, "PATCH", "/people/1", json)).status).toBe(403)
    expect((await w.signIn("annie")).session_id).toBeGreaterThan(0)
  })

  test("of a key bind what was answered before to them", async () => {
    const headers = { "x-api-key": (await keyFor(["*"])).key }
    const number = await w.call("POST", "/people/me/things", { json: { title: "one" }, headers })
    expect(number.status, number.text).toBe(201)
    const owned = await w.call("POST", "/things", { json: { title: "one", owner_id: 1 }, headers })
    expect(owned.status, owned.text).toBe(201)
    expect((await w.call("GET", "/who", { headers })).body).toMatchObject({ id: 1 })
    const read = await w.call("GET", "/people/me", { headers })
    expect(read.headers.get("cache-control")).toBe("private, no-cache")
  })

  test.each(["\ud800", "a\u0000"])("are of keys whose names can be stored, unlike %j", async (name) => {
    const answer = await make(ann.access_token, { name, scopes: ["*"] })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ errors: [{ path: "name", code: "invalid_text" }] })
  })
})
