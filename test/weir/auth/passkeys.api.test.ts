import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { hotp, stepAt } from "../../../src/weir/auth/totp.ts"
import type { AuthenticationResponse, RegistrationResponse } from "../../../src/weir/auth/webauthn.ts"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { fromBase32 } from "../../../src/weir/lib/base32.ts"
import { ClientLimits } from "../../../src/weir/limits/client-limits.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"
import {
  type AccountWorld,
  accountsSubject,
  accountWorld,
  confirmedSubject,
  password,
  type Tokens,
} from "../support/account-world.ts"
import {
  type Altered,
  type CreationOptions,
  type RequestOptions,
  SoftPasskey,
} from "../support/authenticator.ts"
import type { Answer } from "../support/client.ts"
import { cacheOver } from "../support/fresh.ts"
import { meanwhile } from "../support/meanwhile.ts"
import { cookieApi, strictApi } from "./api/api.ts"

const cookies = { ...accountsSubject, api: cookieApi }
const strict = { ...accountsSubject, api: strictApi }
let w: AccountWorld
beforeEach(async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] })
  w = await accountWorld()
})
afterEach(async () => {
  vi.useRealTimers()
  await w.close()
})

const grant_type = "urn:weir:params:oauth:grant-type:passkey"
const proof = { current_password: password }
const pass = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * 1000)
const countOf = async (table: string) => Number((await w.run(`select count(*) from ${table}`))[0]?.[0])
const tokenOf = async (username: string) => (await w.signIn(username)).access_token

const creation = async (token: string, json: unknown = proof): Promise<CreationOptions> => {
  const answer = await w.call("POST", "/auth/passkeys/options", { token, json })
  expect(answer.status, answer.text).toBe(200)
  return (answer.body as { options: CreationOptions }).options
}
const send = (token: string, response: RegistrationResponse, name = "Laptop") =>
  w.call("POST", "/auth/passkeys", { token, json: { name, response } })
/** Adds a passkey, which must succeed, and answers with it and its id. */
async function add(token: string, key?: SoftPasskey): Promise<{ key: SoftPasskey; id: number }> {
  const passkey = key ?? (await SoftPasskey.make())
  const answer = await send(token, await passkey.create(await creation(token)))
  expect(answer.status, answer.text).toBe(201)
  return { key: passkey, id: (answer.body as { id: number }).id }
}
const request = async (): Promise<RequestOptions> =>
  (await w.call("POST", "/auth/passkey-options")).body as RequestOptions
const present = (response: AuthenticationResponse, more: Record<string, string> = {}) =>
  w.form("/auth/token", { grant_type, credential: JSON.stringify(response), ...more })
const signIn = async (key: SoftPasskey, altered?: Altered) => present(await key.get(await request(), altered))
const mine = async (token: string) =>
  ((await w.call("GET", "/auth/passkeys", { token })).body as { passkeys: Record<string, unknown>[] })
    .passkeys
const remove = (token: string, id: number, json: unknown = proof) =>
  w.call("DELETE", `/auth/passkeys/${id}`, { token, json })
