import { afterEach, beforeEach, describe, expect, inject, test } from "vitest"
import type { IssuerOptions } from "../../../src/weir/resource/issuers.ts"
import { type AccountWorld, accountWorld } from "../support/account-world.ts"
import { type Issuer, issuerAt, type TokenRequest } from "../support/issuer.ts"

let w: AccountWorld
let issuer: Issuer
const opened: AccountWorld[] = []

beforeEach(async () => {
  issuer = await issuerAt(inject("issuerUrl"))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** A world that takes the issuer's tokens. */
async function accepting(options: Partial<IssuerOptions> = {}): Promise<void> {
  w = await accountWorld({ auth: { issuers: [{ issuer: issuer.url, audience: "weir", ...options }] } })
  opened.push(w)
}

const address = (email: string) => ({ email, email_verified: true })
const me = async (request: TokenRequest = {}) =>
  w.call("GET", "/people/me", { token: await issuer.sign(request) })
const who = async (request: TokenRequest = {}) => w.call("GET", "/who", { token: await issuer.sign(request) })

/** Gives Ann the identity `ann` of the issuer. */
const link = (user = 1, subject = "ann") =>
  w.run(
    `insert into identities (user_id, issuer, subject, created_at) values (${user}, '${issuer.url}', '${subject}', '2026-01-01T00:00:00.000Z')`,
  )

describe("a token of another issuer", () => {
  test("is that of the account which has its subject, and of no other", async () => {
    await accepting()
    const before = await me()
    expect(before.status).toBe(401)
    expect(before.body).toMatchObject({ code: "invalid_token", detail: expect.stringMatching(/no account/) })
    await link()
    expect((await me()).body).toMatchObject({ id: 1, username: "ann" })
    expect((await me({ claims: { sub: "bob" } })).status).toBe(401)
  })

  test("is never that of an account by its address alone", async () => {
    await accepting({ create: true })
    const answer = await me({ claims: address("ann@example.com") })
    expect(answer.status).toBe(401)
    expect(answer.body).toMatchObject({ detail: expect.stringMatching(/address is that of another/) })
    expect(await w.run("select * from identities")).toEqual([])
  })

  test("writes as its account", async () => {
    await accepting()
    await link()
    const token = await issuer.sign()
    for (const title of ["one", "two"]) {
      const answer = await w.call("POST", "/things", { token, json: { title } })
      expect(answer.body, answer.text).toMatchObject({ title, owner_id: 1 })
    }
    expect((await w.call("PATCH", "/things/1", { token, json: { title: "new" } })).status).toBe(200)
  })

  test("ends with the identity, the account, and its being disabled, also where it was seen just before", async () => {
    await accepting()
    await link()
    const token = await issuer.sign()
    const create = () => w.call("POST", "/things", { token, json: { title: "one" } })
    expect((await create()).status).toBe(201)
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 1")
    expect((await create()).status).toBe(401)
    await w.run("update people set disabled_at = null where id = 1")
    expect((await create()).status).toBe(201)
    await w.run("delete from identities")
    expect((await create()).status).toBe(401)
    await link()
    expect((await create()).status).toBe(201)
    await w.run("update identities set user_id = 2")
    expect((await create()).body).toMatchObject({ owner_id: 2 })
    await w.run("delete from people where id = 2")
    expect((await create()).status).toBe(401)
  })

  test("does not end with the password, which its issuer does not know", async () => {
    await accepting()
    await link()
    expect((await me()).status).toBe(200)
    await w.run("update people set hashed_password = 'another' where id = 1")
    expect((await me()).status).toBe(200)
  })

  test("that does not hold is a 401, and the tokens of this API hold beside it", async () => {
    await accepting()
    await link()
    for (const request of [
      { by: "foreign" },
      { by: "none" },
      { by: "public", alg: "RS256" },
      { claims: { aud: "else" } },
      { claims: { exp: 1000 } },
    ] as TokenRequest[])
      expect((await me(request)).status).toBe(401)
    const { access_token: token } = await w.signIn("ann")
    expect((await w.call("GET", "/people/me", { token })).body).toMatchObject({ id: 1 })
    const other = await issuerAt(inject("issuerUrl"))
    expect((await w.call("GET", "/people/me", { token: await other.sign() })).status).toBe(401)
  })

  test("whose issuer is away is a 503, and hinders nothing that needs no viewer", async () => {
    await accepting()
    await issuer.behave({ status: 500 })
    const token = await issuer.sign()
    const answer = await w.call("GET", "/people/me", { token })
    expect(answer.status).toBe(503)
    expect(answer.body).toMatchObject({ code: "issuer_unavailable" })
    expect(answer.headers.get("retry-after")).toBe("5")
    expect(answer.text).not.toContain(issuer.url)
    expect(w.logs.at(-1)).toMatchObject({ status: 503, error: { cause: { message: expect.any(String) } } })
    expect((await w.call("GET", "/health", { token })).status).toBe(200)
  })
})

describe("an account that is made at the first sight", () => {
  test("has what the token says, and no password", async () => {
    await accepting({ create: true })
    const claims = { sub: "new", preferred_username: "Zoë of Weir", ...address("Zoe@Example.com") }
    const first = await me({ claims })
    expect(first.body, first.text).toMatchObject({
      email: "zoe@example.com",
      username: "ZoeofWeir",
      role: "user",
    })
    expect((first.body as { verified_at: string }).verified_at).toMatch(/^20/)
    expect((await me({ claims })).body).toMatchObject({ id: (first.body as { id: number }).id })
    const other = await who({ claims: { sub: "other", ...address("other@example.com") } })
    expect(other.body).toMatchObject({ kind: "user", id: 6 })
    const rows = await w.run(`select user_id, issuer, subject, email from identities where subject = 'new'`)
    expect(rows.map(([id, ...others]) => [Number(id), ...others])).toEqual([
      [(first.body as { id: number }).id, issuer.url, "new", "Zoe@Example.com"],
    ])
    const [[hash]] = (await w.run("select hashed_password from people where username = 'ZoeofWeir'")) as [
      [string],
    ]
    const answer = await w.form("/auth/token", { username: "ZoeofWeir", password: hash })
    expect(answer.body).toMatchObject({ error: "invalid_grant" })
    expect(await w.audit()).toMatchObject([
      { event: "identity_linked", issuer: issuer.url, made: true },
      { event: "identity_linked" },
    ])
  })

  test("has a name of its own where its own is taken, or none", async () => {
    await accepting({ create: true })
    const named = async (sub: string, more: object) =>
      (
        (await me({ claims: { sub, ...address(`${sub}@example.org`), ...more } })).body as {
          username: string
        }
      ).username
    expect(await named("a", { nickname: "ANN" })).toMatch(/^ANN-[0-9a-f]{6}$/)
    expect(await named("b", { preferred_username: "!", name: "  " })).toMatch(/^user$/)
    expect(await named("c", {})).toMatch(/^(user|c)-[0-9a-f]{6}$/)
    expect(await named("carla", {})).toBe("carla")
  })

  test("is none where the address that it must have is not verified", async () => {
    await accepting({ create: true })
    for (const claims of [
      {},
      { email: "new@example.com" },
      { email: "new@example.com", email_verified: "true" },
    ])
      expect((await me({ claims })).body).toMatchObject({ detail: expect.stringMatching(/verified address/) })
    expect(await w.run("select * from identities")).toEqual([])
  })

  test("is one, however many requests are the first", async () => {
    await accepting({ create: true })
    const token = await issuer.sign({ claims: { sub: "new", ...address("new@example.com") } })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => w.call("GET", "/people/me", { token })),
    )
    expect(new Set(answers.map(({ status, body }) => `${status} ${(body as { id: number }).id}`)).size).toBe(
      1,
    )
    expect(answers[0]?.status).toBe(200)
    expect(await w.run("select count(*) from identities")).toEqual([
      [expect.toSatisfy((n) => Number(n) === 1)],
    ])
    expect(await w.run("select count(*) from people")).toEqual([[expect.toSatisfy((n) => Number(n) === 5)]])
  })

  test("are two for two people of one name at a time", async () => {
    await accepting({ create: true })
    const tokens = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        issuer.sign({ claims: { sub: `new${i}`, nickname: "same", ...address(`new${i}@example.com`) } }),
      ),
    )
    const answers = await Promise.all(tokens.map((token) => w.call("GET", "/people/me", { token })))
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 200))
    expect(new Set(answers.map(({ body }) => (body as { id: number }).id)).size).toBe(8)
  })
})

