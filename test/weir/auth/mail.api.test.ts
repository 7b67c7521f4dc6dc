import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { ClientLimits } from "../../../src/weir/limits/client-limits.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"
import { type AccountWorld, accountWorld, password } from "../support/account-world.ts"
import { type Mailbox, mailbox } from "../support/mailbox.ts"

let w: AccountWorld
/** As many as the database has connections for: in workerd each request opens its own. */
const racers = ({ driver }: AccountWorld) => (driver === "workerd-postgres" ? 6 : 20)
let box: Mailbox
beforeEach(async () => {
  box = mailbox()
  w = await accountWorld({ mail: box.mail })
})
afterEach(() => w.close())

const post = (path: string, json: unknown, token?: string) => w.call("POST", path, { json, token })
const fresh = "staple battery horse"
const forgot = (email: string) => post("/auth/forgot", { email })
const reset = (token: string, password = fresh) => post("/auth/reset", { token, password })
const signInWith = (username: string, password: string) => w.form("/auth/token", { username, password })
const unverify = () => w.run("update people set verified_at = null where id = 1")
const verifiedAt = async (id = 1) => (await w.run(`select verified_at from people where id = ${id}`))[0]?.[0]
const count = async (rows: string) => Number((await w.run(`select count(*) from ${rows}`))[0]?.[0])
const expire = () =>
  w.run(
    w.database.dialect === "postgres"
      ? "update account_tokens set expires_at = now()"
      : "update account_tokens set expires_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
  )

describe("a forgotten password", () => {
  test("is replaced by the link of a mail, which is used once, and all sessions end", async () => {
    await unverify()
    const before = await w.signIn("ann")
    expect((await forgot("Ann@Example.com")).status).toBe(202)
    const token = await box.token("ann@example.com")
    expect((await reset(token)).status).toBe(204)
    expect((await w.call("GET", "/people/me", { token: before.access_token })).status).toBe(401)
    expect((await w.refresh(before.refresh_token)).status).toBe(400)
    expect((await signInWith("ann", password)).status).toBe(400)
    expect((await signInWith("ann", fresh)).status).toBe(200)
    expect(await verifiedAt()).not.toBeNull()
    const note = await box.next("ann@example.com")
    expect(note.subject).toBe("Accounts: Your password was changed")
    expect(await w.audit()).toContainEqual({
      event: "password_changed",
      account: "1",
      actor: "1",
      by: "link",
    })
    const again = await reset(token)
    expect(again.status).toBe(400)
    expect(again.body).toMatchObject({ code: "invalid_link" })
    expect(await count("sessions")).toBe(1)
  })

  test("is looked up by no look at the link, and the token is stored as a digest alone", async () => {
    await forgot("ann@example.com")
    const token = await box.token("ann@example.com")
    expect((await w.call("GET", `/auth/reset?token=${token}`)).status).toBe(405)
    expect(JSON.stringify(await w.run("select * from account_tokens"))).not.toContain(token)
    expect((await reset(token)).status).toBe(204)
  })

  test("is set by one of twenty who use the link at once", async () => {
    await forgot("ann@example.com")
    const token = await box.token("ann@example.com")
    const words = Array.from({ length: racers(w) }, (_, i) => `staple battery ${i}`)
    const answers = await Promise.all(words.map((word) => reset(token, word)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(racers(w) - 1).fill(400)])
    const winner = words[answers.findIndex(({ status }) => status === 204)] as string
    expect((await signInWith("ann", winner)).status).toBe(200)
    const told = (await w.audit()).filter(({ event }) => event === "password_changed")
    expect(told).toHaveLength(1)
  })

  test("needs a password as a sign-up does, and a refused one does not use the link up", async () => {
    await forgot("ann@example.com")
    const token = await box.token("ann@example.com")
    expect((await reset(token, "short")).body).toMatchObject({ errors: [{ path: "password" }] })
    expect((await reset(token, "password123")).body).toMatchObject({
      errors: [{ path: "password", code: "common_password" }],
    })
    expect((await reset(token, "here comes ann")).body).toMatchObject({
      errors: [{ path: "password", code: "holds_name" }],
    })
    expect((await reset(token)).status).toBe(204)
  })

  test("is not set by a link that has expired, was replaced, or is for something else", async () => {
    await forgot("ann@example.com")
    const first = await box.token("ann@example.com")
    await forgot("ann@example.com")
    const second = await box.token("ann@example.com")
    expect((await reset(first)).status).toBe(400)
    expect((await post("/auth/verify", { token: second })).status).toBe(400)
    expect((await post("/auth/invitations/accept", { token: second })).status).toBe(400)
    await expire()
    expect((await reset(second)).status).toBe(400)
    expect((await reset("A".repeat(43))).status).toBe(400)
    expect((await signInWith("ann", password)).status).toBe(200)
  })

  test("deletes links that have expired with the next one", async () => {
    await forgot("ann@example.com")
    await box.next("ann@example.com")
    await expire()
    await forgot("bob@example.com")
    await box.next("bob@example.com")
    expect(await count("account_tokens")).toBe(1)
    expect(await count("account_tokens where user_id = 2")).toBe(1)
  })

  test.each([
    ["its password", { password: "another horse", current_password: password }],
    ["its address", { email: "ann@elsewhere.example", current_password: password }],
  ])("is not set by a link from before the account changed %s", async (_, patch) => {
    await forgot("ann@example.com")
    const token = await box.token("ann@example.com")
    const { access_token } = await w.signIn("ann")
    expect((await w.call("PATCH", "/people/me", { json: patch, token: access_token })).status).toBe(200)
    expect((await reset(token)).status).toBe(400)
  })

  test("is not set for an account that is disabled meanwhile", async () => {
    await forgot("ann@example.com")
    const token = await box.token("ann@example.com")
    await w.run("update people set disabled_at = created_at where id = 1")
    expect((await reset(token)).status).toBe(400)
  })

  test("can be asked for again where its mail was not sent, which the log tells and no answer", async () => {
    box.fails = true
    const sent = await forgot("ann@example.com")
    expect(sent.status).toBe(202)
    const lines = () => w.logs.filter(({ msg }) => msg === "A mail was not sent")
    await expect.poll(lines).toHaveLength(1)
    expect(lines()[0]).toMatchObject({
      level: "error",
      mail: "reset",
      request_id: sent.headers.get("x-request-id"),
      error: { message: "The mail service is away" },
    })
    box.fails = false
    await forgot("ann@example.com")
    expect((await reset(await box.token("ann@example.com"))).status).toBe(204)
    expect(JSON.stringify(w.logs)).not.toMatch(/token=/)
  })
})

