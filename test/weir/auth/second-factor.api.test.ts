import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { hotp, stepAt } from "../../../src/weir/auth/totp.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { fromBase32 } from "../../../src/weir/lib/base32.ts"
import {
  type AccountWorld,
  accountsSubject,
  accountWorld,
  password,
  type Tokens,
} from "../support/account-world.ts"
import type { Answer } from "../support/client.ts"
import { caller } from "../support/client.ts"
import { appOver, authSecret, cacheOver } from "../support/fresh.ts"
import { strictApi } from "./api/api.ts"

const second = 1000
let w: AccountWorld
beforeEach(async () => {
  // The time stands still but where a test moves it: a code is of one step.
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] })
  w = await accountWorld()
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

const pass = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * second)
const codeOf = (secret: string, steps = 0) =>
  hotp(fromBase32(secret) as Uint8Array, stepAt(Date.now()) + steps)
/** A code that is none of the secret's now. */
const wrongCodeOf = (secret: string) => {
  const right = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps))
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find(
    (code) => !right.includes(code),
  ) as string
}
const me = (token: string) => w.call("GET", "/people/me", { token })
const factorsOf = async (token: string) =>
  (await w.call("GET", "/auth/factors", { token })).body as {
    factors: Record<string, unknown>[]
    recovery_codes: number
  }
const begin = (token: string, json: unknown = { current_password: password }) =>
  w.call("POST", "/auth/factors", { token, json })
const confirm = (token: string, id: number, code: string) =>
  w.call("POST", `/auth/factors/${id}/confirm`, { token, json: { code } })
const signIn = (username: string, more: Record<string, string> = {}) =>
  w.form("/auth/token", { username, password, ...more })
const answerTo = (challenge: string, otp: string) =>
  w.form("/auth/token", { grant_type: "urn:weir:params:oauth:grant-type:otp", challenge, otp })
const challengeOf = async (username: string): Promise<string> => {
  const { status, body } = await signIn(username)
  expect(status).toBe(400)
  return (body as { challenge: string }).challenge
}
const countOf = async (table: string) => Number((await w.run(`select count(*) from ${table}`))[0]?.[0])

interface SetUp {
  token: string
  id: number
  secret: string
  recovery: string[]
}
/** Sets an app up, whose first code is of the step before. */
async function setUp(username: string): Promise<SetUp> {
  const { access_token: token } = await w.signIn(username)
  const { id, secret } = (await begin(token)).body as { id: number; secret: string }
  const answer = await confirm(token, id, codeOf(secret, -1))
  expect(answer.status, answer.text).toBe(200)
  return { token, id, secret, recovery: (answer.body as { recovery_codes: string[] }).recovery_codes }
}