describe("what a token says of its viewer", () => {
  test("is a role that there is here, the admin's before others", async () => {
    await accepting({ roles: "realm_access.roles" })
    await link()
    const roleBy = async (roles: unknown) =>
      (await who({ claims: { realm_access: { roles } } })).body as { kind: string; role: string }
    expect(await roleBy(["offline_access", "editor"])).toMatchObject({ kind: "user", role: "editor" })
    expect(await roleBy(["editor", "admin"])).toMatchObject({ kind: "admin", role: "admin" })
    for (const roles of [[], ["root"], "nobody", null])
      expect(await roleBy(roles)).toMatchObject({ kind: "user", role: "user" })
    for (const roles of [7, { admin: true }, [["admin"]]])
      expect(await roleBy(roles)).toMatchObject({ code: "invalid_token" })
    await w.run(
      "insert into things (title, owner_id, price, created_at, updated_at) values ('bob''s', 2, 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
    )
    const patch = async (roles: string[]) =>
      w.call("PATCH", "/things/1", {
        token: await issuer.sign({ claims: { realm_access: { roles } } }),
        json: { title: "new" },
      })
    expect((await patch(["user"])).status).toBe(403)
    expect((await patch(["editor"])).status).toBe(200)
  })

  test("is no role where none was asked for", async () => {
    await accepting()
    await link()
    const claims = { roles: ["admin"], role: "admin", realm_access: { roles: ["admin"] } }
    expect((await who({ claims })).body).toMatchObject({ kind: "user", role: "user" })
  })

  test("is what its scopes let it do, and no more", async () => {
    await accepting()
    await link()
    const asking = async (scope: unknown, method: string, path: string) =>
      (
        await w.call(method, path, {
          token: await issuer.sign({ claims: { scope } }),
          ...(method === "POST" ? { json: { title: "one" } } : {}),
        })
      ).status
    expect(await asking("openid things:read", "GET", "/things")).toBe(200)
    expect(await asking("openid things:read", "POST", "/things")).toBe(403)
    expect(await asking("things:*", "POST", "/things")).toBe(201)
    expect(await asking("openid profile", "POST", "/things")).toBe(201)
    expect(await asking("things:read],admin", "GET", "/things")).toBe(403)
    expect(await asking("unknown", "GET", "/things")).toBe(403)
    for (const scope of [{}, { "things:read": true }, 7, true, [7], [["things:read"]], null])
      expect(await asking(scope, "GET", "/things"), JSON.stringify(scope)).toBe(401)
    expect(await asking(["things:read"], "GET", "/things")).toBe(200)
    expect(await asking(["things:read"], "POST", "/things")).toBe(403)
  })

  test("are claims that rules read", async () => {
    await accepting()
    await link()
    await w.run(
      "insert into things (title, owner_id, org, price, created_at, updated_at) values ('bob''s', 2, 'acme', 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
    )
    const patch = async (claims: object) =>
      (
        await w.call("PATCH", "/things/1", {
          token: await issuer.sign({ claims: { ...claims } }),
          json: { title: "new" },
        })
      ).status
    expect(await patch({ org_id: "acme" })).toBe(200)
    expect(await patch({ org_id: "else" })).toBe(403)
    expect(await patch({})).toBe(403)
    for (const org_id of [{}, { acme: true }, ["acme"], [["acme"]], 7, true, null])
      expect(await patch({ org_id }), JSON.stringify(org_id)).toBe(403)
    expect((await who({ claims: { org_id: "acme" } })).body).toMatchObject({ claims: { org_id: "acme" } })
  })
})