describe("a verified address", () => {
  test("is verified by its mail, which the viewer asks for, or whoever names the address", async () => {
    await unverify()
    const { access_token } = await w.signIn("ann")
    expect((await post("/auth/verification", {}, access_token)).status).toBe(202)
    const first = await box.token("ann@example.com")
    expect((await post("/auth/verification", { email: "ann@example.com" })).status).toBe(202)
    const second = await box.token("ann@example.com")
    expect((await post("/auth/verify", { token: first })).status).toBe(400)
    expect((await post("/auth/verify", { token: second })).status).toBe(204)
    expect(await verifiedAt()).not.toBeNull()
    expect((await post("/auth/verify", { token: second })).status).toBe(400)
    expect(await w.audit()).toContainEqual({
      event: "verified",
      account: "1",
      actor: "1",
      by: "link",
    })
    expect((await post("/auth/verification", {})).status).toBe(401)
    expect((await w.call("GET", "/people/me", { token: access_token })).status).toBe(200)
  })

  test("is asked for by its viewer in person, and by no key", async () => {
    await unverify()
    const { access_token } = await w.signIn("ann")
    const made = await w.call("POST", "/api_keys", {
      token: access_token,
      json: { name: "x", scopes: ["things:read"] },
    })
    const { key } = made.body as { key: string }
    expect((await post("/auth/verification", {}, key)).body).toMatchObject({ status: 403, code: "forbidden" })
    expect((await post("/auth/verification", {}, access_token)).status).toBe(202)
    await box.token("ann@example.com")
  })

  test("is told to the audit log once, by twenty at once", async () => {
    await unverify()
    await post("/auth/verification", { email: "ann@example.com" })
    const token = await box.token("ann@example.com")
    const answers = await Promise.all(
      Array.from({ length: racers(w) }, () => post("/auth/verify", { token })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(racers(w) - 1).fill(400)])
    expect((await w.audit()).filter(({ event }) => event === "verified")).toHaveLength(1)
  })

  test("is so no more where another is set by hand, and stays so where it is set as it is", async () => {
    const { access_token } = await w.signIn("ann")
    const patch = (email: string) =>
      w.call("PATCH", "/people/me", { json: { email, current_password: password }, token: access_token })
    expect((await patch("ann@example.com")).body).toMatchObject({ verified_at: expect.any(String) })
    expect((await patch("ann@elsewhere.example")).body).toMatchObject({ verified_at: null })
  })
})