describe("setting up an app", () => {
  let ann: Tokens
  beforeEach(async () => {
    ann = await w.signIn("ann")
  })

  test("needs the present password", async () => {
    for (const [json, code] of [
      [{ current_password: "wrong horse" }, "wrong_secret"],
      [{}, "required"],
      [{ current_password: password, kind: "x" }, "unknown_field"],
    ] as const) {
      const answer = await begin(ann.access_token, json)
      expect(answer.status).toBe(422)
      expect((answer.body as { errors: { code: string }[] }).errors[0]?.code).toBe(code)
    }
    expect((await w.call("POST", "/auth/factors", { json: { current_password: password } })).status).toBe(401)
    expect(await countOf("account_factors")).toBe(0)
  })

  test("shows a secret once, which is stored encrypted", async () => {
    const answer = await begin(ann.access_token)
    expect(answer.status, answer.text).toBe(201)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    const { secret, otpauth_uri } = answer.body as { secret: string; otpauth_uri: string }
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(otpauth_uri).toBe(
      `otpauth://totp/Accounts:ann%40example.com?secret=${secret}&issuer=Accounts&algorithm=SHA1&digits=6&period=30`,
    )
    const stored = JSON.stringify(await w.run("select * from account_factors"))
    const bytes = Buffer.from(fromBase32(secret) as Uint8Array)
    for (const text of [secret, bytes.toString("hex"), bytes.toString("base64url")])
      expect(stored).not.toContain(text)
    expect(JSON.stringify(await factorsOf(ann.access_token))).not.toContain(secret)
    expect(JSON.stringify(w.logs)).not.toContain(secret)
  })

  test("asks for no code before the first has confirmed it", async () => {
    const { id, secret } = (await begin(ann.access_token)).body as { id: number; secret: string }
    expect((await signIn("ann")).status).toBe(200)
    const wrong = await confirm(ann.access_token, id, wrongCodeOf(secret))
    expect(wrong.body).toMatchObject({ status: 422, errors: [{ path: "code", code: "wrong_code" }] })
    expect((await signIn("ann")).status).toBe(200)
    expect((await factorsOf(ann.access_token)).factors).toMatchObject([
      { id, kind: "totp", confirmed_at: null },
    ])
    const right = await confirm(ann.access_token, id, codeOf(secret))
    expect(right.status, right.text).toBe(200)
    const { recovery_codes } = right.body as { recovery_codes: string[] }
    expect(new Set(recovery_codes).size).toBe(10)
    expect((await confirm(ann.access_token, id, codeOf(secret, 1))).status).toBe(409)
    expect(await factorsOf(ann.access_token)).toMatchObject({
      factors: [{ id, confirmed_at: expect.any(String), last_used_at: null }],
      recovery_codes: 10,
    })
    expect((await signIn("ann")).status).toBe(400)
    // The code that has confirmed it was used by that.
    expect((await signIn("ann", { otp: codeOf(secret) })).status).toBe(400)
    expect((await signIn("ann", { otp: codeOf(secret, 1) })).status).toBe(200)
    expect(await w.audit()).toContainEqual({
      event: "factor_added",
      account: "1",
      actor: "1",
      factor: "totp",
      id,
    })
  })

  test("begun anew forgets what was not confirmed; a second app makes no new recovery codes", async () => {
    const first = (await begin(ann.access_token)).body as { id: number; secret: string }
    const next = (await begin(ann.access_token)).body as { id: number; secret: string }
    expect((await confirm(ann.access_token, first.id, codeOf(first.secret))).status).toBe(404)
    expect((await confirm(ann.access_token, next.id, codeOf(next.secret))).status).toBe(200)
    const tablet = (await begin(ann.access_token)).body as { id: number; secret: string }
    const confirmed = await confirm(ann.access_token, tablet.id, codeOf(tablet.secret))
    expect(confirmed.body).toEqual({ recovery_codes: [] })
    expect(await factorsOf(ann.access_token)).toMatchObject({ recovery_codes: 10 })
    pass(30)
    expect((await signIn("ann", { otp: codeOf(tablet.secret) })).status).toBe(200)
    expect((await signIn("ann", { otp: codeOf(next.secret) })).status).toBe(200)
  })

  test("is one's own: of another it is not there, and a key has no part in it", async () => {
    const { id, secret } = (await begin(ann.access_token)).body as { id: number; secret: string }
    const bob = await w.signIn("bob")
    expect((await confirm(bob.access_token, id, codeOf(secret))).status).toBe(404)
    const json = { current_password: password }
    expect((await w.call("DELETE", `/auth/factors/${id}`, { token: bob.access_token, json })).status).toBe(
      404,
    )
    expect((await factorsOf(bob.access_token)).factors).toEqual([])
    const made = await w.call("POST", "/api_keys", {
      token: ann.access_token,
      json: { name: "x", scopes: ["*"] },
    })
    const { key } = made.body as { key: string }
    for (const [method, path, body] of [
      ["GET", "/auth/factors", undefined],
      ["POST", "/auth/factors", json],
      ["POST", `/auth/factors/${id}/confirm`, { code: codeOf(secret) }],
      ["DELETE", `/auth/factors/${id}`, json],
      ["POST", "/auth/recovery-codes", json],
    ] as const)
      expect((await w.call(method, path, { token: key, json: body })).status, path).toBe(403)
    expect((await w.call("GET", "/account_factors", { token: ann.access_token })).status).toBe(404)
  })
})

