import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type AccountWorld, accountWorld, confirmedSubject, password } from "../support/account-world.ts"
import { type Mailbox, mailbox } from "../support/mailbox.ts"

let w: AccountWorld
/** As many as the database has connections for: in workerd each request opens its own. */
const racers = ({ driver }: AccountWorld) => (driver === "workerd-postgres" ? 6 : 20)
let box: Mailbox
beforeEach(async () => {
  box = mailbox()
  w = await accountWorld({ subject: confirmedSubject, mail: box.mail })
})
afterEach(() => w.close())

const post = (path: string, json: unknown, token?: string) => w.call("POST", path, { json, token })
const zoe = { email: "zoe@example.com", username: "zoe", password: "staple battery horse" }
const signUp = (more: Record<string, unknown> = {}, token?: string) =>
  post("/people", { ...zoe, ...more }, token)
const signInAs = (username: string, word: string) => w.form("/auth/token", { username, password: word })
const people = async () => Number((await w.run("select count(*) from people"))[0]?.[0])

describe("a sign-up that is confirmed", () => {
  test("is answered by 202, and signs in once its address is verified", async () => {
    const answer = await signUp()
    expect(answer.status, answer.text).toBe(202)
    expect(answer.body).toEqual({ message: "If the address can get this mail, it is on its way" })
    expect(answer.headers.get("location")).toBeNull()
    const early = await signInAs("zoe", zoe.password)
    expect(early.status).toBe(403)
    expect(early.body).toMatchObject({ code: "unverified", error: "invalid_grant" })
    const token = await box.token("zoe@example.com")
    expect((await post("/auth/verify", { token })).status).toBe(204)
    expect((await signInAs("zoe", zoe.password)).status).toBe(200)
  })

  test("is told to be unverified by a right password alone", async () => {
    await signUp()
    const wrong = await signInAs("zoe", "wrong horse")
    const unknown = await signInAs("nobody", "wrong horse")
    const plain = ({ status, body }: typeof wrong) => ({ status, ...(body as object), request_id: "" })
    expect(plain(wrong)).toEqual(plain(unknown))
    expect(wrong.status).toBe(400)
  })

  test("looks the same for an address that has an account, whose owner gets a note, and nothing changes", async () => {
    const fresh = await signUp()
    const known = await signUp({ email: "Ann@example.com", username: "zoe2" })
    const seen = ({ status, text, headers }: typeof fresh) => {
      const all = Object.fromEntries(headers)
      for (const name of ["x-request-id", "server-timing"]) delete all[name]
      return { status, text, all }
    }
    expect(seen(known)).toEqual(seen(fresh))
    const note = await box.next("ann@example.com")
    expect(note.subject).toBe("Confirmed accounts: You have an account already")
    expect(note.text).not.toContain("https://")
    expect(await people()).toBe(5)
    expect((await signInAs("ann", password)).status).toBe(200)
    expect((await signInAs("ann@example.com", zoe.password)).status).toBe(400)
  })

  test("does not verify what another has made with the address before", async () => {
    await signUp({ password: "thief of horses" })
    await box.next("zoe@example.com")
    await signUp({ username: "zoe2" })
    expect((await box.next("zoe@example.com")).text).not.toContain("https://")
    await post("/auth/forgot", { email: "zoe@example.com" })
    const token = await box.token("zoe@example.com")
    expect((await post("/auth/reset", { token, password: zoe.password })).status).toBe(204)
    expect((await signInAs("zoe", "thief of horses")).status).toBe(400)
    expect((await signInAs("zoe", zoe.password)).status).toBe(200)
  })

  test("is a 409 for a user name that is taken, whatever its address", async () => {
    for (const email of ["zoe@example.com", "ann@example.com"]) {
      const answer = await signUp({ email, username: "BOB" })
      expect(answer.status).toBe(409)
      expect(answer.body).toMatchObject({
        code: "duplicate",
        detail: "Another of people has this username",
        errors: [{ path: "username", message: "is already taken", code: "taken" }],
      })
    }
    expect(await people()).toBe(4)
    expect(box.mails).toEqual([])
  })

  test("is one account of twenty with one address at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: racers(w) }, (_, i) => signUp({ username: `zoe${i}` })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(racers(w)).fill(202))
    expect(await people()).toBe(5)
    await expect.poll(() => box.mails).toHaveLength(racers(w))
    expect(box.mails.filter(({ text }) => text.includes("https://"))).toHaveLength(1)
  })

  test("is checked as any", async () => {
    expect((await signUp({ password: "password123" })).body).toMatchObject({
      errors: [{ path: "password", code: "common_password" }],
    })
    expect((await signUp({ email: "zoe" })).status).toBe(422)
    expect((await signUp({ role: "admin" })).status).toBe(403)
    expect((await signUp({ verified_at: "2026-01-01T00:00:00Z" })).status).toBe(403)
    expect((await post("/people?include=things", zoe)).status).toBe(422)
    expect((await post("/people", [zoe])).status).toBe(422)
    expect(await people()).toBe(4)
  })

  test("has no other way in, for who is signed in neither, and an admin creates as ever", async () => {
    const { access_token } = await w.signIn("ann")
    for (const token of [undefined, access_token])
      expect((await post("/people/batch", [zoe], token)).status).toBe(403)
    expect((await signUp({}, access_token)).status).toBe(202)
    expect((await signUp({ email: "bob@example.com", username: "zed" }, access_token)).status).toBe(202)
    const admin = await w.signIn("root")
    const made = await signUp({ email: "yan@example.com", username: "yan" }, admin.access_token)
    expect(made.status).toBe(201)
    expect((await signInAs("yan", zoe.password)).status).toBe(403)
  })

  test("is confirmed for another address, too, which a patch cannot set", async () => {
    const { access_token } = await w.signIn("ann")
    const json = { email: "bob@example.com", current_password: password }
    const answer = await w.call("PATCH", "/people/me", { json, token: access_token })
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({ errors: [{ path: "email", code: "forbidden_field" }] })
    const moved = await post("/auth/email", { ...json, email: "ann@new.example" }, access_token)
    expect(moved.status).toBe(202)
    expect((await post("/auth/verify", { token: await box.token("ann@new.example") })).status).toBe(204)
    expect((await signInAs("ann@new.example", password)).status).toBe(200)
  })

  test("has links as the API has them", async () => {
    await post("/auth/forgot", { email: "ann@example.com" })
    expect((await box.next("ann@example.com")).text).toMatch(
      /\nhttps:\/\/app\.example\.com\/new-password#[\w-]{43}\n/,
    )
  })
})