describe("a change of address", () => {
  const change = (token: string, email: string, current_password = password) =>
    post("/auth/email", { email, current_password }, token)

  test("is made by the link to the new one, with a note to the old one", async () => {
    const { access_token } = await w.signIn("ann")
    expect((await change(access_token, "Ann@Elsewhere.example")).status).toBe(202)
    expect((await box.next("ann@example.com")).subject).toBe("Accounts: Your address is to change")
    const token = await box.token("ann@elsewhere.example")
    expect((await w.call("GET", "/people/me", { token: access_token })).body).toMatchObject({
      email: "ann@example.com",
    })
    expect((await reset(token)).status).toBe(400)
    expect((await post("/auth/verify", { token })).status).toBe(204)
    const { body } = await w.call("GET", "/people/me", { token: access_token })
    expect(body).toMatchObject({ email: "ann@elsewhere.example", verified_at: expect.any(String) })
    expect(await w.audit()).toContainEqual({
      event: "email_changed",
      account: "1",
      actor: "1",
      by: "link",
    })
    expect((await post("/auth/verify", { token })).status).toBe(400)
  })

  test("needs the present password, and a session", async () => {
    const { access_token } = await w.signIn("ann")
    const wrong = await change(access_token, "ann@elsewhere.example", "wrong horse")
    expect(wrong.status).toBe(422)
    expect(wrong.body).toMatchObject({ errors: [{ path: "current_password", code: "wrong_secret" }] })
    expect((await post("/auth/email", { email: "a@example.com", current_password: password })).status).toBe(
      401,
    )
  })

  test("looks the same for an address that is taken, and is a 409 for who opens its link", async () => {
    const { access_token } = await w.signIn("ann")
    const free = await change(access_token, "ann@elsewhere.example")
    await box.next("ann@elsewhere.example")
    const taken = await change(access_token, "bob@example.com")
    expect([taken.status, taken.text]).toEqual([free.status, free.text])
    const answer = await post("/auth/verify", { token: await box.token("bob@example.com") })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({ code: "duplicate", errors: [{ path: "email", code: "taken" }] })
    expect(await w.run("select email from people where id = 1")).toEqual([["ann@example.com"]])
  })

  test("ends with a new password", async () => {
    const { access_token } = await w.signIn("ann")
    await change(access_token, "ann@elsewhere.example")
    const token = await box.token("ann@elsewhere.example")
    await forgot("ann@example.com")
    await box.next("ann@example.com")
    await reset(await box.token("ann@example.com"))
    expect((await post("/auth/verify", { token })).status).toBe(400)
  })
})