describe("signing in", () => {
  let ann: SetUp
  beforeEach(async () => {
    ann = await setUp("ann")
  })

  test("with the password alone gets a challenge, and no session", async () => {
    const sessions = await countOf("sessions")
    const answer = await signIn("ann")
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      code: "second_factor_required",
      error: "invalid_grant",
      challenge: expect.stringMatching(/^wch_[\w-]{43}$/),
    })
    expect(await countOf("sessions")).toBe(sessions)
    const { challenge } = answer.body as { challenge: string }
    expect(JSON.stringify(await w.run("select * from account_tokens"))).not.toContain(challenge.slice(4))
    const wrong = await w.form("/auth/token", { username: "ann", password: "wrong", otp: codeOf(ann.secret) })
    expect(wrong.body).toMatchObject({ code: "wrong_credentials" })
    expect(wrong.text).not.toContain("challenge")
    expect((await signIn("bob")).status).toBe(200)
  })

  test("with a code as well begins a session that says so", async () => {
    const answer = await signIn("ann", { otp: ` ${codeOf(ann.secret).replace(/^.../, "$& ")} ` })
    expect(answer.status, answer.text).toBe(200)
    const { access_token, session_id } = answer.body as Tokens
    const session = await w.call("GET", `/sessions/${session_id}`, { token: access_token })
    expect(session.body).toMatchObject({ method: "password otp" })
    expect((await factorsOf(access_token)).factors[0]?.last_used_at).not.toBeNull()
    expect((await w.audit()).at(-1)).toMatchObject({ event: "sign_in", method: "password otp" })
    expect(JSON.stringify(w.logs)).not.toContain(codeOf(ann.secret))
  })

  test("takes each code once, and none of an earlier step", async () => {
    const early = codeOf(ann.secret)
    const late = codeOf(ann.secret, 1)
    expect((await signIn("ann", { otp: late })).status).toBe(200)
    for (const otp of [late, early]) {
      const answer = await signIn("ann", { otp })
      expect(answer.status).toBe(400)
      expect(answer.body).toMatchObject({ code: "invalid_grant", error: "invalid_grant" })
    }
    pass(60)
    expect((await signIn("ann", { otp: codeOf(ann.secret) })).status).toBe(200)
  })

  test.each(["", "abc", "12345", "1234567"])("takes %j for no code", async (otp) => {
    expect((await signIn("ann", { otp })).status).toBe(400)
  })

  test("by a challenge: once, with a code that is right", async () => {
    const challenge = await challengeOf("ann")
    const wrong = await answerTo(challenge, wrongCodeOf(ann.secret))
    expect(wrong.body).toMatchObject({ status: 400, code: "invalid_grant" })
    const answer = await answerTo(challenge, codeOf(ann.secret))
    expect(answer.status, answer.text).toBe(200)
    const { access_token } = answer.body as Tokens
    expect((await me(access_token)).body).toMatchObject({ id: 1 })
    pass(30)
    expect((await answerTo(challenge, codeOf(ann.secret, 1))).body).toMatchObject({ code: "invalid_grant" })
    expect(await w.audit()).toContainEqual({
      event: "sign_in_failed",
      account: "1",
      actor: "1",
      factor: "otp",
    })
  })

  test("by a challenge: not after five minutes, nor of another, nor of none", async () => {
    const challenge = await challengeOf("ann")
    const bob = await setUp("bob")
    expect((await answerTo(challenge, codeOf(bob.secret))).status).toBe(400)
    for (const text of ["x", `wch_${"A".repeat(43)}`, challenge.slice(0, -1), `${challenge}A`])
      expect((await answerTo(text, codeOf(ann.secret))).body).toMatchObject({ code: "invalid_grant" })
    pass(299)
    const other = await challengeOf("ann")
    pass(2)
    expect((await answerTo(challenge, codeOf(ann.secret))).body).toMatchObject({ code: "invalid_grant" })
    expect((await answerTo(other, codeOf(ann.secret))).status).toBe(200)
  })

  test("by a challenge: not with another password since, and not for who is disabled", async () => {
    const challenge = await challengeOf("ann")
    const json = { password: "another password", current_password: password }
    expect((await w.call("PATCH", "/people/1", { token: ann.token, json })).status).toBe(200)
    expect((await answerTo(challenge, codeOf(ann.secret))).status).toBe(400)
    const bob = await setUp("bob")
    const his = await challengeOf("bob")
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 2")
    expect((await answerTo(his, codeOf(bob.secret))).status).toBe(400)
    expect((await signIn("bob", { otp: codeOf(bob.secret) })).body).toMatchObject({
      code: "wrong_credentials",
    })
  })

  test("needs both parts of the form", async () => {
    const answer = await w.form("/auth/token", {
      grant_type: "urn:weir:params:oauth:grant-type:otp",
      challenge: await challengeOf("ann"),
    })
    expect(answer.body).toMatchObject({
      error: "invalid_request",
      errors: [{ path: "otp", code: "required" }],
    })
  })

  test("goes on by refreshing: a session is not asked again", async () => {
    const answer = await signIn("ann", { otp: codeOf(ann.secret) })
    expect((await w.refresh((answer.body as Tokens).refresh_token)).status).toBe(200)
  })

  test("by a recovery code, each once, in either form", async () => {
    const [one = "", two = ""] = ann.recovery
    expect((await signIn("ann", { otp: one.toUpperCase().replaceAll("-", " ") })).status).toBe(200)
    expect((await signIn("ann", { otp: one })).status).toBe(400)
    const challenge = await challengeOf("ann")
    const answer = await answerTo(challenge, two)
    expect(answer.status, answer.text).toBe(200)
    const { access_token } = answer.body as Tokens
    expect(await factorsOf(access_token)).toMatchObject({ recovery_codes: 8 })
    expect((await w.audit()).at(-1)).toMatchObject({ event: "sign_in", method: "password recovery" })
    // Another account's are of no use.
    const bob = await setUp("bob")
    expect((await signIn("ann", { otp: bob.recovery[0] as string })).status).toBe(400)
    const stored = JSON.stringify(await w.run("select * from account_factors"))
    expect(stored).not.toContain((ann.recovery[2] as string).replaceAll("-", ""))
  })

  test("by new recovery codes, after which the old ones hold no more", async () => {
    const json = { current_password: password }
    const wrong = { current_password: "wrong horse" }
    const renew = (token: string, body: unknown) =>
      w.call("POST", "/auth/recovery-codes", { token, json: body })
    expect((await renew(ann.token, wrong)).status).toBe(422)
    const answer = await renew(ann.token, json)
    expect(answer.status).toBe(200)
    const { recovery_codes } = answer.body as { recovery_codes: string[] }
    expect(recovery_codes).toHaveLength(10)
    expect((await signIn("ann", { otp: ann.recovery[0] as string })).status).toBe(400)
    expect((await signIn("ann", { otp: recovery_codes[0] as string })).status).toBe(200)
    const bob = await w.signIn("bob")
    expect((await renew(bob.access_token, json)).status).toBe(409)
  })
})

