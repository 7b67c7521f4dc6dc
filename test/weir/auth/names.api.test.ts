// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { execute, tablesOf } from "../support/scenarios.ts"
import { password, type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const signUp = (email: string, username: string): Promise<Answer> =>
  w.call("POST", "/users", { json: { email, username, password: "long enough" } })
const signIn = (username: string): Promise<Answer> =>
  w.call("POST", "/auth/token", {
    body: new URLSearchParams({ username, password }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  })
const errorsOf = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => [path, code])

describe("a user name", () => {
  test("is unique whatever its case, and keeps its own", async () => {
    const json = (username: string, i: number) => ({
      email: `n${i}@example.com`,
      username,
      password: "long enough",
    })
    for (const answer of [
      await signUp("new@example.com", "ANN"),
      await w.call("POST", "/users", { json: ["Zoe", "zoE"].map(json) }),
      await w.call("PATCH", "/users/2", { token: w.bob.token, json: { username: "aNn" } }),
    ]) {
      expect(answer.status, answer.text).toBe(409)
      expect(errorsOf(answer)?.[0], answer.text).toEqual([expect.stringMatching(/^(1\.)?username$/), "taken"])
    }
    const made = await signUp("new@example.com", "Zoe_S")
    expect([made.status, made.body]).toMatchObject([201, { username: "Zoe_S" }])
    const own = await w.call("PATCH", "/users/1", { token: w.ann.token, json: { username: "Ann" } })
    expect([own.status, own.body]).toMatchObject([200, { username: "Ann" }])
  })

  test("that races with itself in another case is made once", async () => {
    const spellings = ["zoe_s", "ZOE_S", "Zoe_S", "zOE_s"]
    const answers = await Promise.all(spellings.map((name, i) => signUp(`z${i}@example.com`, name)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
  })

  test("signs in whatever its case", async () => {
    for (const name of ["ann", "ANN", " Ann "]) expect((await signIn(name)).status, name).toBe(200)
    expect((await signIn("an n")).status).toBe(400)
  })

  test("holds nothing that nobody sees, and no variants of letters", async () => {
    const odd = [
      "zoe\u200b",
      "\u202ezoe",
      "zo\u00ade",
      "zo\ufe0fe",
      "zoe\u{e0041}",
      "zoe\u{e0100}",
      "ｚｏｅ",
      "ﬁne",
    ]
    for (const name of [...odd, "zo\u2028e", "zo\u0007e", "zo\u2066e", "zo e", "zo\u3164e"]) {
      const answer = await signUp("zoe@example.com", name)
      expect(answer.status, JSON.stringify(name)).toBe(422)
      expect(errorsOf(answer)?.[0]?.[0]).toBe("username")
    }
  })
})

describe("an email", () => {
  test("has one spelling: NFC, lower case, its domain in ASCII", async () => {
    const made = await signUp("Zoe\u0308@B\u00fcCHER.Example", "zoe")
    expect(made.body, made.text).toMatchObject({ email: "zoë@xn--bcher-kva.example" })
    for (const same of ["zoë@bücher.example", "ZOË@xn--bcher-kva.example", "zoë@bu\u0308cher。example"]) {
      const again = await signUp(same, "other")
      expect([again.status, errorsOf(again)], same).toEqual([409, [["email", "taken"]]])
    }
    await execute(w, "update users set hashed_password = (select hashed_password from users where id = 1)")
    for (const name of ["zoë@bücher.example", "Zoe\u0308@XN--BCHER-KVA.example"])
      expect((await signIn(name)).status, name).toBe(200)
  })

  test("that was stored before it had one spelling still signs in", async () => {
    await execute(w, "update users set email = 'ann@bücher.example' where id = 1")
    expect((await signIn("Ann@Bücher.example")).status).toBe(200)
  })

  test.each([
    "zo\u200be@example.com",
    "zoe@exam\u202eple.com",
    "zo\u00ade@example.com",
    "zoe\u{e0061}@example.com",
    "zoe@exa_mple.com",
    "zoe@-example.com",
    "zoe@127.0.0.1",
    "zoe@1.2",
    "zoe@xn--.example",
    "zoe@bücher.example/path",
    "zoe@bücher.example:80",
    "zoe@b%C3%BCcher.example",
    `zoe@${"x".repeat(64)}.example`,
  ])("%j is none", async (email) => {
    const answer = await signUp(email, "zoe")
    expect(answer.status, answer.text).toBe(422)
    expect(errorsOf(answer)?.[0]?.[0]).toBe("email")
    expect(Object.keys((await tablesOf(w)).users)).toHaveLength(3)
  })
})
