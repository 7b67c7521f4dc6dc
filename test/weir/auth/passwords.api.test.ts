// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { hashPassword, verifyPassword } from "../../../src/weir/auth/password.ts"
import { checker } from "../../../src/weir/cli/import/rows.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { admin, anyone, nobody, self } from "../../../src/weir/resource/rules.ts"
import { firstAdmin } from "../../../src/weir/runtime/services.ts"
import { parseEnv } from "../../../src/weir/runtime/settings.ts"
import * as items from "../fixture/src/schema/items.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { api } from "../support/fixture.ts"
import { meanwhile } from "../support/meanwhile.ts"
import { parsed } from "../support/openapi.ts"
import { tablesOf } from "../support/scenarios.ts"
import { password, type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const issues = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => [path, code])

/** What is refused, and where. */
const expectRefused = (answer: Answer, path: string, code: string): void => {
  expect(answer.status, answer.text).toBe(422)
  expect(issues(answer), answer.text).toEqual([[path, code]])
}

describe("a password that is easy to guess is refused", () => {
  const user = { email: "Zoe.Smith@example.com", username: "zoe_s", password: "long enough" }

  test("when one signs up, alone or among many", async () => {
    const signUp = (json: unknown) => w.call("POST", "/users", { json })
    for (const common of ["password1", "PASSWORD1", "12345678", " qwerty123"])
      expectRefused(await signUp({ ...user, password: common }), "password", "common_password")
    for (const named of ["zoe.smith rules", "my ZOE_S pass", "xxZOE.SMITHxx"])
      expectRefused(await signUp({ ...user, password: named }), "password", "holds_name")
    const many = [user, { email: "x@example.com", username: "xyz", password: "iloveyou" }]
    expectRefused(await signUp(many), "1.password", "common_password")
    expect(Object.keys((await tablesOf(w)).users)).toHaveLength(3)
  })

  test("when one changes it, whether the names are new or stored, and by admins too", async () => {
    const change = (json: object, token = w.ann.token) => w.call("PATCH", "/users/1", { token, json })
    const current_password = password
    expectRefused(await change({ password: "password1", current_password }), "password", "common_password")
    expectRefused(await change({ password: "I am Ann, really", current_password }), "password", "holds_name")
    const renamed = { username: "zoe_s", password: "zoe_s was here", current_password }
    expectRefused(await change(renamed), "password", "holds_name")
    expectRefused(await change({ password: "I am Ann, really" }, w.root.token), "password", "holds_name")
    // Of a row that is not one's own, nothing is told.
    const stranger = await change({ password: "I am Ann, really", current_password }, w.bob.token)
    expect(stranger.status).toBe(403)
    expect((await change({ password: "something else", current_password })).status).toBe(200)
  })

  test("of a record of an import", async () => {
    const check = checker(api.accounts?.resource as Resource, "ndjson")
    const checked = await check({ line: 1, raw: "", row: { ...user, password: "password1" } } as never)
    expect(checked).toMatchObject({ reason: expect.stringMatching(/^password: is one of the most common/) })
  })

  test("as that of the first admin, by one line", () => {
    const settings = (FIRST_ADMIN_PASSWORD: string) =>
      parseEnv({ FIRST_ADMIN_EMAIL: "chief@example.com", FIRST_ADMIN_PASSWORD })
    const start = (text: string) => () => firstAdmin(settings(text), api.accounts, w.database)
    expect(start("password1")).toThrow(/^FIRST_ADMIN_PASSWORD: is one of the most common[^\n]*$/)
    expect(start("our chief 2026")).toThrow(/^FIRST_ADMIN_PASSWORD: must not hold[^\n]*$/)
    expect(start("administrator!")).toThrow(/^FIRST_ADMIN_PASSWORD: must not hold[^\n]*$/)
    expect(start("first of all")).not.toThrow()
  })
})

/** Users whose email, and whose being there, need the password. */
const confirmed = (): Resource =>
  resource(users, {
    read: anyone,
    create: anyone,
    update: self,
    delete: self,
    fields: {
      email: { read: self, confirm: true },
      role: { read: self, write: admin },
      hashed_password: {
        read: nobody,
        secret: {
          as: "password",
          confirm: "current_password",
          min: 8,
          max: 200,
          hash: hashPassword,
          verify: verifyPassword,
        },
      },
    },
    confirmDelete: true,
  })