describe("at the same time", () => {
  const succeeded = (answers: Answer[]) => answers.filter(({ status }) => status === 200)

  test.each(["otp", "recovery"])("twenty sign-ins with one %s begin one session", async (which) => {
    const { secret, recovery } = await setUp("ann")
    const before = await countOf("sessions")
    const otp = which === "otp" ? codeOf(secret) : (recovery[0] as string)
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn("ann", { otp })))
    expect(succeeded(answers)).toHaveLength(1)
    for (const { status } of answers) expect([200, 400, 429]).toContain(status)
    expect(await countOf("sessions")).toBe(before + 1)
  })

  test("twenty answers to one challenge begin one session, whatever their codes", async () => {
    const { secret, recovery } = await setUp("ann")
    const challenge = await challengeOf("ann")
    const before = await countOf("sessions")
    const codes = [codeOf(secret), codeOf(secret, 1), ...recovery]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => answerTo(challenge, codes[i % codes.length] as string)),
    )
    expect(succeeded(answers)).toHaveLength(1)
    expect(await countOf("sessions")).toBe(before + 1)
  })

  test("a hundred guesses are five at the most", async () => {
    const { secret } = await setUp("ann")
    const challenge = await challengeOf("ann")
    const wrong = wrongCodeOf(secret)
    const answers = await Promise.all(Array.from({ length: 100 }, () => answerTo(challenge, wrong)))
    const looked = answers.filter(({ status }) => status === 400)
    expect(looked.length).toBeGreaterThanOrEqual(1)
    expect(looked.length).toBeLessThanOrEqual(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100 - looked.length)
  })
})

