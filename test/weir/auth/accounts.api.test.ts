// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { ensureFirstAdmin } from "../../../src/weir/auth/first-admin.ts"
import { verifyPassword } from "../../../src/weir/auth/password.ts"
import type { Accounts } from "../../../src/weir/resource/accounts.ts"
import type { Answer } from "../support/client.ts"
import { api } from "../support/fixture.ts"
import { execute, expectSafe, type Scenario, scenarios, tablesOf } from "../support/scenarios.ts"
import { password, type World, world } from "../support/world.ts"

let w: World
const signUp = (json: unknown) => w.call("POST", "/users", { json })
const rowOf = async (id: number) => (await tablesOf(w)).users[id] as Record<string, string>
const form = { "content-type": "application/x-www-form-urlencoded" }
const signIn = (fields: Record<string, string>): Promise<Answer> =>
  w.call("POST", "/auth/token", { body: new URLSearchParams(fields).toString(), headers: form })
const tokenOf = (answer: Answer) => (answer.body as { access_token: string }).access_token

function freshWorlds(): void {
  beforeEach(async () => {
    w = await world()
  })
  afterEach(() => w.close())
}

describe("signing up", () => {
  freshWorlds()
  // scrypt takes 190 ms: few sign-ups, each looked at from all sides.
  test("makes a user who can sign in, and shows no secret", async () => {
    const made = await signUp({
      email: "  New.One@Example.COM ",
      username: " new_one ",
      password: " spaces kept ",
    })
    expect(made.status, made.text).toBe(201)
    expect(made.headers.get("location")).toBe("/users/4")
    // Who signs up sees its own row as oneself.
    expect(made.body).toMatchObject({
      id: 4,
      email: "new.one@example.com",
      username: "new_one",
      role: "user",
    })
    expect(made.text).not.toMatch(/scrypt|password|spaces/)

    const { hashed_password: stored, ...row } = await rowOf(4)
    expect(row).toMatchObject({ email: "new.one@example.com", username: "new_one", role: "user" })
    expect(stored).toMatch(/^\$scrypt\$ln=\d+,r=\d+,p=\d+\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await verifyPassword(" spaces kept ", stored as string)).toBe(true)

    const answer = await signIn({ username: "NEW.one@example.com", password: " spaces kept " })
    expect(answer.status, answer.text).toBe(200)
    const me = await w.call("GET", "/users/me", { token: tokenOf(answer) })
    expect(me.body).toMatchObject({ id: 4, email: "new.one@example.com" })
    const located = await w.call("GET", made.headers.get("location") as string)
    expect(located.body).toMatchObject({ id: 4, username: "new_one", items: [] })
    expect(located.text).not.toContain("example.com")
  })

  test("salts: two equal passwords are stored as two", async () => {
    const both = await Promise.all(
      ["one", "two"].map((name) => signUp({ email: `${name}@example.com`, username: name, password })),
    )
    expect(both.map((answer) => answer.status)).toEqual([201, 201])
    const [one, two] = [await rowOf(4), await rowOf(5)].map((row) => row.hashed_password)
    expect(one).not.toBe(two)
    expect(one?.split("$")[3]).not.toBe(two?.split("$")[3])
  })

  test("by somebody who is signed in shows the new row as a stranger's", async () => {
    const json = { email: "new@example.com", username: "new", password: "long enough" }
    const made = await w.call("POST", "/users", { token: w.ann.token, json })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ id: 4, username: "new" })
    expect(made.text).not.toMatch(/new@example|role/)
  })
})

describe("signing up is refused", () => {
  const json = { email: "new@example.com", username: "new_one", password: "long enough" }
  const one = (name: string, body: unknown, status: number, errors: string[]): Scenario => ({
    name,
    method: "POST",
    path: "/users",
    json: body,
    status,
    errors,
  })
  scenarios([
    one("with the role of an admin", { ...json, role: "admin" }, 403, ["role"]),
    one("with any role", { ...json, role: "user" }, 403, ["role"]),
    { ...one("with a role, by a user", { ...json, role: "admin" }, 403, ["role"]), as: "ann" },
    one("with 7 characters of a password", { ...json, password: "1234567" }, 422, ["password"]),
    one("with 201", { ...json, password: "x".repeat(201) }, 422, ["password"]),
    one("with a hash in place of a password", { ...json, password: undefined, hashed_password: "x" }, 422, [
      "password",
      "hashed_password",
    ]),
    one("with an email for a username", { ...json, username: "bob@example.com" }, 422, ["username"]),
    one("with an email that is taken in other letters", { ...json, email: "Bob@EXAMPLE.com" }, 409, [
      "email",
    ]),
  ])
})

