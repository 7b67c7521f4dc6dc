import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type AccountWorld, accountsSubject, accountWorld, password } from "../support/account-world.ts"
import { cookieApi } from "./api/api.ts"

const friend = "https://app.example.com"
let w: AccountWorld
beforeEach(async () => {
  w = await accountWorld({ subject: { ...accountsSubject, api: cookieApi }, corsOrigins: [friend] })
})
afterEach(() => w.close())

const ownSite = { "sec-fetch-site": "same-origin" }
const signIn = (headers: Record<string, string> = ownSite) =>
  w.form("/auth/token", { username: "ann", password, cookie: "true" }, { headers })
/** The cookies of an answer: name and value as they are sent back, and all that was said of each. */
function cookiesOf({ headers }: { headers: Headers }): { sent: string; said: string[] } {
  const said = headers.getSetCookie()
  return { said, sent: said.map((one) => one.split(";")[0]).join("; ") }
}
const create = (cookie: string, headers: Record<string, string>) =>
  w.call("POST", "/things", { json: { title: "one" }, headers: { cookie, ...headers } })

describe("a session in cookies", () => {
  test("is kept where no script reads it, and works as a token does", async () => {
    const answer = await signIn()
    expect(answer.body).toEqual({ token_type: "bearer", expires_in: 900, session_id: expect.any(Number) })
    const { said, sent } = cookiesOf(answer)
    expect(said).toEqual([
      expect.stringMatching(/^weir_access=[^;]+; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(
        /^weir_refresh=wrt_[^;]+; Max-Age=2592000; Path=\/auth; HttpOnly; SameSite=Strict$/,
      ),
    ])
    const me = await w.call("GET", "/people/me", { headers: { cookie: sent } })
    expect(me.body).toMatchObject({ id: 1, email: "ann@example.com" })
    expect((await create(sent, ownSite)).status).toBe(201)
    expect((await w.call("GET", "/people/me")).status).toBe(401)
  })

  test("is sent over TLS alone, but on this machine", async () => {
    const answer = await w.app.request("https://api.example.com/auth/token", {
      method: "POST",
      body: new URLSearchParams({ username: "ann", password, cookie: "true" }),
      headers: { "content-type": "application/x-www-form-urlencoded", ...ownSite },
    })
    const [access, refresh] = answer.headers.getSetCookie()
    expect(access).toMatch(/^__Host-weir_access=[^;]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(refresh).toMatch(/^__Secure-weir_refresh=.+; Path=\/auth; HttpOnly; Secure; SameSite=Strict$/)
    const me = (cookie: string) => w.app.request("https://api.example.com/people/me", { headers: { cookie } })
    const sent = access?.split(";")[0] as string
    expect((await me(sent)).status).toBe(200)
    // What another host of the domain could have planted.
    expect((await me(sent.replace("__Host-", ""))).status).toBe(401)
  })

  test("is refreshed and ended by its cookie", async () => {
    const first = cookiesOf(await signIn()).sent
    const refresh = (cookie: string, headers = ownSite) =>
      w.form("/auth/token", { grant_type: "refresh_token" }, { headers: { cookie, ...headers } })
    const answer = await refresh(first)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).not.toContain("wrt_")
    const second = cookiesOf(answer).sent
    expect(second).not.toBe(first)
    const out = await w.form("/auth/revoke", {}, { headers: { cookie: second, ...ownSite } })
    expect(out.status).toBe(200)
    expect(cookiesOf(out).said).toEqual([
      expect.stringMatching(/^weir_access=; Max-Age=0; Path=\/;/),
      expect.stringMatching(/^weir_refresh=; Max-Age=0; Path=\/auth;/),
    ])
    expect((await w.call("GET", "/people/me", { headers: { cookie: second } })).status).toBe(401)
    expect((await refresh(second)).status).toBe(400)
  })

  test("is forgotten by the browser once its refresh is refused for good, and not for now", async () => {
    const { sent } = cookiesOf(await signIn())
    const refresh = (cookie: string, headers: Record<string, string> = ownSite, form = {}) =>
      w.form("/auth/token", { grant_type: "refresh_token", ...form }, { headers: { cookie, ...headers } })
    const forgotten = [
      expect.stringMatching(/^weir_access=; Max-Age=0; Path=\/;/),
      expect.stringMatching(/^weir_refresh=; Max-Age=0; Path=\/auth;/),
    ]
    const foreign = await refresh(sent, { "sec-fetch-site": "cross-site" })
    expect([foreign.status, cookiesOf(foreign).said]).toEqual([403, []])
    const unhonoured = await refresh(sent, { ...ownSite, "idempotency-key": "one" })
    expect([unhonoured.status, cookiesOf(unhonoured).said]).toEqual([400, []])
    await w.run("alter table sessions rename to sessions_away")
    try {
      const away = await refresh(sent)
      expect([away.status, cookiesOf(away).said]).toEqual([503, []])
    } finally {
      await w.run("alter table sessions_away rename to sessions")
    }
    // Sent in the form, it is not the browser's.
    const inForm = await refresh("", ownSite, { refresh_token: "wrt_x", cookie: "true" })
    expect([inForm.status, cookiesOf(inForm).said]).toEqual([400, []])
    await w.run("delete from sessions")
    const gone = await refresh(sent, { ...ownSite, accept: "application/json" })
    expect(gone.status).toBe(400)
    expect(gone.body).toMatchObject({ error: "invalid_grant", code: "invalid_grant" })
    expect(gone.headers.get("content-type")).toBe("application/json")
    expect(cookiesOf(gone).said).toEqual(forgotten)
    expect(cookiesOf(await refresh("weir_refresh=wrt_none")).said).toEqual(forgotten)
    expect(w.logs.at(-1)).toMatchObject({ status: 400, sign_in: "invalid_grant" })
    const long = await refresh(`weir_refresh=wrt_${"x".repeat(2000)}`)
    expect(long.body).toMatchObject({ status: 400, code: "invalid_request" })
    expect(cookiesOf(long).said).toEqual(forgotten)
  })

  test("is asked for: who does not gets tokens", async () => {
    const answer = await w.form("/auth/token", { username: "ann", password })
    expect(answer.body).toMatchObject({ access_token: expect.any(String) })
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test("gives way to a token in a header", async () => {
    const { sent } = cookiesOf(await signIn())
    const { access_token } = await w.signIn("bob")
    const answer = await w.call("GET", "/people/me", { token: access_token, headers: { cookie: sent } })
    expect(answer.body).toMatchObject({ id: 2 })
  })
})

describe("a page of another site", () => {
  const evil = { origin: "https://evil.example" }
  test.each<[string, Record<string, string>, number]>([
    ["cross-site", { "sec-fetch-site": "cross-site", ...evil }, 403],
    ["cross-site, without its origin", { "sec-fetch-site": "cross-site" }, 403],
    ["of the same site, which is not named", { "sec-fetch-site": "same-site", ...evil }, 403],
    ["of the same site, which is named", { "sec-fetch-site": "same-site", origin: friend }, 201],
    ["of an old browser", evil, 403],
    ["of an old browser, with no origin to tell", { origin: "null" }, 403],
    ["of the API itself, in an old browser", { origin: "http://localhost", host: "localhost" }, 201],
    ["of the API itself", { "sec-fetch-site": "same-origin", origin: "http://localhost" }, 201],
    ["that is none: a program", {}, 201],
    ["opened by the reader", { "sec-fetch-site": "none" }, 403],
  ])("that asks for a change, %s", async (_name, headers, status) => {
    const { sent } = cookiesOf(await signIn())
    const answer = await create(sent, headers)
    expect(answer.status, answer.text).toBe(status)
    if (status === 403) expect(answer.body).toMatchObject({ code: "cross_site" })
    const things = (await w.call("GET", "/things")).body as unknown[]
    expect(things).toHaveLength(status === 201 ? 1 : 0)
  })

  test("neither signs in, refreshes, nor signs out", async () => {
    const headers = { "sec-fetch-site": "cross-site", ...evil }
    expect((await signIn(headers)).body).toMatchObject({ code: "cross_site" })
    const { sent } = cookiesOf(await signIn())
    const refresh = { headers: { cookie: sent, ...headers } }
    expect((await w.form("/auth/token", { grant_type: "refresh_token" }, refresh)).status).toBe(403)
    expect((await w.form("/auth/revoke", {}, refresh)).status).toBe(403)
    expect((await w.call("GET", "/people/me", { headers: { cookie: sent } })).status).toBe(200)
  })

  test("reads with the session's cookies where it is named, and only there", async () => {
    const { sent } = cookiesOf(await signIn())
    const read = (origin: string) => w.call("GET", "/people/me", { headers: { cookie: sent, origin } })
    const named = await read(friend)
    expect(named.headers.get("access-control-allow-origin")).toBe(friend)
    expect(named.headers.get("access-control-allow-credentials")).toBe("true")
    expect((await read("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull()
  })
})

test("an API without the option looks at no cookie", async () => {
  const { sent } = cookiesOf(await signIn())
  const plain = await accountWorld()
  const headers = { cookie: sent, ...ownSite }
  expect((await plain.call("GET", "/people/me", { headers })).status).toBe(401)
  const answer = await plain.form("/auth/token", { username: "ann", password, cookie: "true" })
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(answer.body).toMatchObject({ access_token: expect.any(String) })
  await plain.close()
})