describe("wrong codes", () => {
  const wait = (answer: Answer) => Number(answer.headers.get("retry-after"))

  test("are five in a row; then each further one has to wait, twice as long each time", async () => {
    const { secret, recovery } = await setUp("ann")
    const wrong = () => signIn("ann", { otp: wrongCodeOf(secret) })
    for (let i = 0; i < 5; i++) expect((await wrong()).status).toBe(400)
    for (const minutes of [1, 2, 4]) {
      const refused = await signIn("ann", { otp: codeOf(secret) })
      expect([refused.status, wait(refused)]).toEqual([429, minutes * 60])
      // A challenge is no way around it, nor is a recovery code.
      expect((await answerTo(await challengeOf("ann"), recovery[0] as string)).status).toBe(429)
      pass(minutes * 60)
      expect((await wrong()).status).toBe(400)
    }
    pass(480)
    expect((await signIn("ann", { otp: codeOf(secret) })).status).toBe(200)
    // One that is right ends the count.
    expect((await wrong()).status).toBe(400)
    pass(30)
    expect((await signIn("ann", { otp: codeOf(secret) })).status).toBe(200)
    expect((await signIn("bob")).status).toBe(200)
  })

  test("count for the removal of an app as well", async () => {
    const { token, id, secret } = await setUp("ann")
    const remove = (code: string) => w.call("DELETE", `/auth/factors/${id}`, { token, json: { code } })
    for (let i = 0; i < 5; i++) expect((await remove(wrongCodeOf(secret))).status).toBe(422)
    expect((await remove(codeOf(secret))).status).toBe(429)
  })
})

describe("the wait after wrong codes", () => {
  const wait = (answer: Answer) => Number(answer.headers.get("retry-after"))
  const remove = (token: string, id: number) =>
    w.call("DELETE", `/auth/factors/${id}`, { token, json: { current_password: password } })
  const add = async (token: string) => {
    const { id, secret } = (await begin(token)).body as { id: number; secret: string }
    expect((await confirm(token, id, codeOf(secret, -1))).status).toBe(200)
    return { id, secret }
  }
  const wrong = async (secret: string) => signIn("ann", { otp: wrongCodeOf(secret) })

  test("outlives the app, whatever apps are added and removed", async () => {
    const { token, id, secret } = await setUp("ann")
    for (let i = 0; i < 5; i++) expect((await wrong(secret)).status).toBe(400)
    expect((await remove(token, id)).status).toBe(204)
    expect(await factorsOf(token)).toEqual({ factors: [], recovery_codes: 0 })
    expect((await signIn("ann")).status).toBe(200)
    const stored = JSON.stringify(await w.run("select kind, secret from account_factors"))
    expect(stored).toBe('[["removed",""]]')
    let app = await add(token)
    for (const seconds of [60, 120, 240]) {
      expect(wait(await wrong(app.secret))).toBe(seconds)
      // One more app, at which nobody has guessed yet.
      expect((await remove(token, app.id)).status).toBe(204)
      app = await add(token)
      expect(wait(await wrong(app.secret))).toBe(seconds)
      pass(seconds)
      expect((await wrong(app.secret)).status).toBe(400)
    }
    expect(await countOf("account_factors where kind = 'removed'")).toBe(1)
    pass(480)
    expect((await signIn("ann", { otp: codeOf(app.secret) })).status).toBe(200)
    expect((await wrong(app.secret)).status).toBe(400)
    pass(30)
    const last = await signIn("ann", { otp: codeOf(app.secret) })
    expect((await remove((last.body as Tokens).access_token, app.id)).status).toBe(204)
    expect(await countOf("account_factors")).toBe(0)
  })
})

describe("removing an app", () => {
  test.each(["current_password", "code"])("by %s ends what it was asked for", async (by) => {
    const { token, id, secret } = await setUp("ann")
    const json = { [by]: by === "code" ? codeOf(secret) : password }
    const wrong = { [by]: by === "code" ? wrongCodeOf(secret) : "wrong horse" }
    const path = `/auth/factors/${id}`
    for (const body of [wrong, {}, { ...json, other: 1 }])
      expect((await w.call("DELETE", path, { token, json: body })).status).toBe(422)
    expect((await signIn("ann")).status).toBe(400)
    const answer = await w.call("DELETE", path, { token, json })
    expect(answer.status, answer.text).toBe(204)
    expect((await w.call("DELETE", path, { token, json })).status).toBe(404)
    expect((await w.call("DELETE", "/auth/factors/x", { token, json })).status).toBe(404)
    expect((await signIn("ann")).status).toBe(200)
    expect(await factorsOf(token)).toEqual({ factors: [], recovery_codes: 0 })
    expect(await w.audit()).toContainEqual({
      event: "factor_removed",
      account: "1",
      actor: "1",
      factor: "totp",
      id,
    })
  })
})