describe("the present password", () => {
  let call: Call
  beforeEach(() => {
    call = appOf(w, confirmed(), resource(items, {}))
  })
  const patch = (json: object, token = w.ann.token) => call("PATCH", "/users/1", { token, json })

  test("is needed to change an email", async () => {
    const email = "anna@example.com"
    expectRefused(await patch({ email }), "current_password", "required")
    expectRefused(await patch({ email, current_password: "wrong" }), "current_password", "wrong_secret")
    const both = { email, password: "another one", current_password: "wrong" }
    expectRefused(await patch(both), "current_password", "wrong_secret")
    expect((await tablesOf(w)).users[1]).toMatchObject({ email: "ann@example.com" })
    const changed = await patch({ email, current_password: password })
    expect([changed.status, changed.body]).toMatchObject([200, { email }])
  })

  test("is not needed to change something else, nor for the email that is there already", async () => {
    expect((await patch({ username: "anna" })).status).toBe(200)
    expect((await patch({ username: "anne", email: " Ann@Example.com " })).status).toBe(200)
    expectRefused(await patch({ username: "x_y_z", current_password: password }), "password", "required")
  })

  test("is not asked of admins, nor of those who may not change the row anyway", async () => {
    expect((await patch({ email: "a@example.com" }, w.root.token)).status).toBe(200)
    expect((await patch({ email: "b@example.com" }, w.bob.token)).status).toBe(403)
    expect((await patch({ email: "b@example.com", current_password: password }, w.bob.token)).status).toBe(
      403,
    )
    const nowhere = await call("PATCH", "/users/99", { token: w.ann.token, json: { email: "b@example.com" } })
    expect(nowhere.status).toBe(404)
  })

  const remove = (id: number, header?: string, token = w.ann.token) =>
    call("DELETE", `/users/${id}`, {
      token,
      headers: header === undefined ? {} : { "x-current-password": header },
    })

  test("is needed to delete one's account, in a header", async () => {
    expectRefused(await remove(1), "x-current-password", "required")
    expectRefused(await remove(1, "wrong"), "x-current-password", "wrong_secret")
    expectRefused(await remove(1, "100%"), "x-current-password", "invalid_text")
    expect((await remove(1, encodeURIComponent(password))).status).toBe(204)
    expect((await remove(2, undefined, w.root.token)).status).toBe(204)
  })

  test("is not asked of those who may not delete the row anyway", async () => {
    expect((await remove(2)).status).toBe(403)
    expect((await remove(99)).status).toBe(404)
    expect((await call("DELETE", "/users/1")).status).toBe(401)
    expect((await remove(1, password, w.bob.token)).status).toBe(403)
  })

  test("may hold any character", async () => {
    const odd = " pässwörd 100% 🐎 "
    expect((await patch({ password: odd, current_password: password })).status).toBe(200)
    const body = new URLSearchParams({ username: "ann", password: odd }).toString()
    const form = { "content-type": "application/x-www-form-urlencoded" }
    const signedIn = await call("POST", "/auth/token", { body, headers: form })
    const { access_token } = signedIn.body as { access_token: string }
    expect((await remove(1, encodeURIComponent(odd), access_token)).status).toBe(204)
  })

  test("changes once by each: of four at once, one sets another", async () => {
    const answers = await Promise.all(
      [1, 2, 3, 4].map((i) => patch({ password: `a new horse ${i}`, current_password: password })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422])
    for (const answer of answers)
      if (answer.status === 422) expectRefused(answer, "current_password", "wrong_secret")
  })

  test("is that of the moment of the write, and not of the look before it", async () => {
    const renewed = (statement: RegExp) =>
      meanwhile(w.database, statement, () =>
        w.database
          .connect()
          .batch([{ text: "update users set hashed_password = 'x' where id = 1", params: [] }]),
      )
    const isChanged = renewed(/^update "users" set "email"/)
    expectRefused(
      await patch({ email: "anna@example.com", current_password: password }),
      "current_password",
      "wrong_secret",
    )
    await w.database.connect().batch([
      {
        text: "update users set hashed_password = (select hashed_password from users where id = 2)",
        params: [],
      },
    ])
    const isDeleted = renewed(/^delete from "users"/)
    expectRefused(await remove(1, encodeURIComponent(password)), "x-current-password", "wrong_secret")
    expect([isChanged(), isDeleted()]).toEqual([true, true])
    expect((await tablesOf(w)).users[1]).toMatchObject({ email: "ann@example.com" })
  })

  test("is in the document", async () => {
    const document = parsed((await call("GET", "/openapi.json")).text)
    const { delete: removal } = document.paths["/users/{id}"] ?? {}
    expect(removal?.parameters).toContainEqual(
      expect.objectContaining({ in: "header", name: "X-Current-Password", required: false }),
    )
    expect(removal?.responses).toHaveProperty("429")
  })
})