const why = () => String(w.logs.at(-1)?.why)
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()
/** A text whose letter in the middle is another. */
const turned = (text: string) => {
  const at = text.length >> 1
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`
}

/** Sets an app up, and answers with a function that makes its codes. */
async function setUpApp(token: string): Promise<() => string> {
  const begun = await w.call("POST", "/auth/factors", { token, json: proof })
  const { id, secret } = begun.body as { id: number; secret: string }
  const codeOf = (steps = 0) => hotp(fromBase32(secret) as Uint8Array, stepAt(Date.now()) + steps)
  const json = { code: codeOf(-1) }
  expect((await w.call("POST", `/auth/factors/${id}/confirm`, { token, json })).status).toBe(200)
  return codeOf
}

describe("adding a passkey", () => {
  let token: string
  beforeEach(async () => {
    token = await tokenOf("ann")
  })

  test("begins with a proof: the present password, or a code", async () => {
    const begin = (json: unknown, as = token) => w.call("POST", "/auth/passkeys/options", { token: as, json })
    for (const json of [{ current_password: "wrong horse" }, {}, { code: "123456" }, { ...proof, x: 1 }])
      expect((await begin(json)).status, JSON.stringify(json)).toBe(422)
    expect((await begin(proof, "")).status).toBe(401)
    const codeOf = await setUpApp(token)
    expect((await begin({ code: codeOf() })).status).toBe(200)
    expect((await begin({ code: codeOf() })).status).toBe(422)
  })

  test("has options that say what there is, and nothing of the account but its name", async () => {
    const { key } = await add(token)
    const options = await creation(token)
    expect(options).toMatchObject({
      rp: { id: "localhost", name: "Accounts" },
      user: { name: "ann@example.com", id: Buffer.from("1").toString("base64url") },
      excludeCredentials: [{ type: "public-key", id: key.id, transports: ["internal", "hybrid"] }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    })
    expect(options.challenge).toMatch(/^[\w-]{100,400}$/)
    expect((await creation(token)).challenge).not.toBe(options.challenge)
    expect(await countOf("account_tokens")).toBe(1)
  })

  test("shows it, and neither its key nor its counter", async () => {
    const { key, id } = await add(token)
    const listed = await w.call("GET", "/auth/passkeys", { token })
    expect(listed.headers.get("cache-control")).toBe("no-store")
    expect(listed.body).toEqual({
      passkeys: [
        {
          id,
          name: "Laptop",
          transports: ["internal", "hybrid"],
          backed_up: false,
          created_at: expect.any(String),
          last_used_at: null,
        },
      ],
    })
    expect(listed.text).not.toContain(key.id)
    expect((await w.call("GET", "/passkeys", { token })).status).toBe(404)
    expect(await mine(await tokenOf("bob"))).toEqual([])
    expect(await w.audit()).toContainEqual({
      event: "passkey_added",
      account: "1",
      actor: "1",
      name: "Laptop",
    })
  })

  test.each<[string, Altered]>([
    ["another origin", { origin: "http://localhost:81" }],
    ["an origin that begins like it", { origin: "http://localhost.example.com" }],
    ["a frame in another site's page", { crossOrigin: true }],
    ["another domain", { domain: "example.com" }],
    ["a user who was not verified", { isVerified: false }],
    ["a user who was not there", { isPresent: false }],
    ["the type of a sign-in", { type: "webauthn.get" }],
    ["a challenge of its own", { challenge: "A".repeat(178) }],
    ["no challenge", { challenge: "" }],
  ])("is refused with %s", async (_, altered) => {
    const key = await SoftPasskey.make()
    const answer = await send(token, await key.create(await creation(token), altered))
    expect(answer.status, answer.text).toBe(422)
    expect(answer.body).toMatchObject({ errors: [{ path: "response", code: "invalid_value" }] })
    expect([await countOf("passkeys"), await countOf("account_tokens")]).toEqual([0, 0])
  })

  test("is refused with a challenge that is another account's, a sign-in's, altered, or too old", async () => {
    const key = await SoftPasskey.make()
    const options = await creation(token)
    const { challenge } = await creation(await tokenOf("bob"))
    const sent = async (altered: Altered) => (await send(token, await key.create(options, altered))).status
    expect(await sent({ challenge })).toBe(422)
    expect(await sent({ challenge: (await request()).challenge })).toBe(422)
    expect(await sent({ challenge: turned(options.challenge) })).toBe(422)
    pass(301)
    expect(await sent({})).toBe(422)
    expect(await countOf("passkeys")).toBe(0)
    const late = await creation(token)
    pass(299)
    expect((await send(token, await key.create(late))).status).toBe(201)
  })

  test.each<[string, (response: RegistrationResponse) => unknown]>([
    ["nothing", () => ({})],
    ["no attestation", (response) => ({ ...response, response: { clientDataJSON: "e30" } })],
    ["what is no base64url", (response) => ({ ...response, rawId: "a b" })],
    ["another id than the authenticator's", (response) => ({ ...response, id: "QUJD" })],
    [
      "a client data that is no JSON",
      ({ response, ...rest }) => ({ ...rest, response: { ...response, clientDataJSON: "QUJD" } }),
    ],
    [
      "an attestation that is cut",
      ({ response, ...rest }) => ({
        ...rest,
        response: { ...response, attestationObject: response.attestationObject.slice(0, 100) },
      }),
    ],
    [
      "an attestation that is no CBOR",
      ({ response, ...rest }) => ({ ...rest, response: { ...response, attestationObject: "____" } }),
    ],
    [
      "an attestation that is another thing",
      ({ response, ...rest }) => ({ ...rest, response: { ...response, attestationObject: "AA" } }),
    ],
  ])("is refused as %s", async (_, altered) => {
    const response = altered(await (await SoftPasskey.make()).create(await creation(token)))
    const answer = await w.call("POST", "/auth/passkeys", { token, json: { name: "x", response } })
    expect(answer.status, answer.text).toBe(422)
    expect((answer.body as { errors: { path: string }[] }).errors[0]?.path).toMatch(/^response/)
    expect(answer.text).not.toMatch(/function|undefined|properties/)
    expect(await countOf("passkeys")).toBe(0)
  })

  test("is done once by one response, also by twenty at once", async () => {
    const response = await (await SoftPasskey.make()).create(await creation(token))
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(token, response)))
    expect(statuses(answers)).toEqual([201, ...Array(19).fill(409)])
    expect((await send(token, response)).status).toBe(409)
    expect(await countOf("passkeys")).toBe(1)
    expect((await w.audit()).filter(({ event }) => event === "passkey_added")).toHaveLength(1)
  })

  test("of one challenge is one passkey, and one passkey is of one account", async () => {
    const options = await creation(token)
    const [key, other] = [await SoftPasskey.make(), await SoftPasskey.make()]
    expect((await send(token, await key.create(options))).status).toBe(201)
    expect((await send(token, await other.create(options))).status).toBe(409)
    const bob = await tokenOf("bob")
    const taken = await send(bob, await key.create(await creation(bob)))
    expect(taken.body).toMatchObject({ status: 409, code: "conflict" })
    expect(await countOf("passkeys")).toBe(1)
  })

  test("is done once by one proof, however its challenge is written", async () => {
    const options = await creation(token)
    const sealed = Buffer.from(options.challenge, "base64url").toString()
    const inner = (text: string) => Buffer.from(text).toString("base64url")
    expect(inner(sealed)).toBe(options.challenge)
    const others = [
      `${options.challenge}=`,
      `${options.challenge}*`,
      ` ${options.challenge}`,
      inner(`${sealed}=`),
      inner(`${sealed.slice(0, 9)}.${sealed.slice(9)}`),
    ]
    for (const challenge of others) {
      const answer = await send(token, await (await SoftPasskey.make()).create(options, { challenge }))
      expect(answer.status, challenge).toBe(422)
    }
    expect((await send(token, await (await SoftPasskey.make()).create(options))).status).toBe(201)
    expect(await countOf("passkeys")).toBe(1)
  })

  test("is done ten times, and not once more by several at once", async () => {
    for (let i = 0; i < 9; i++) await add(token)
    const responses = await Promise.all(
      Array.from({ length: 5 }, async () => (await SoftPasskey.make()).create(await creation(token))),
    )
    const answers = await Promise.all(responses.map((response) => send(token, response)))
    expect(statuses(answers)).toEqual([201, 403, 403, 403, 403])
    expect(await countOf("passkeys")).toBe(10)
    const begun = await w.call("POST", "/auth/passkeys/options", { token, json: proof })
    expect(begun.body).toMatchObject({ status: 403, detail: expect.stringContaining("10 passkeys") })
    expect((await w.audit()).filter(({ event }) => event === "passkey_added")).toHaveLength(10)
    await add(await tokenOf("bob"))
  })

  test("is one's own doing: no key has a part in it, nor who acts as another", async () => {
    const { id } = await add(token)
    const json = { name: "x", scopes: ["*"] }
    const { key } = (await w.call("POST", "/api_keys", { token, json })).body as { key: string }
    const acting = await w.call("POST", "/auth/act-as", {
      token: await tokenOf("root"),
      json: { user_id: 1, reason: "Ticket" },
    })
    const response = await (await SoftPasskey.make()).create(await creation(token))
    for (const as of [key, (acting.body as Tokens).access_token])
      for (const [method, path, body] of [
        ["GET", "/auth/passkeys", undefined],
        ["POST", "/auth/passkeys/options", proof],
        ["POST", "/auth/passkeys", { name: "x", response }],
        ["PATCH", `/auth/passkeys/${id}`, { name: "x" }],
        ["DELETE", `/auth/passkeys/${id}`, proof],
      ] as const)
        expect((await w.call(method, path, { token: as, json: body })).status, path).toBe(403)
    expect(await mine(token)).toMatchObject([{ id, name: "Laptop" }])
  })
})

describe("signing in", () => {
  let key: SoftPasskey
  let id: number
  let token: string
  beforeEach(async () => {
    token = await tokenOf("ann")
    ;({ key, id } = await add(token))
  })

  test("begins with options that say nothing of any account, and write nothing", async () => {
    const before = await countOf("account_tokens")
    const answer = await w.call("POST", "/auth/passkey-options")
    expect(answer.body).toEqual({
      challenge: expect.stringMatching(/^[\w-]{100,400}$/),
      timeout: 300_000,
      rpId: "localhost",
      userVerification: "required",
    })
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(await countOf("account_tokens")).toBe(before)
  })

  test("begins a session that says so, and notes the use", async () => {
    key.isBackedUp = true
    const answer = await signIn(key)
    expect(answer.status, answer.text).toBe(200)
    const { access_token, refresh_token, session_id } = answer.body as Tokens
    const own = await w.call("GET", "/people/me", { token: access_token })
    expect(own.body).toMatchObject({ id: 1, email: "ann@example.com" })
    const session = await w.call("GET", `/sessions/${session_id}`, { token: access_token })
    expect(session.body).toMatchObject({ method: "passkey" })
    expect(await mine(access_token)).toMatchObject([
      { id, backed_up: true, last_used_at: expect.any(String) },
    ])
    expect(Number((await w.run("select counter from passkeys"))[0]?.[0])).toBe(1)
    expect((await w.audit()).at(-1)).toMatchObject({ event: "sign_in", account: "1", method: "passkey" })
    expect(w.logs.findLast(({ path }) => path === "/auth/token")).toMatchObject({ sign_in: "ok" })
    expect((await w.refresh(refresh_token)).status).toBe(200)
  })

  test("is both factors: no code is asked for", async () => {
    await setUpApp(token)
    expect((await w.form("/auth/token", { username: "ann", password })).status).toBe(400)
    expect((await signIn(key)).status).toBe(200)
  })

  test.each<[string, Altered, RegExp]>([
    ["another origin", { origin: "http://localhost:81" }, /PASSKEY_ORIGINS/],
    ["a frame in another site's page", { crossOrigin: true }, /PASSKEY_ORIGINS/],
    ["another domain", { domain: "example.com" }, /RP ID/i],
    ["a signature that is altered", { signature: "turned" }, /signature/],
    ["a user who was not verified", { isVerified: false }, /verif/],
    ["a user who was not there", { isPresent: false }, /present/],
    ["the type of a registration", { type: "webauthn.create" }, /type/],
    ["a challenge of its own", { challenge: "A".repeat(178) }, /challenge/],
    ["an unknown passkey", { id: "QUJD" }, /unknown/],
    ["another account's handle", { handle: Buffer.from("2").toString("base64url") }, /another account/],
    ["no handle", { handle: "" }, /another account/],
  ])("is refused with %s, as with any other", async (_, altered, reason) => {
    const before = [await countOf("sessions"), await countOf("account_tokens")]
    const answer = await signIn(key, altered)
    expect(answer.body).toEqual({
      type: "about:blank",
      title: "Bad Request",
      status: 400,
      detail: "The passkey does not hold here, or took too long: try again",
      code: "invalid_grant",
      request_id: expect.any(String),
      error: "invalid_grant",
      error_description: "The passkey does not hold here, or took too long: try again",
    })
    // The log alone has the reason.
    expect(why()).toMatch(reason)
    expect([await countOf("sessions"), await countOf("account_tokens")]).toEqual(before)
    expect((await signIn(key)).status).toBe(200)
  })

  test("is refused with a challenge of a registration, an altered one, or one that is too old", async () => {
    const options = await request()
    const { challenge } = await creation(token)
    const sent = async (altered: Altered) => (await present(await key.get(options, altered))).status
    expect(await sent({ challenge })).toBe(400)
    expect(await sent({ challenge: turned(options.challenge) })).toBe(400)
    const inTime = await key.get(options)
    pass(301)
    expect((await present(inTime)).body).toMatchObject({ code: "invalid_grant" })
    expect(why()).toMatch(/too old/)
    const late = await request()
    pass(299)
    expect((await present(await key.get(late))).status).toBe(200)
  })

  test("is refused with another's passkey in place of one's own", async () => {
    const bob = await add(await tokenOf("bob"))
    expect((await signIn(bob.key, { id: key.id })).status).toBe(400)
    expect((await signIn(key, { id: bob.key.id })).status).toBe(400)
    const answer = await signIn(bob.key)
    expect(
      (await w.call("GET", "/people/me", { token: (answer.body as Tokens).access_token })).body,
    ).toMatchObject({
      id: 2,
    })
  })

  test("is done once by one response, also after all links of the account were used", async () => {
    const response = await key.get(await request())
    expect((await present(response)).status).toBe(200)
    await w.run("delete from account_tokens where user_id = 1")
    expect((await present(response)).body).toMatchObject({ code: "invalid_grant" })
    expect(why()).toMatch(/used before/)
    // Nor by another response to the same challenge.
    expect(
      (
        await present(
          await key.get({
            ...(await request()),
            challenge: JSON.parse(Buffer.from(response.response.clientDataJSON, "base64url").toString())
              .challenge,
          }),
        )
      ).status,
    ).toBe(400)
  })

  test("is done once by twenty at once with one response", async () => {
    const response = await key.get(await request())
    const before = await countOf("sessions")
    const answers = await Promise.all(Array.from({ length: 20 }, () => present(response)))
    expect(statuses(answers)).toEqual([200, ...Array(19).fill(400)])
    expect(await countOf("sessions")).toBe(before + 1)
  })

  test("is refused where the counter goes back, and the audit log says so", async () => {
    for (let i = 0; i < 3; i++) expect((await signIn(key)).status).toBe(200)
    const cloned = { event: "passkey_cloned", account: "1", actor: "1", id }
    for (const counter of [3, 2, 0]) {
      const answer = await signIn(key, { counter })
      expect(answer.body).toMatchObject({ code: "invalid_grant" })
      expect((await w.audit()).at(-1)).toEqual(cloned)
      expect(why()).toMatch(/counter/)
    }
    expect(Number((await w.run("select counter from passkeys"))[0]?.[0])).toBe(3)
    // What nobody has signed accuses nobody.
    const before = await w.audit()
    expect((await signIn(key, { counter: 1, signature: "turned" })).status).toBe(400)
    expect(await w.audit()).toEqual(before)
    expect((await signIn(key)).status).toBe(200)
  })

  test("is refused to all but one of eight at once whose counters are the same, and each is told of", async () => {
    const responses = await Promise.all(
      Array.from({ length: 8 }, async () => key.get(await request(), { counter: 7 })),
    )
    const answers = await Promise.all(responses.map((response) => present(response)))
    expect(statuses(answers)).toEqual([200, ...Array(7).fill(400)])
    expect((await w.audit()).filter(({ event }) => event === "passkey_cloned")).toHaveLength(7)
  })

  test("goes on with an authenticator that does not count, or counts as far as there is", async () => {
    const uncounted = await add(token, await SoftPasskey.make({ counts: false }))
    for (let i = 0; i < 2; i++) expect((await signIn(uncounted.key)).status).toBe(200)
    expect((await signIn(key, { counter: 4_294_967_295 })).status).toBe(200)
    expect(Number((await w.run(`select counter from passkeys where id = ${id}`))[0]?.[0])).toBe(4_294_967_295)
  })

  test("is refused for an account that is disabled, and for a passkey that was removed", async () => {
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 1")
    expect((await signIn(key)).body).toMatchObject({ code: "invalid_grant" })
    expect(why()).toMatch(/account/)
    await w.run("update people set disabled_at = null where id = 1")
    expect((await signIn(key)).status).toBe(200)
    expect((await remove(await tokenOf("ann"), id)).status).toBe(204)
    expect((await signIn(key)).body).toMatchObject({ code: "invalid_grant" })
  })

  test("begins no session once the passkey is removed, also between the look at it and the session", async () => {
    const root = await tokenOf("root")
    const removals = [
      () => remove(token, id),
      () => w.call("POST", "/auth/remove-factors", { token: root, json: { account: 1 } }),
    ]
    for (const removal of removals) {
      const left = await countOf("sessions where user_id = 1")
      const isDone = meanwhile(w.database, /insert into "?sessions"?/, async () =>
        expect((await removal()).status).toBe(204),
      )
      const answer = await signIn(key)
      expect(answer.body, answer.text).toMatchObject({ status: 400, code: "wrong_credentials" })
      expect([isDone(), (await countOf("sessions where user_id = 1")) <= left]).toEqual([true, true])
      key = (await add(await tokenOf("ann"))).key
    }
    expect((await signIn(key)).status).toBe(200)
    const signed = (await w.audit()).filter(({ method }) => method === "passkey")
    expect(signed).toHaveLength(1)
  })

  test.each(["x", "{}", "null", "[]", '{"id":1}', "\u0000"])(
    "takes %j for no credential",
    async (credential) => {
      const answer = await w.form("/auth/token", { grant_type, credential })
      expect(answer.body).toMatchObject({
        status: 400,
        error: "invalid_request",
        errors: [{ path: "credential", code: "invalid_format" }],
      })
    },
  )

  test("needs a credential, and one of bounded length", async () => {
    const sent = async (fields: object) => (await w.form("/auth/token", { grant_type, ...fields })).body
    expect(await sent({})).toMatchObject({ errors: [{ path: "credential", code: "required" }] })
    expect(await sent({ credential: "x".repeat(12_001) })).toMatchObject({
      errors: [{ path: "credential", code: "too_big" }],
    })
  })
})

test("a sign-in by passkey may be kept in cookies", async () => {
  await w.close()
  w = await accountWorld({ subject: cookies })
  const { key } = await add(await tokenOf("ann"))
  const form = new URLSearchParams({
    grant_type,
    credential: JSON.stringify(await key.get(await request())),
    cookie: "true",
  })
  const answer = await w.call("POST", "/auth/token", {
    body: form.toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
  })
  expect(answer.body).toEqual({ token_type: "bearer", expires_in: 900, session_id: expect.any(Number) })
  expect(answer.headers.getSetCookie()).toHaveLength(2)
})

test("an account whose address is to be verified is told so, as by its password", async () => {
  await w.close()
  w = await accountWorld({ subject: confirmedSubject })
  const { key } = await add(await tokenOf("ann"))
  await w.run("update people set verified_at = null where id = 1")
  const answer = await signIn(key)
  expect(answer.body).toMatchObject({ status: 403, code: "unverified", error: "invalid_grant" })
  await w.run("update people set verified_at = '2026-01-01T00:00:00.000Z' where id = 1")
  expect((await signIn(key)).status).toBe(200)
})

describe("a passkey", () => {
  test("is renamed by its owner alone", async () => {
    const token = await tokenOf("ann")
    const { id } = await add(token)
    const rename = (as: string, json: unknown, of: unknown = id) =>
      w.call("PATCH", `/auth/passkeys/${of}`, { token: as, json })
    expect((await rename(token, { name: " Phone " })).body).toMatchObject({ id, name: "Phone" })
    for (const json of [{ name: "" }, { name: "x".repeat(101) }, {}, { name: "x", counter: 1 }])
      expect((await rename(token, json)).status).toBe(422)
    expect((await rename(await tokenOf("bob"), { name: "his" })).status).toBe(404)
    for (const of of [id + 1, "x", "9".repeat(40)])
      expect((await rename(token, { name: "x" }, of)).status).toBe(404)
    expect(await mine(token)).toMatchObject([{ name: "Phone" }])
  })

  test("is removed by its owner, with a proof", async () => {
    const token = await tokenOf("ann")
    const { id } = await add(token)
    const other = await add(token)
    expect((await remove(await tokenOf("bob"), id)).status).toBe(404)
    for (const json of [{ current_password: "wrong horse" }, { code: "123456" }, {}])
      expect((await remove(token, id, json)).status).toBe(422)
    expect(await mine(token)).toHaveLength(2)
    const codeOf = await setUpApp(token)
    expect((await remove(token, id, { code: codeOf() })).status).toBe(204)
    expect((await remove(token, id)).status).toBe(404)
    expect(await mine(token)).toMatchObject([{ id: other.id }])
    expect(await w.audit()).toContainEqual({
      event: "passkey_removed",
      account: "1",
      actor: "1",
      id,
      name: "Laptop",
    })
    expect((await signIn(other.key)).status).toBe(200)
  })

  test("is told to be removed once, by six who remove it at once", async () => {
    const token = await tokenOf("ann")
    const { id } = await add(token)
    await Promise.all(Array.from({ length: 6 }, () => remove(token, id)))
    expect(await mine(token)).toEqual([])
    expect((await w.audit()).filter(({ event }) => event === "passkey_removed")).toHaveLength(1)
  })
})

test("asking and trying are counted as sign-ins, by address", async () => {
  await w.close()
  const none = { signInPerAccount: 0, signUpPerAddress: 0, mailPerAccount: 0, mailPerAddress: 0, requests: 0 }
  w = await accountWorld({
    limits: new ClientLimits({ ...none, signInPerAddress: 3 }, new MemoryLimiter()),
    addressOf: (c) => c.req.header("x-test-address"),
  })
  const from = (address: string) => ({ headers: { "x-test-address": address } })
  const ask = async (address: string) => (await w.call("POST", "/auth/passkey-options", from(address))).status
  const attempt = async (address: string) =>
    (await w.form("/auth/token", { grant_type, credential: "{}" }, from(address))).status
  expect([await ask("192.0.2.1"), await attempt("192.0.2.1"), await ask("192.0.2.1")]).toEqual([
    200, 400, 200,
  ])
  expect([await ask("192.0.2.1"), await attempt("192.0.2.1")]).toEqual([429, 429])
  expect([await ask("192.0.2.2"), await attempt("192.0.2.2")]).toEqual([200, 400])
})

describe("pages that may use passkeys", () => {
  const others = ["https://app.example.com"]
  const settings = { origins: [], others, domain: "example.com", isDevelopment: false }

  test("are those of the settings, and none of this machine outside development", async () => {
    await w.close()
    w = await accountWorld({ auth: { passkeys: settings } })
    const token = await tokenOf("ann")
    const key = await SoftPasskey.make()
    const options = await creation(token)
    expect(options.rp.id).toBe("example.com")
    expect((await send(token, await key.create(options))).status).toBe(422)
    const origin = "https://app.example.com"
    expect((await send(token, await key.create(options, { origin }))).status).toBe(201)
    expect((await signIn(key, { origin })).status).toBe(200)
    for (const other of [
      "http://localhost",
      "http://app.example.com",
      "https://example.com",
      "https://app.example.com:8443",
    ])
      expect((await signIn(key, { origin: other })).status, other).toBe(400)
  })
})

describe.each([
  ["without a cache", () => cacheOver(undefined)],
  ["with a cache", () => cacheOver(new MemoryStore(8_388_608, undefined))],
])("where admins need a second factor, %s", (_, cache) => {
  beforeEach(async () => {
    await w.close()
    w = await accountWorld({ subject: strict, cache: cache() })
  })

  test("a passkey is one, from the next request on, until it is removed", async () => {
    const token = await tokenOf("root")
    const me = async () => (await w.call("GET", "/people/me", { token })).status
    expect(await me()).toBe(403)
    const { id } = await add(token)
    expect(await me()).toBe(200)
    expect((await w.call("POST", "/things", { token, json: { title: "x" } })).status).toBe(201)
    const json = { name: "x", scopes: ["*"] }
    const { key } = (await w.call("POST", "/api_keys", { token, json })).body as { key: string }
    const byKey = async () => (await w.call("GET", "/people", { token: key })).status
    expect(await byKey()).toBe(200)
    expect((await remove(token, id)).status).toBe(204)
    expect([await me(), await byKey()]).toEqual([403, 403])
  })

  test("who acts as another does so no longer than it has one", async () => {
    const token = await tokenOf("root")
    const { id } = await add(token)
    const json = { user_id: 1, reason: "Ticket" }
    const acting = await w.call("POST", "/auth/act-as", { token, json })
    const as = (acting.body as Tokens).access_token
    const write = async () => (await w.call("POST", "/things", { token: as, json: { title: "x" } })).status
    const me = async () => (await w.call("GET", "/people/me", { token: as })).status
    expect([await me(), await write()]).toEqual([200, 201])
    expect((await remove(token, id)).status).toBe(204)
    expect([await write(), await me()]).toEqual([401, 401])
    await setUpApp(token)
    expect([await me(), await write()]).toEqual([200, 201])
  })

  test("who has one signs in with it: the password alone will not do", async () => {
    const token = await tokenOf("root")
    const { key, id } = await add(token)
    const byPassword = (more = {}) => w.form("/auth/token", { username: "root", password, ...more })
    const refused = await byPassword()
    expect(refused.body).toMatchObject({
      status: 400,
      code: "second_factor_required",
      error: "invalid_grant",
      detail: "Sign in with your passkey",
    })
    expect(refused.text).not.toContain("challenge")
    expect((await byPassword({ otp: "123456" })).status).toBe(400)
    const wrong = await w.form("/auth/token", { username: "root", password: "wrong horse" })
    expect(wrong.body).toMatchObject({ code: "wrong_credentials" })
    expect((await signIn(key)).status).toBe(200)
    // With an app as well, a code does.
    const codeOf = await setUpApp(token)
    expect(((await byPassword()).body as { challenge: string }).challenge).toMatch(/^wch_/)
    expect((await byPassword({ otp: codeOf() })).status).toBe(200)
    expect((await remove(token, id)).status).toBe(204)
    // Others decide for themselves.
    const ann = await add(await tokenOf("ann"))
    expect((await w.form("/auth/token", { username: "ann", password })).status).toBe(200)
    expect((await signIn(ann.key)).status).toBe(200)
  })
})

describe("removing all factors of an account", () => {
  const removeFactors = (token: string, json: unknown) =>
    w.call("POST", "/auth/remove-factors", { token, json })

  test("lets who has lost them in by the password again, and ends the sessions", async () => {
    const ann = await tokenOf("ann")
    const { key } = await add(ann)
    await setUpApp(ann)
    const bob = await add(await tokenOf("bob"))
    const root = await tokenOf("root")
    expect((await removeFactors(root, { account: 1 })).status).toBe(204)
    expect((await w.call("GET", "/people/me", { token: ann })).status).toBe(401)
    expect((await signIn(key)).status).toBe(400)
    expect([await countOf("passkeys"), await countOf("account_factors")]).toEqual([1, 0])
    expect((await w.form("/auth/token", { username: "ann", password })).status).toBe(200)
    expect((await signIn(bob.key)).status).toBe(200)
    expect(await w.audit()).toContainEqual({ event: "factors_removed", account: "1", actor: "3" })
  })

  test("is told once, of what there was: where there is nothing, sessions stay", async () => {
    const root = await tokenOf("root")
    const ann = await tokenOf("ann")
    const me = async (token: string) => (await w.call("GET", "/people/me", { token })).status
    const told = async () => (await w.audit()).filter(({ event }) => event === "factors_removed").length
    expect((await removeFactors(root, { account: 1 })).status).toBe(204)
    expect([await me(ann), await told()]).toEqual([200, 0])
    await add(ann)
    const answers = await Promise.all(Array.from({ length: 6 }, () => removeFactors(root, { account: 1 })))
    expect(statuses(answers)).toEqual(Array(6).fill(204))
    expect([await me(ann), await told(), await countOf("passkeys")]).toEqual([401, 1, 0])
    const later = await tokenOf("ann")
    await setUpApp(later)
    expect((await removeFactors(root, { account: 1 })).status).toBe(204)
    expect([await me(later), await told()]).toEqual([401, 2])
  })

  test("is for admins in person, of another's account that there is", async () => {
    const { key } = await add(await tokenOf("ann"))
    const root = await tokenOf("root")
    expect((await removeFactors("", { account: 1 })).status).toBe(401)
    for (const name of ["ann", "bob", "eve"])
      expect((await removeFactors(await tokenOf(name), { account: 1 })).status, name).toBe(403)
    const made = await w.call("POST", "/api_keys", { token: root, json: { name: "x", scopes: ["*"] } })
    expect((await removeFactors((made.body as { key: string }).key, { account: 1 })).status).toBe(403)
    expect((await removeFactors(root, { account: 3 })).status).toBe(403)
    for (const account of [99, "x"]) expect((await removeFactors(root, { account })).status).toBe(404)
    for (const json of [{}, { account: null }, { account: 1, x: 1 }])
      expect((await removeFactors(root, json)).status).toBe(422)
    expect((await signIn(key)).status).toBe(200)
    expect((await w.audit()).some(({ event }) => event === "factors_removed")).toBe(false)
  })
})