describe("an invitation", () => {
  const invite = async (json: unknown, username = "root") =>
    post("/auth/invitations", json, (await w.signIn(username)).access_token)
  const accept = (token: string, more: Record<string, unknown> = {}) =>
    post("/auth/invitations/accept", { token, username: "zoe", password: fresh, ...more })

  test("makes an account of its address and role, which is verified", async () => {
    expect((await invite({ email: "zoe@example.com", role: "editor" })).status).toBe(202)
    const token = await box.token("zoe@example.com")
    const answer = await accept(token)
    expect(answer.status, answer.text).toBe(201)
    expect(answer.headers.get("location")).toBe("/people/5")
    expect(answer.body).toMatchObject({
      id: 5,
      email: "zoe@example.com",
      username: "zoe",
      role: "editor",
      verified_at: expect.any(String),
    })
    expect((await signInWith("zoe", fresh)).status).toBe(200)
    expect((await accept(token, { username: "zoe2" })).status).toBe(400)
    expect(await w.audit()).toContainEqual({
      event: "invited",
      account: null,
      actor: "3",
      email: "zoe@example.com",
      role: "editor",
    })
  })

  test("is an admin's to send, and names a role that there is", async () => {
    expect((await invite({ email: "zoe@example.com" }, "ann")).status).toBe(403)
    expect((await post("/auth/invitations", { email: "zoe@example.com" })).status).toBe(401)
    expect((await invite({ email: "zoe@example.com", role: "king" })).status).toBe(422)
  })

  test("takes what a sign-up takes, and neither address nor role", async () => {
    await invite({ email: "zoe@example.com" })
    const token = await box.token("zoe@example.com")
    expect((await accept(token, { email: "eve@example.com" })).status).toBe(422)
    expect((await accept(token, { role: "admin" })).status).toBe(403)
    expect((await accept(token, { password: "here comes zoe" })).body).toMatchObject({
      errors: [{ path: "password", code: "holds_name" }],
    })
    const answer = await accept(token, { username: "ann" })
    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({ errors: [{ path: "username" }] })
    expect((await accept(token)).body).toMatchObject({ role: "user" })
  })

  test("is accepted by one of twenty at once", async () => {
    await invite({ email: "zoe@example.com" })
    const token = await box.token("zoe@example.com")
    const answers = await Promise.all(
      Array.from({ length: racers(w) }, (_, i) =>
        accept(token, { username: `zoe${i}`, password: "staple horse 77" }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.every(({ status }) => [201, 400, 409].includes(status))).toBe(true)
    expect(await count("people")).toBe(5)
  })

  test("replaces the one before, and holds no more once its sender is no admin", async () => {
    await invite({ email: "zoe@example.com", role: "admin" })
    const first = await box.token("zoe@example.com")
    await invite({ email: "zoe@example.com" })
    const second = await box.token("zoe@example.com")
    expect((await accept(first)).status).toBe(400)
    await w.run("update people set role = 'user' where id = 3")
    expect((await accept(second)).status).toBe(400)
    expect(await count("people")).toBe(4)
  })
})

describe("who has an account", () => {
  /** The statements of what runs while `work` does and its mail is made. */
  async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
    const texts: string[] = []
    const { database } = w
    const connect = database.connect.bind(database)
    const spied = {
      connect: (...given: Parameters<typeof connect>) => {
        const client = connect(...given)
        const { query, batch } = client
        client.query = (statement) => {
          texts.push(statement.text)
          return query.call(client, statement)
        }
        client.batch = (statements) => {
          texts.push(...statements.map(({ text }) => text))
          return batch.call(client, statements)
        }
        return client
      },
    }
    database.connect = spied.connect
    try {
      await work()
      // The table of tokens is swept last.
      await expect.poll(() => texts.filter((text) => /limit 100/.test(text))).not.toEqual([])
    } finally {
      database.connect = connect
    }
    return texts
  }

  test.each(["/auth/forgot", "/auth/verification"])(
    "is told by nothing in the answer of %s",
    async (path) => {
      await unverify()
      const emails = ["ann@example.com", "nobody@example.com", "bob@example.com"]
      const answers = await Promise.all(emails.map((email) => post(path, { email })))
      const seen = answers.map(({ status, text, headers }) => {
        const all = Object.fromEntries(headers)
        for (const name of ["x-request-id", "server-timing"]) delete all[name]
        return { status, text, all }
      })
      expect(seen[0]?.status).toBe(202)
      expect(seen[1]).toEqual(seen[0])
      expect(seen[2]).toEqual(seen[0])
    },
  )

  test.each(["/auth/forgot", "/auth/verification"])("is told by no statement of %s", async (path) => {
    await unverify()
    const run = (email: string) => statementsOf(() => post(path, { email }))
    const known = await run("ann@example.com")
    const unknown = await run("nobody@example.com")
    expect(known.length).toBeGreaterThan(3)
    expect(unknown).toEqual(known)
    expect(await run("ann@example.com")).toEqual(known)
    expect(await run("nobody@example.com")).toEqual(known)
    expect(await count("account_tokens where user_id is null")).toBe(1)
  })
})

describe("mail that is asked for", () => {
  const amounts = { signInPerAccount: 0, signInPerAddress: 0, signUpPerAddress: 0, requests: 0 }
  beforeEach(async () => {
    await w.close()
    const limits = new ClientLimits({ ...amounts, mailPerAccount: 2, mailPerAddress: 5 }, new MemoryLimiter())
    w = await accountWorld({ mail: box.mail, limits, addressOf: (c) => c.req.header("x-test-address") })
  })
  const from = (address: string, path: string, json: unknown) =>
    w.call("POST", path, { json, headers: { "x-test-address": address } })
  const statuses = async (times: number, ask: () => Promise<{ status: number }>) => {
    const all: number[] = []
    for (let i = 0; i < times; i++) all.push((await ask()).status)
    return all
  }

  test("is limited by account and address, known or not, and no owner is locked out by others", async () => {
    for (const email of ["ann@example.com", "nobody@example.com"])
      expect(await statuses(3, () => from("192.0.2.1", "/auth/forgot", { email }))).toEqual([202, 202, 429])
    expect((await from("192.0.2.1", "/auth/verification", { email: "bob@example.com" })).status).toBe(429)
    expect((await from("192.0.2.2", "/auth/forgot", { email: "ann@example.com" })).status).toBe(202)
  })

  test("has links of which one address tries as many", async () => {
    const token = "A".repeat(43)
    for (const path of ["/auth/verify", "/auth/invitations/accept"])
      expect(await statuses(2, () => from("192.0.2.1", path, { token }))).toEqual([400, 400])
    const json = { token, password: fresh }
    expect(await statuses(2, () => from("192.0.2.1", "/auth/reset", json))).toEqual([400, 429])
  })
})
