import { afterEach, beforeEach, describe, expect, test } from "vitest"
import {
  type AccountWorld,
  accountWorld,
  confirmedSubject,
  password,
  type Tokens,
} from "../support/account-world.ts"
import { type Mailbox, mailbox } from "../support/mailbox.ts"

let w: AccountWorld
let box: Mailbox
let root: Tokens
beforeEach(async () => {
  box = mailbox()
  w = await accountWorld({ mail: box.mail })
  root = await w.signIn("root")
})
afterEach(() => w.close())

const unhonoured: [string, string, string][] = [
  ["prefer", "tx=rollback", "invalid_value"],
  ["prefer", "return=minimal, tx=roolback", "invalid_value"],
  ["prefer", "handling=strict, wait=5", "invalid_value"],
  ["idempotency-key", "one", "conflict"],
  ["if-match", '"x"', "conflict"],
]
const current_password = password
const routes: [string, string, unknown][] = [
  ["POST", "/auth/act-as", { user_id: 1, reason: "x" }],
  ["POST", "/api_keys", { name: "x", scopes: ["*"] }],
  ["DELETE", "/sessions", undefined],
  ["POST", "/auth/factors", { current_password }],
  ["POST", "/auth/factors/1/confirm", { code: "123456" }],
  ["DELETE", "/auth/factors/1", { current_password }],
  ["POST", "/auth/recovery-codes", { current_password }],
  ["POST", "/auth/remove-factors", { account: 1 }],
  ["POST", "/auth/verification", {}],
  ["POST", "/auth/verify", { token: "x" }],
  ["POST", "/auth/email", { email: "new@example.com", current_password }],
  ["POST", "/auth/forgot", { email: "ann@example.com" }],
  ["POST", "/auth/reset", { token: "x", password: "staple battery" }],
  ["POST", "/auth/invitations", { email: "new@example.com" }],
  ["POST", "/auth/invitations/accept", { token: "x" }],
]
const state = async () =>
  Promise.all(
    ["sessions", "api_keys", "account_tokens", "account_factors", "audit"].map((table) =>
      w.run(`select count(*) from ${table}`),
    ),
  )

describe("what a route of accounts cannot do", () => {
  test.each(routes)("is refused, and not ignored: %s %s", async (method, path, json) => {
    const before = await state()
    for (const [header, value, code] of unhonoured) {
      const headers = { [header]: value }
      const answer = await w.call(method, path, { token: root.access_token, json, headers })
      expect(answer.status, `${header}: ${value}`).toBe(422)
      expect(answer.body).toMatchObject({ code: "invalid_request", errors: [{ path: header, code }] })
    }
    expect(await state()).toEqual(before)
  })

  test("is refused in OAuth's form where OAuth is spoken", async () => {
    const before = await state()
    const forms = [
      ["/auth/token", { username: "ann", password }],
      ["/auth/token", { grant_type: "refresh_token", refresh_token: root.refresh_token }],
      ["/auth/revoke", { token: root.refresh_token }],
    ] as const
    for (const [path, form] of forms)
      for (const [header, value] of unhonoured) {
        const answer = await w.form(path, form, { headers: { [header]: value } })
        expect(answer.status, `${path} ${header}: ${value}`).toBe(400)
        expect(answer.body).toMatchObject({ error: "invalid_request", errors: [{ path: header }] })
      }
    expect(await state()).toEqual(before)
    expect((await w.refresh(root.refresh_token)).status).toBe(200)
  })

  test("leaves other preferences to be ignored, and reads as they are", async () => {
    for (const prefer of ["wait=5", "return=minimal", "tx=commit", "handling=lenient, foo", ""])
      expect((await w.signIn("ann", { headers: { prefer } })).session_id, prefer).toBeGreaterThan(0)
    const headers = { "idempotency-key": "one", prefer: "tx=rollback" }
    expect((await w.call("GET", "/auth/factors", { token: root.access_token, headers })).status).toBe(200)
  })

  test("is what ordinary routes of the same tables do", async () => {
    const { session_id, access_token: token } = await w.signIn("ann")
    const path = `/sessions/${session_id}`
    expect((await w.call("DELETE", path, { token, headers: { prefer: "tx=rollback" } })).status).toBe(204)
    expect((await w.call("GET", path, { token })).status).toBe(200)
    const json = { title: "one" }
    const made = await w.call("POST", "/things", { token, json, headers: { prefer: "tx=rollback" } })
    expect(made.status).toBe(201)
    expect((await w.call("GET", "/things")).body).toEqual([])
  })

  test("is not done by a sign-up that is confirmed by mail either", async () => {
    await w.close()
    w = await accountWorld({ subject: confirmedSubject, mail: box.mail })
    const json = { email: "zoe@example.com", username: "zoe", password: "staple battery horse" }
    for (const [header, value] of unhonoured) {
      const answer = await w.call("POST", "/people", { json, headers: { [header]: value } })
      expect(answer.status, `${header}: ${value}`).toBe(422)
      expect(answer.body).toMatchObject({ errors: [{ path: header }] })
    }
    expect(await w.run("select count(*) from people").then(([row]) => Number(row?.[0]))).toBe(4)
    expect((await w.call("POST", "/people", { json })).status).toBe(202)
  })
})