test("a secret outlives the one of the API that it was encrypted by, and is encrypted anew when it is used", async () => {
  const { secret } = await setUp("ann")
  const next = "another secret for tests of forty bytes"
  const under = (authSecret: string) => {
    const call = caller(appOver(w.database, { subject: accountsSubject, authSecret }).app)
    return async (steps = 0) => {
      const body = new URLSearchParams({ username: "ann", password, otp: codeOf(secret, steps) }).toString()
      const headers = { "content-type": "application/x-www-form-urlencoded" }
      return (await call("POST", "/auth/token", { body, headers })).status
    }
  }
  const stored = async () => (await w.run("select secret from account_factors where kind = 'totp'"))[0]?.[0]
  const before = await stored()
  expect(await under(next)()).toBe(400)
  expect(await under(`${next},${authSecret}`)()).toBe(200)
  expect(await stored()).not.toBe(before)
  pass(30)
  expect(await under(next)()).toBe(200)
  pass(30)
  expect(await under(authSecret)()).toBe(400)
})

describe.each([
  ["without a cache", () => cacheOver(undefined)],
  ["with a cache", () => cacheOver(new MemoryStore(8_388_608, undefined))],
])("where admins need a second factor, %s", (_, cache) => {
  beforeEach(async () => {
    await w.close()
    w = await accountWorld({ subject: { ...accountsSubject, api: strictApi }, cache: cache() })
  })

  test("one who has none may do nothing but set one up, and then everything", async () => {
    const { access_token: token, refresh_token } = await w.signIn("root")
    const tried = async () => [
      await me(token),
      await w.call("GET", "/people", { token }),
      await w.call("PATCH", "/people/1", { token, json: { role: "editor" } }),
      await w.call("POST", "/things", { token, json: { title: "x" } }),
      await w.call("POST", "/api_keys", { token, json: { name: "x", scopes: ["*"] } }),
      await w.call("DELETE", "/sessions", { token }),
      await w.call("GET", "/who", { token }),
    ]
    for (const answer of await tried()) {
      expect(answer.status, answer.text).toBe(403)
      expect(answer.body).toMatchObject({ code: "second_factor_required" })
    }
    expect(await countOf("things")).toBe(0)
    expect((await w.call("GET", "/health", { token })).status).toBe(200)
    expect((await w.refresh(refresh_token)).status).toBe(200)
    const { id, secret } = (await begin(token)).body as { id: number; secret: string }
    expect((await me(token)).status).toBe(403)
    expect((await confirm(token, id, codeOf(secret))).status).toBe(200)
    expect((await tried()).map(({ status }) => status)).toEqual([200, 200, 200, 201, 201, 204, 200])
    const json = { current_password: password }
    expect((await w.call("DELETE", `/auth/factors/${id}`, { token, json })).status).toBe(204)
    expect((await w.call("POST", "/things", { token, json: { title: "x" } })).status).toBe(403)
    expect((await me(token)).status).toBe(403)
  })

  test("its keys hold only as long as it has one", async () => {
    const root = await setUp("root")
    const made = await w.call("POST", "/api_keys", {
      token: root.token,
      json: { name: "x", scopes: ["*"] },
    })
    const { key } = made.body as { key: string }
    expect((await w.call("GET", "/people", { token: key })).status).toBe(200)
    const json = { current_password: password }
    await w.call("DELETE", `/auth/factors/${root.id}`, { token: root.token, json })
    expect((await w.call("GET", "/people", { token: key })).body).toMatchObject({
      code: "second_factor_required",
    })
  })

  test("others do not, until they become admins", async () => {
    const root = await setUp("root")
    const ann = await w.signIn("ann")
    const create = () => w.call("POST", "/things", { token: ann.access_token, json: { title: "x" } })
    for (let i = 0; i < 2; i++) expect((await create()).status).toBe(201)
    const raised = await w.call("PATCH", "/people/1", { token: root.token, json: { role: "admin" } })
    expect(raised.status).toBe(200)
    expect((await create()).status).toBe(403)
    expect((await me(ann.access_token)).status).toBe(403)
  })
})