describe("a token", () => {
  freshWorlds()

  test("is given for the email and the username, whatever their case", async () => {
    for (const username of ["ann", "ANN", "ann@example.com", " Ann@Example.COM "]) {
      const answer = await signIn({ username, password })
      expect(answer.status, `${username}: ${answer.text}`).toBe(200)
      expect(answer.body).toEqual({
        access_token: expect.any(String),
        token_type: "bearer",
        expires_in: 3600,
      })
      expect(answer.headers.get("cache-control")).toBe("no-store")
      expect((await w.call("GET", "/users/me", { token: tokenOf(answer) })).body).toMatchObject({ id: 1 })
      expectSafe(w, "ann", answer, "POST /auth/token")
    }
  })

  test("is given to an OAuth2 client as the docs send it", async () => {
    const rest = { grant_type: "password", scope: "", client_id: "x", client_secret: "y" }
    expect((await signIn({ ...rest, username: "ann", password })).status).toBe(200)
    const answer = await signIn({ ...rest, grant_type: "refresh_token", username: "ann", password })
    expect(answer.status).toBe(400)
  })

  test("holds no secret", async () => {
    const [, payload] = w.ann.token.split(".")
    const claims = JSON.parse(Buffer.from(payload as string, "base64url").toString())
    expect(Object.keys(claims).sort()).toEqual(["aud", "exp", "iat", "iss", "pwm", "sub"])
    const { hashed_password } = await rowOf(1)
    expect(hashed_password).not.toContain(claims.pwm)
  })

  test("an unknown user and a wrong password look the same, and cost the same", async () => {
    // The people of the world have cheap hashes: a real one is needed to compare.
    expect(
      (await signUp({ email: "new@example.com", username: "new", password: "long enough" })).status,
    ).toBe(201)
    const cost = async (fields: Record<string, string>) => {
      const started = performance.now()
      const answer = await signIn(fields)
      return { ms: performance.now() - started, answer }
    }
    const times: Record<"wrong" | "unknown", number[]> = { wrong: [], unknown: [] }
    for (let i = 0; i < 3; i++) {
      const wrong = await cost({ username: "new", password: "not his" })
      const unknown = await cost({ username: "nobody", password: "not his" })
      expect([wrong.answer.status, unknown.answer.status]).toEqual([400, 400])
      const plain = ({ answer }: typeof wrong) => ({ ...(answer.body as object), request_id: "" })
      expect(plain(unknown)).toEqual(plain(wrong))
      const names = ({ answer }: typeof wrong) => [...answer.headers.keys()]
      expect(names(unknown)).toEqual(names(wrong))
      times.wrong.push(wrong.ms)
      times.unknown.push(unknown.ms)
    }
    // A clock in a worker may stand still while it computes; where it runs, the least of three tells the cost.
    const [wrong, unknown] = [Math.min(...times.wrong), Math.min(...times.unknown)]
    if (wrong > 20) {
      expect(unknown / wrong).toBeGreaterThan(1 / 3)
      expect(unknown / wrong).toBeLessThan(3)
    }
  })
})

