import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { hotp, stepAt } from "../../../src/weir/auth/totp.ts"
import { fromBase32 } from "../../../src/weir/lib/base32.ts"
import type { Accounts } from "../../../src/weir/resource/accounts.ts"
import { type AccountWorld, accountWorld, password, type Tokens } from "../support/account-world.ts"
import { type Mailbox, mailbox } from "../support/mailbox.ts"
import { api } from "./api/api.ts"

let w: AccountWorld
let box: Mailbox
let ann: Tokens
let root: Tokens
/** As many as the database has connections for: in workerd each request opens its own. */
const racers = () => (w.driver === "workerd-postgres" ? 6 : 20)
beforeEach(async () => {
  box = mailbox()
  w = await accountWorld({ mail: box.mail })
  ann = await w.signIn("ann")
  root = await w.signIn("root")
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

const patch = (token: string, id: number, json: object) => w.call("PATCH", `/people/${id}`, { token, json })
const post = (path: string, json: unknown, token?: string) => w.call("POST", path, { json, token })
/** The events but for sign-ins. */
const events = async () => (await w.audit()).filter(({ event }) => event !== "sign_in")
const current_password = password
const made = { email: "zoe@example.com", username: "zoe", password: "staple battery horse" }

describe("the audit log", () => {
  test("tells of an address that its owner or an admin has changed, and of none that is the same", async () => {
    const token = ann.access_token
    expect((await patch(token, 1, { email: "ann@example.com", current_password })).status).toBe(200)
    expect((await patch(token, 1, { email: "new@example.com" })).status).toBe(422)
    expect(await events()).toEqual([])
    expect((await patch(token, 1, { email: "new@example.com", current_password })).status).toBe(200)
    expect((await patch(root.access_token, 2, { email: "his@example.com" })).status).toBe(200)
    expect(await events()).toEqual([
      { event: "email_changed", account: "1", actor: "1" },
      { event: "email_changed", account: "2", actor: "3" },
    ])
  })

  test("tells of an address that an admin says is verified, or is not", async () => {
    const set = (verified_at: string | null) => patch(root.access_token, 1, { verified_at })
    expect((await set("2026-02-02T00:00:00.000Z")).status).toBe(200)
    expect(await events()).toEqual([])
    expect((await patch(ann.access_token, 1, { verified_at: null })).status).toBe(403)
    expect((await set(null)).status).toBe(200)
    expect((await set("2026-02-02T00:00:00.000Z")).status).toBe(200)
    expect(await events()).toEqual([
      { event: "unverified", account: "1", actor: "3" },
      { event: "verified", account: "1", actor: "3" },
    ])
  })

  test("tells of accounts that an admin makes, with their roles, and of no sign-up", async () => {
    expect((await post("/people", { ...made, role: "editor" }, ann.access_token)).status).toBe(403)
    expect((await post("/people", { ...made, username: "ann" }, root.access_token)).status).toBe(409)
    expect((await post("/people", { ...made, email: "y@example.com", username: "yan" })).status).toBe(201)
    expect(await events()).toEqual([])
    expect((await post("/people", { ...made, role: "editor" }, root.access_token)).status).toBe(201)
    const two = ["one", "two"].map((username) => ({ ...made, username, email: `${username}@example.com` }))
    expect((await post("/people", [{ ...two[0], role: "admin" }, two[1]], root.access_token)).status).toBe(
      201,
    )
    const ids = Object.fromEntries(
      (await w.run("select username, id from people")).map(([name, id]) => [name, String(id)]),
    )
    expect(await events()).toEqual([
      { event: "account_made", account: ids.zoe, actor: "3", role: "editor" },
      { event: "account_made", account: ids.one, actor: "3", role: "admin" },
      { event: "account_made", account: ids.two, actor: "3", role: "user" },
    ])
  })

  test("tells of an account that is made by an invitation, once", async () => {
    await post("/auth/invitations", { email: made.email, role: "editor" }, root.access_token)
    const token = await box.token(made.email)
    const { email: _, ...rest } = made
    const accept = (i: number) =>
      post("/auth/invitations/accept", { token, ...rest, username: `zoe${i}`, password: "staple horse 77" })
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => accept(i)))
    const id = answers.flatMap(({ status, body }) => (status === 201 ? [(body as { id: number }).id] : []))
    expect(id).toHaveLength(1)
    const account = String(id[0])
    expect((await events()).slice(1)).toEqual([
      { event: "account_made", account, actor: account, by: "invitation", inviter: 3, role: "editor" },
    ])
  })

  test("tells what a link of a mail has changed: a reset verifies the address as well", async () => {
    await w.run("update people set verified_at = null where id = 1")
    for (const word of ["staple battery one", "staple battery two"]) {
      await post("/auth/forgot", { email: "ann@example.com" })
      const token = await box.token("ann@example.com")
      expect((await post("/auth/reset", { token, password: word })).status).toBe(204)
      await box.next("ann@example.com")
    }
    const line = { account: "1", actor: "1", by: "link" }
    expect(await events()).toEqual([
      { event: "password_changed", ...line },
      { event: "verified", ...line },
      { event: "password_changed", ...line },
    ])
  })

  test("tells which key and which session was deleted, and that an account was", async () => {
    const key = await post("/api_keys", { name: "backup", scopes: ["*"] }, ann.access_token)
    const { id } = key.body as { id: number }
    const other = await w.signIn("ann")
    const remove = (path: string, token: string, headers = {}) => w.call("DELETE", path, { token, headers })
    const bob = await w.signIn("bob")
    expect((await remove(`/api_keys/${id}`, bob.access_token)).status).toBe(404)
    expect((await remove(`/api_keys/${id}`, root.access_token)).status).toBe(204)
    expect((await remove(`/sessions/${other.session_id}`, ann.access_token)).status).toBe(204)
    const headers = { "x-current-password": "correct%20horse" }
    expect((await remove("/people/2", bob.access_token, headers)).status).toBe(204)
    expect((await events()).slice(1)).toEqual([
      { event: "key_deleted", account: "1", actor: "3", key: id, name: "backup" },
      { event: "sign_out", account: "1", actor: "1", session: other.session_id },
      { event: "account_deleted", account: "2", actor: "2" },
    ])
  })
})