describe("a sign-in that is not a form, or not whole", () => {
  const send = (
    name: string,
    body: string,
    status: number,
    errors?: string[],
    headers: Record<string, string> = form,
  ): Scenario => ({
    name,
    method: "POST",
    path: "/auth/token",
    body,
    headers,
    status,
    ...(errors ? { errors } : {}),
  })
  const good = "username=ann&password=correct+horse"
  scenarios([
    send("nothing", "", 400, ["username", "password"]),
    send("no password", "username=ann", 400, ["password"]),
    send("no username", "password=x", 400, ["username"]),
    send("an empty password", "username=ann&password=", 400, ["password"]),
    send("an unknown member", `${good}&remember=1`, 200),
    send("a password of 201", `username=ann&password=${"x".repeat(201)}`, 400, ["password"]),
    send("a username of 255", `username=${"x".repeat(255)}&password=x`, 400, ["username"]),
    send("another grant", `${good}&grant_type=client_credentials`, 400),
    send("JSON", '{"username":"ann","password":"correct horse"}', 415, undefined, {
      "content-type": "application/json",
    }),
    send("a form without its media type", good, 415, undefined, { "content-type": "" }),
    send("a form in parts", good, 415, undefined, { "content-type": "multipart/form-data; boundary=x" }),
    send("a form with a charset", good, 200, undefined, {
      "content-type": "Application/X-WWW-Form-Urlencoded; charset=utf-8",
    }),
    {
      name: "a wrong password",
      method: "POST",
      path: "/auth/token",
      body: "username=ann&password=wrong",
      headers: form,
      status: 400,
      code: "wrong_credentials",
      lacks: ["ann"],
    },
  ])
})

describe("a change counts from the next request on", () => {
  freshWorlds()
  const me = (token: string) => w.call("GET", "/users/me", { token })
  const patch = (id: number, token: string, json: unknown) => w.call("PATCH", `/users/${id}`, { token, json })

  test("of a role", async () => {
    expect((await w.call("DELETE", "/items/4", { token: w.ann.token })).status).toBe(403)
    expect((await patch(1, w.root.token, { role: "admin" })).status).toBe(200)
    expect((await w.call("DELETE", "/items/4", { token: w.ann.token })).status).toBe(204)
    expect((await w.call("GET", "/users/2", { token: w.ann.token })).text).toContain("bob@example.com")
    expect((await patch(1, w.root.token, { role: "user" })).status).toBe(200)
    expect((await w.call("DELETE", "/items/5", { token: w.ann.token })).status).toBe(403)
    // An admin may take it off oneself.
    expect((await patch(3, w.root.token, { role: "user" })).status).toBe(200)
    expect((await patch(1, w.root.token, { role: "admin" })).status).toBe(403)
  })

  test("of one's password: the tokens of the old one end, and it signs nobody in", async () => {
    const json = { password: "another one", current_password: password }
    const changed = await patch(1, w.ann.token, json)
    expect(changed.status, changed.text).toBe(200)
    expect(changed.text).not.toMatch(/password|scrypt|another one/)
    expect((await me(w.ann.token)).status).toBe(401)
    expect((await w.call("GET", "/items", { token: w.ann.token })).status).toBe(401)
    expect((await me(w.bob.token)).status).toBe(200)
    expect((await signIn({ username: "ann", password })).status).toBe(400)
    const again = await signIn({ username: "ann", password: "another one" })
    expect((await me(tokenOf(again))).body).toMatchObject({ id: 1 })
    expect(await verifyPassword("another one", (await rowOf(1)).hashed_password as string)).toBe(true)
  })

  test("of another's password by an admin, who needs not know it", async () => {
    expect((await patch(1, w.root.token, { password: "set by root" })).status).toBe(200)
    expect((await me(w.ann.token)).status).toBe(401)
    expect((await signIn({ username: "ann", password: "set by root" })).status).toBe(200)
  })

  test("of an email and a username: both sign in at once, and the token lives on", async () => {
    const json = { email: " Anna@Example.com", username: "anna" }
    expect((await patch(1, w.ann.token, json)).body).toMatchObject({
      email: "anna@example.com",
      username: "anna",
    })
    expect((await me(w.ann.token)).status).toBe(200)
    expect((await signIn({ username: "anna@example.com", password })).status).toBe(200)
  })

  test("of one's being there: deleted, with one's items, and the token ends", async () => {
    const gone = await w.call("DELETE", "/users/1", { token: w.ann.token })
    expect([gone.status, gone.text]).toEqual([204, ""])
    expect((await me(w.ann.token)).status).toBe(401)
    const item = { title: "x", price: 1 }
    expect((await w.call("POST", "/items", { token: w.ann.token, json: item })).status).toBe(401)
    expect((await w.call("GET", "/users/1")).status).toBe(404)
    const { users, items } = await tablesOf(w)
    expect(Object.keys(users)).toEqual(["2", "3"])
    expect(Object.values(items).map((row) => row.owner_id)).toEqual([2, 2, 2])
  })
})

describe("a new password needs the present one", () => {
  const path = "/users/1"
  const json = { password: "another one" }
  const one = (name: string, extra: object, errors: string[]): Scenario => ({
    name,
    as: "ann",
    method: "PATCH",
    path,
    json: { ...json, ...extra },
    status: 422,
    errors,
    lacks: ["scrypt"],
  })
  scenarios([
    one("which is missing", {}, ["current_password"]),
    one("which is wrong", { current_password: "wrong" }, ["current_password"]),
    one("which is empty", { current_password: "" }, ["current_password"]),
    one("which is bob's to be", { current_password: "Correct horse" }, ["current_password"]),
    // Nothing of the change is made, the rest of it neither.
    one("with more to change", { current_password: "wrong", username: "anna" }, ["current_password"]),
    {
      name: "of somebody else is 403",
      as: "bob",
      method: "PATCH",
      path,
      json: { ...json, current_password: password },
      status: 403,
      lacks: ["ann@"],
    },
  ])
})

describe("the first admin", () => {
  const accounts = api.accounts as Accounts
  freshWorlds()
  const ensure = async (email: string) => {
    const client = w.database.connect()
    await ensureFirstAdmin(accounts, client, { email, password: "first of all" })
    await client.close?.()
  }
  const noAdmin = () => execute(w, "update users set role = 'user'")

  test("is made once, and can sign in", async () => {
    await noAdmin()
    await ensure(" Boss@Example.com ")
    await ensure("boss@example.com")
    await ensure("another@example.com")
    const { users } = await tablesOf(w)
    expect(Object.values(users).filter((row) => row.role === "admin")).toMatchObject([
      { email: "boss@example.com", username: "admin" },
    ])
    expect(Object.keys(users)).toHaveLength(4)
    const answer = await signIn({ username: "admin", password: "first of all" })
    const email = await w.call("GET", "/users/1", { token: tokenOf(answer) })
    expect(email.body).toMatchObject({ email: "ann@example.com" })
  })

  test("is who has signed up with that email, with the setting's password and no longer with its own", async () => {
    await execute(
      w,
      "update users set role = 'user', username = case when id = 2 then 'admin' else username end",
    )
    await ensure("ANN@example.com")
    const { users } = await tablesOf(w)
    expect(Object.keys(users)).toHaveLength(3)
    expect(users[1]).toMatchObject({ username: "ann", role: "admin" })
    expect(users[2]).toMatchObject({ username: "admin", role: "user" })
    expect((await signIn({ username: "ann", password })).status).toBe(400)
    expect((await signIn({ username: "ann", password: "first of all" })).status).toBe(200)
    // Whoever signed up with that address before keeps no token, either.
    expect((await w.call("GET", "/users/me", { token: w.ann.token })).status).toBe(401)
  })

  test("is made beside a user who took the name admin", async () => {
    await execute(
      w,
      "update users set role = 'user', username = case when id = 2 then 'admin' else username end",
    )
    await ensure("boss@example.com")
    const { users } = await tablesOf(w)
    expect(Object.values(users).find((row) => row.role === "admin")?.username).toMatch(/^admin-[0-9a-f]{8}$/)
  })

  test("is not made where there is an admin", async () => {
    const before = await tablesOf(w)
    await ensure("boss@example.com")
    await ensure("ann@example.com")
    expect(await tablesOf(w)).toEqual(before)
  })

  test("is one, however many processes start at once", async () => {
    await noAdmin()
    await Promise.all([ensure("boss@example.com"), ensure("boss@example.com"), ensure("boss@example.com")])
    const { users } = await tablesOf(w)
    expect(Object.values(users).filter((row) => row.role === "admin")).toHaveLength(1)
  })
})