test("the audit log tells of the admin that a setting makes, once", async () => {
  // Not before the dialect is chosen.
  const { ensureFirstAdmin } = await import("../../../src/weir/auth/first-admin.ts")
  await w.run("update people set role = 'user'")
  for (let i = 0; i < 2; i++) {
    const client = w.database.connect()
    await ensureFirstAdmin(api.accounts as Accounts, client, {
      email: "Ann@Example.com",
      password: "first of all",
    })
    await client.close?.()
  }
  expect(await events()).toEqual([
    { event: "role_changed", account: "1", actor: null, role: "admin", by: "FIRST_ADMIN_EMAIL" },
  ])
})

describe("of changes at once, the audit log tells once", () => {
  const atOnce = <T>(work: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: racers() }, (_, i) => work(i)))
  const lines = async (name: string) => (await w.audit()).filter(({ event }) => event === name)
  const time = "2026-01-01T00:00:00.000Z"

  test.each<[string, object]>([
    ["disabled", { disabled_at: time }],
    ["role_changed", { role: "editor" }],
    ["unverified", { verified_at: null }],
    ["email_changed", { email: "new@example.com" }],
  ])("%s", async (event, json) => {
    const answers = await atOnce(() => patch(root.access_token, 1, json))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await lines(event)).toHaveLength(1)
  })

  test("a key that is deleted, a session that is, and an account", async () => {
    const key = await post("/api_keys", { name: "x", scopes: ["*"] }, ann.access_token)
    const { id } = key.body as { id: number }
    const other = await w.signIn("ann")
    const bob = await w.signIn("bob")
    const headers = { "x-current-password": "correct%20horse" }
    const remove = (path: string, token: string) => w.call("DELETE", path, { token, headers })
    for (const [path, token, event] of [
      [`/api_keys/${id}`, ann.access_token, "key_deleted"],
      [`/sessions/${other.session_id}`, ann.access_token, "sign_out"],
      ["/people/2", root.access_token, "account_deleted"],
    ] as const) {
      const answers = await atOnce(() => remove(path, token))
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
      expect(await lines(event)).toHaveLength(1)
    }
    expect(bob.session_id).toBeGreaterThan(0)
  })

  test("a sign-out, of one session and of all others, and a token that is used again", async () => {
    const one = await w.signIn("bob")
    await atOnce(() => w.form("/auth/revoke", { token: one.refresh_token }))
    expect(await lines("sign_out")).toHaveLength(1)
    for (let i = 0; i < 3; i++) await w.signIn("bob")
    const own = await w.signIn("bob")
    await atOnce(() => w.call("DELETE", "/sessions", { token: own.access_token }))
    expect(await lines("sign_out")).toHaveLength(2)
    const next = await w.refresh(own.refresh_token)
    const last = await w.refresh((next.body as Tokens).refresh_token)
    expect(last.status).toBe(200)
    await atOnce(() => w.refresh(own.refresh_token))
    expect(await lines("refresh_reused")).toHaveLength(1)
  })

  test("an app that is added, and one that is removed", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] })
    const begun = await post("/auth/factors", { current_password }, ann.access_token)
    const { id, secret } = begun.body as { id: number; secret: string }
    const code = hotp(fromBase32(secret) as Uint8Array, stepAt(Date.now()))
    const confirmed = await atOnce(() => post(`/auth/factors/${id}/confirm`, { code }, ann.access_token))
    expect(confirmed.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await lines("factor_added")).toHaveLength(1)
    await atOnce(() =>
      w.call("DELETE", `/auth/factors/${id}`, { token: ann.access_token, json: { current_password } }),
    )
    expect(await lines("factor_removed")).toHaveLength(1)
  })

  test("and of a sign-in that has begun no session, it tells nothing", async () => {
    const before = (await lines("sign_in")).length
    const answers = await atOnce((i) =>
      i === 0
        ? patch(ann.access_token, 1, { password: "another password", current_password })
        : w.form("/auth/token", { username: "ann", password }),
    )
    const begun = answers.slice(1).filter(({ status }) => status === 200)
    expect(await lines("sign_in")).toHaveLength(before + begun.length)
  })
})
