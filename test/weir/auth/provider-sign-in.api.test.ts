import { createHash, randomBytes } from "node:crypto"
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest"
import type { AuthSettings } from "../../../src/weir/auth/auth-context.ts"
import type { ProviderOptions } from "../../../src/weir/auth/provider-options.ts"
import { hotp, stepAt } from "../../../src/weir/auth/totp.ts"
import { fromBase32 } from "../../../src/weir/lib/base32.ts"
import { ClientLimits } from "../../../src/weir/limits/client-limits.ts"
import { MemoryLimiter } from "../../../src/weir/limits/memory.ts"
import {
  type AccountWorld,
  accountsSubject,
  accountWorld,
  password,
  type Tokens,
} from "../support/account-world.ts"
import type { Answer } from "../support/client.ts"
import { type Behaviour, type Issuer, issuerAt } from "../support/issuer.ts"
import { client } from "../support/provider.ts"
import { strictApi } from "./api/api.ts"

/** Another document than that of the same API without providers. */
const subject = { ...accountsSubject, api: { ...accountsSubject.api } }
const strict = { ...accountsSubject, api: { ...strictApi } }
const redirectUri = "https://app.example.com/signed-in?from=weir"

let w: AccountWorld
let issuer: Issuer
let other: Issuer

const providersAt = (own: Partial<ProviderOptions> = {}): ProviderOptions[] => [
  { name: "own", ...client, issuer: issuer.url, ...own },
  { name: "other", ...client, issuer: other.url },
  {
    name: "github",
    ...client,
    authorization_endpoint: `${issuer.url}/authorize`,
    token_endpoint: `${issuer.url}/github/token`,
    userinfo_endpoint: `${issuer.url}/github/user`,
  },
]

const worldWith = (
  own: Partial<ProviderOptions> = {},
  auth: AuthSettings = {},
  of = subject,
): Promise<AccountWorld> =>
  accountWorld({
    subject: of,
    auth: {
      providers: providersAt(own),
      redirects: [redirectUri, "https://app.example.com/other", "com.example.app:/done"],
      ...auth,
    },
  })

beforeEach(async () => {
  issuer = await issuerAt(inject("issuerUrl"))
  other = await issuerAt(inject("issuerUrl"))
  w = await worldWith()
})
afterEach(() => w.close())

/** A sign-in as an app begins it. */
interface App {
  verifier: string
  query: Record<string, string>
}

function app(query: Record<string, string> = {}): App {
  const verifier = randomBytes(32).toString("base64url")
  const code_challenge = createHash("sha256").update(verifier).digest("base64url")
  return {
    verifier,
    query: {
      redirect_uri: redirectUri,
      code_challenge,
      code_challenge_method: "S256",
      state: "mine",
      ...query,
    },
  }
}

const locationOf = ({ headers }: { headers: Headers }): URL => new URL(headers.get("location") ?? "")
const cookieOf = ({ headers }: Answer): string => (headers.get("set-cookie") ?? "").split(";")[0] as string

/** A text with one letter in its midst that is another. */
const altered = (text: string): string =>
  `${text.slice(0, 40)}${text[40] === "A" ? "B" : "A"}${text.slice(41)}`

/** What comes before the provider's page. */
const begun = (query: Record<string, string>, provider = "own"): Promise<Answer> =>
  w.call("GET", `/auth/sign-in/${provider}?${new URLSearchParams(query)}`)

/** The provider's page, where somebody agrees: the path of the callback that it leads to. */
async function agreed(answer: Answer): Promise<string> {
  expect(answer.status, answer.text).toBe(302)
  const back = locationOf(await fetch(locationOf(answer), { redirect: "manual" }))
  return back.pathname + back.search
}

/** The way of a browser to the provider and back to the app. */
async function round(query: Record<string, string>, provider = "own"): Promise<URL> {
  const first = await begun(query, provider)
  const last = await w.call("GET", await agreed(first), { headers: { cookie: cookieOf(first) } })
  expect(last.status, last.text).toBe(302)
  expect(last.headers.get("set-cookie")).toMatch(/=; .*Max-Age=0/)
  return locationOf(last)
}

const exchanged = (code: string, { verifier }: App, values: Record<string, string> = {}): Promise<Answer> =>
  w.form("/auth/token", {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...values,
  })

/** Somebody signs in, which must succeed. */
async function signedIn(provider = "own"): Promise<Tokens> {
  const own = app()
  const back = await round(own.query, provider)
  expect(back.searchParams.get("error_description")).toBeNull()
  const answer = await exchanged(back.searchParams.get("code") ?? "", own)
  expect(answer.status, answer.text).toBe(200)
  return answer.body as Tokens
}

const refusedWith = async (provider = "own"): Promise<URLSearchParams> =>
  (await round(app().query, provider)).searchParams

const me = async (tokens: Tokens) =>
  (await w.call("GET", "/people/me", { token: tokens.access_token })).body as Record<string, unknown>

/** Somebody at the provider with an address that it has verified. */
const person = (sub: string, email: string, more: object = {}): Behaviour => ({
  person: { sub, email, email_verified: true, ...more },
})

const ownersOf = async () =>
  (await w.run("select user_id, subject from identities order by id")).map(([id, sub]) => [Number(id), sub])

describe("signing in with a provider", () => {
  test("makes an account at first, and leads to it from then on", async () => {
    await issuer.behave(person("7", "new@example.com", { preferred_username: "newest" }))
    const tokens = await signedIn()
    expect(tokens).toMatchObject({ token_type: "bearer", refresh_token: expect.stringMatching(/^wrt_/) })
    const account = await me(tokens)
    expect(account).toMatchObject({ email: "new@example.com", username: "newest", role: "user" })
    expect(account.verified_at).toMatch(/^20/)
    expect((await me(await signedIn())).id).toBe(account.id)
    expect(await ownersOf()).toEqual([[account.id, "7"]])
    const [session] = (await w.call("GET", "/sessions", { token: tokens.access_token })).body as object[]
    expect(session).toMatchObject({ method: "own" })
    expect((await w.refresh(tokens.refresh_token)).status).toBe(200)
  })

  test("does so with GitHub, by its number and its verified primary address", async () => {
    const emails = [{ email: "octo@example.com", primary: true, verified: true }]
    await issuer.behave({ person: { id: 583231, login: "octocat" }, emails })
    expect(await me(await signedIn("github"))).toMatchObject({
      email: "octo@example.com",
      username: "octocat",
    })
    await issuer.behave({ person: { id: 583231, login: "renamed" }, emails: [] })
    expect(await me(await signedIn("github"))).toMatchObject({ username: "octocat" })
    await issuer.behave({ person: { id: 7, login: "octocat" }, emails: [{ ...emails[0], verified: false }] })
    expect((await refusedWith("github")).get("error")).toBe("access_denied")
  })

  test("comes back to the app with its state, at the URL that it has named", async () => {
    await issuer.behave(person("7", "new@example.com"))
    const back = await round(app().query)
    expect(`${back.origin}${back.pathname}`).toBe("https://app.example.com/signed-in")
    expect([...back.searchParams.keys()]).toEqual(["from", "code", "state"])
    expect(back.searchParams.get("state")).toBe("mine")
    expect((await round(app({ redirect_uri: "com.example.app:/done" }).query)).href).toMatch(
      /^com\.example\.app:\/done\?code=/,
    )
  })

  test("takes its parts along in a cookie that scripts and other sites do not see", async () => {
    const { headers } = await begun(app().query)
    const cookie = headers.get("set-cookie") ?? ""
    expect(cookie).toMatch(
      /^weir_sign_in_[\w-]{12}=[\w.-]+; Max-Age=600; Path=\/auth\/callback\/own; HttpOnly; SameSite=Lax$/,
    )
    expect(cookie.length).toBeLessThan(4000)
    expect(headers.get("cache-control")).toBe("no-store")
    await w.close()
    w = await worldWith({}, { publicUrl: "https://api.example.com" })
    const secure = await begun(app().query)
    expect(secure.headers.get("set-cookie")).toMatch(/; HttpOnly; Secure; SameSite=Lax$/)
    expect(locationOf(secure).searchParams.get("redirect_uri")).toBe(
      "https://api.example.com/auth/callback/own",
    )
  })
})

test("below a base path, a sign-in stays below it", async () => {
  await w.close()
  w = await accountWorld({
    subject,
    basePath: "/api/v1",
    auth: { providers: providersAt(), redirects: [redirectUri] },
  })
  await issuer.behave(person("7", "ann@example.com"))
  const own = app()
  const first = await begun(own.query)
  expect(first.headers.get("set-cookie")).toContain("Path=/api/v1/auth/callback/own;")
  const path = await agreed(first)
  expect(path).toMatch(/^\/api\/v1\/auth\/callback\/own\?/)
  // As a proxy that takes the prefix away.
  const last = await w.call("GET", path.slice("/api/v1".length), { headers: { cookie: cookieOf(first) } })
  const tokens = (await exchanged(locationOf(last).searchParams.get("code") ?? "", own)).body as Tokens
  const { url } = (
    await w.call("POST", "/auth/identities/own", { token: tokens.access_token, json: app().query })
  ).body as { url: string }
  expect(new URL(url).pathname).toBe("/api/v1/auth/sign-in/own")
})

describe("whose account it is", () => {
  test("is that of the verified address, where it was verified here as well", async () => {
    await issuer.behave(person("7", "Ann@Example.com"))
    expect(await me(await signedIn())).toMatchObject({ id: 1, username: "ann" })
    expect(await ownersOf()).toEqual([[1, "7"]])
    expect((await w.audit()).map(({ event }) => event)).toEqual(["identity_linked", "sign_in"])
    // From now on, whatever the address.
    await issuer.behave(person("7", "bob@example.com"))
    expect(await me(await signedIn())).toMatchObject({ id: 1 })
  })

  test("is not that of somebody who has signed up with another's address, and waits", async () => {
    const taken = { email: "victim@example.com", username: "attacker", password: "a long password 1" }
    expect((await w.call("POST", "/people", { json: taken })).status).toBe(201)
    await issuer.behave(person("7", "victim@example.com"))
    const refusal = await refusedWith()
    expect(refusal.get("error")).toBe("access_denied")
    expect(refusal.get("error_description")).toMatch(/an account with this address/)
    expect(refusal.get("code")).toBeNull()
    expect(await ownersOf()).toEqual([])
  })

  test("is not that of an address that the provider has not verified", async () => {
    for (const email_verified of [false, undefined, "true"]) {
      await issuer.behave({ person: { sub: "7", email: "ann@example.com", email_verified } })
      expect((await refusedWith()).get("error")).toBe("access_denied")
    }
    expect(await ownersOf()).toEqual([])
  })

  test("is that of an identity, which two providers do not share", async () => {
    await issuer.behave(person("7", "ann@example.com"))
    await other.behave(person("7", "bob@example.com"))
    expect(await me(await signedIn())).toMatchObject({ id: 1 })
    expect(await me(await signedIn("other"))).toMatchObject({ id: 2 })
  })

  test("is none where the account is disabled, also between the code and its exchange", async () => {
    await issuer.behave(person("7", "ann@example.com"))
    const own = app()
    const code = (await round(own.query)).searchParams.get("code") ?? ""
    await w.run("update people set disabled_at = '2026-01-01T00:00:00.000Z' where id = 1")
    expect((await exchanged(code, own)).body).toMatchObject({ error: "invalid_grant" })
    expect((await refusedWith()).get("error")).toBe("access_denied")
  })

  test("is not made beyond what one address may make, and the app may try again", async () => {
    await w.close()
    const mails = { mailPerAccount: 0, mailPerAddress: 0 }
    const amounts = { signInPerAccount: 0, signInPerAddress: 0, signUpPerAddress: 1, ...mails, requests: 0 }
    w = await accountWorld({
      subject,
      auth: { providers: providersAt(), redirects: [redirectUri] },
      limits: new ClientLimits(amounts, new MemoryLimiter()),
    })
    await issuer.behave(person("7", "new@example.com"))
    await signedIn()
    await issuer.behave(person("8", "newer@example.com"))
    expect((await refusedWith()).get("error")).toBe("temporarily_unavailable")
    // Who has an account signs in.
    await issuer.behave(person("7", "new@example.com"))
    await signedIn()
  })

  test("is none where nobody new is taken", async () => {
    await w.close()
    w = await worldWith({ create: false })
    await issuer.behave(person("7", "new@example.com"))
    expect((await refusedWith()).get("error")).toBe("access_denied")
    await issuer.behave(person("7", "ann@example.com"))
    expect(await me(await signedIn())).toMatchObject({ id: 1 })
  })
})

describe("a code", () => {
  let own: App
  let code: string
  beforeEach(async () => {
    await issuer.behave(person("7", "ann@example.com"))
    own = app()
    code = (await round(own.query)).searchParams.get("code") ?? ""
    expect(code).toMatch(/^[\w-]{43}$/)
  })

  test("is good once, also where many send it at a time", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchanged(code, own)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(400)])
    expect((await exchanged(code, own)).body).toMatchObject({ code: "invalid_grant", error: "invalid_grant" })
  })

  test.each<[string, Record<string, string>]>([
    ["another redirect", { redirect_uri: "https://app.example.com/other" }],
    ["another verifier", { code_verifier: randomBytes(32).toString("base64url") }],
    ["the challenge in place of its verifier", { code_verifier: "challenge" }],
  ])("with %s is refused, and used up", async (_, values) => {
    const sent =
      values.code_verifier === "challenge" ? { code_verifier: own.query.code_challenge ?? "" } : values
    expect((await exchanged(code, own, sent)).body).toMatchObject({ error: "invalid_grant" })
    expect((await exchanged(code, own)).body).toMatchObject({ error: "invalid_grant" })
  })

  test.each(["code", "redirect_uri", "code_verifier"])("without %s is a 400 that names it", async (name) => {
    expect((await exchanged(code, own, { [name]: "" })).body).toMatchObject({
      error: "invalid_request",
      errors: [{ path: name, code: "required" }],
    })
  })

  test("is kept as a digest, for a minute", async () => {
    expect(JSON.stringify(await w.run("select * from account_tokens"))).not.toContain(code)
    await w.run("update account_tokens set expires_at = '2026-01-01T00:00:00.000Z'")
    expect((await exchanged(code, own)).body).toMatchObject({ detail: expect.stringMatching(/expired/) })
    await round(app().query)
    await w.run("update account_tokens set expires_at = '2026-01-01T00:00:00.000Z'")
    await round(app().query)
    expect(await w.run("select * from account_tokens")).toHaveLength(1)
  })
})

describe("a browser that comes back", () => {
  beforeEach(() => issuer.behave(person("7", "ann@example.com")))

  test("without what it began with, or with that of another sign-in, gets a 400", async () => {
    const [first, second] = [await begun(app().query), await begun(app().query)]
    const path = await agreed(first)
    const own = cookieOf(first)
    const [name = "", value = ""] = own.split("=")
    const cookies = [
      "",
      cookieOf(second),
      // The other's content under the name of this one.
      `${name}=${cookieOf(second).split("=")[1]}`,
      `${name}=${altered(value)}`,
      `${name}=`,
      `x${own}`,
    ]
    for (const cookie of cookies) {
      const answer = await w.call("GET", path, { headers: { cookie } })
      expect(answer.status, cookie).toBe(400)
      expect(answer.body).toMatchObject({ code: "sign_in_not_begun" })
      expect(answer.headers.get("location")).toBeNull()
    }
    expect((await w.call("GET", path, { headers: { cookie: `a=b; ${own}` } })).status).toBe(302)
  })

  test("with another state, or to another provider, gets a 400", async () => {
    const first = await begun(app().query)
    const path = await agreed(first)
    const headers = { cookie: cookieOf(first) }
    const state = new URLSearchParams(path.split("?")[1]).get("state") ?? ""
    for (const changed of [
      path.replace(state, `${state.slice(0, 12)}${"x".repeat(31)}`),
      path.replace(state, ""),
      path.replace("/own", "/other"),
    ])
      expect((await w.call("GET", changed, { headers })).status, changed).toBe(400)
    expect((await w.call("GET", path.replace("/own", "/none"), { headers })).status).toBe(404)
  })

  test("twice with the same code is refused by the provider", async () => {
    const first = await begun(app().query)
    const path = await agreed(first)
    const again = async () => locationOf(await w.call("GET", path, { headers: { cookie: cookieOf(first) } }))
    expect((await again()).searchParams.get("code")).toMatch(/./)
    expect((await again()).searchParams.get("error")).toBe("server_error")
  })

  test("with the answer of another issuer is refused", async () => {
    const first = await begun(app().query)
    const path = `${await agreed(first)}&iss=${encodeURIComponent(other.url)}`
    const answer = await w.call("GET", path, { headers: { cookie: cookieOf(first) } })
    expect(locationOf(answer).searchParams.get("error")).toBe("server_error")
  })
})

describe("what goes wrong", () => {
  test.each<[string, Behaviour, string]>([
    ["its user does not agree", { refusal: "access_denied" }, "access_denied"],
    ["it refuses", { refusal: "invalid_scope" }, "server_error"],
    ["it is away for a while", { refusal: "temporarily_unavailable" }, "temporarily_unavailable"],
    ["it exchanges no codes", { tokenStatus: 503 }, "temporarily_unavailable"],
    ["it refuses the code", { tokenStatus: 400 }, "server_error"],
    ["its token is another's", { idToken: { by: "foreign" } }, "server_error"],
    ["its token has another nonce", { idToken: { claims: { nonce: "x" } } }, "server_error"],
  ])("at a provider, where %s, is told to the app", async (_, behaviour, error) => {
    await issuer.behave({ ...person("7", "ann@example.com"), ...behaviour })
    const told = await refusedWith()
    expect(told.get("error")).toBe(error)
    expect(told.get("error_description")).toMatch(/^[A-Z]/)
    expect(told.get("state")).toBe("mine")
    expect(told.toString()).not.toContain(client.client_secret)
    expect(w.logs.at(-1)).toMatchObject({ sign_in: error, why: expect.any(String) })
    expect(JSON.stringify(w.logs)).not.toContain(client.client_secret)
  })

  test("before the provider's page, where the provider is down, is told as well", async () => {
    await issuer.behave({ status: 500 })
    const answer = await begun(app().query)
    expect(answer.status).toBe(302)
    expect(locationOf(answer).origin).toBe("https://app.example.com")
    expect(locationOf(answer).searchParams.get("error")).toBe("temporarily_unavailable")
    expect(w.logs.at(-1)).toMatchObject({ why: expect.stringMatching(/own answers with status 500/) })
  })

  test.each([
    undefined,
    "https://evil.example.com/",
    "https://app.example.com/signed-in",
    `${redirectUri}/..`,
    "https://APP.example.com/signed-in?from=weir",
    "javascript:alert(1)",
    "//app.example.com/other",
  ])("with the redirect %s sends nobody anywhere", async (uri) => {
    const { redirect_uri: _, ...query } = app().query
    const answer = await begun({ ...query, ...(uri === undefined ? {} : { redirect_uri: uri }) })
    expect(answer.status).toBe(422)
    expect(answer.headers.get("location")).toBeNull()
    expect(answer.body).toMatchObject({ errors: [{ path: "redirect_uri" }] })
  })

  test.each<[string, Record<string, string>]>([
    ["no challenge", { code_challenge: "" }],
    ["a challenge that is none", { code_challenge: "plain" }],
    ["the method plain", { code_challenge_method: "plain" }],
    ["no method", { code_challenge_method: "" }],
    ["a state that is too long", { state: "x".repeat(501) }],
  ])("with %s is told to the app", async (_, query) => {
    const answer = await begun(app(query).query)
    expect(answer.status).toBe(302)
    expect(answer.headers.get("set-cookie")).toBeNull()
    expect(locationOf(answer).searchParams.get("error")).toBe("invalid_request")
  })

  test("is a 404 for a provider that there is not", async () => {
    for (const name of ["none", "__proto__", "constructor"])
      expect((await begun(app().query, name)).status).toBe(404)
  })
})

describe("an account with a second factor", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test("is asked for its code after the provider as after the password", async () => {
    // A code is of one step of time.
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] })
    const { access_token: token } = await w.signIn("ann")
    const factor = (await w.call("POST", "/auth/factors", { token, json: { current_password: password } }))
      .body as { id: number; secret: string }
    const codeAt = (steps: number) =>
      hotp(fromBase32(factor.secret) as Uint8Array, stepAt(Date.now()) + steps)
    const confirm = { token, json: { code: codeAt(-1) } }
    expect((await w.call("POST", `/auth/factors/${factor.id}/confirm`, confirm)).status).toBeLessThan(300)
    await issuer.behave(person("7", "ann@example.com"))
    const own = app()
    const code = (await round(own.query)).searchParams.get("code") ?? ""
    const asked = await exchanged(code, own)
    expect(asked.status).toBe(400)
    const { challenge } = asked.body as { challenge: string }
    expect(asked.body).toMatchObject({ code: "second_factor_required" })
    const answer = await w.form("/auth/token", {
      grant_type: "urn:weir:params:oauth:grant-type:otp",
      challenge,
      otp: codeAt(0),
    })
    expect(answer.status, answer.text).toBe(200)
    const tokens = answer.body as Tokens
    const session = await w.call("GET", `/sessions/${tokens.session_id}`, { token: tokens.access_token })
    expect(session.body).toMatchObject({ method: "own otp" })
    const again = app()
    const next = (await round(again.query)).searchParams.get("code") ?? ""
    // A code of the app that was used before is none; the provider's code is used up.
    expect((await exchanged(next, again, { otp: codeAt(0) })).body).toMatchObject({ error: "invalid_grant" })
    const third = app()
    const last = (await round(third.query)).searchParams.get("code") ?? ""
    expect((await exchanged(last, third, { otp: codeAt(1) })).status).toBe(200)
    const fourth = app()
    const challenged = await exchanged((await round(fourth.query)).searchParams.get("code") ?? "", fourth)
    await w.run("delete from identities")
    vi.setSystemTime(Date.now() + 60_000)
    const unlinked = await w.form("/auth/token", {
      grant_type: "urn:weir:params:oauth:grant-type:otp",
      challenge: (challenged.body as { challenge: string }).challenge,
      otp: codeAt(1),
    })
    expect(unlinked.body).toMatchObject({ status: 400, code: "wrong_credentials" })
  })

  test("is told to use its passkey, where it has that alone and its role needs a factor", async () => {
    await w.close()
    w = await worldWith({}, {}, strict)
    await issuer.behave(person("7", "root@example.com"))
    const signedIn = async (): Promise<Answer> => {
      const own = app()
      return exchanged((await round(own.query)).searchParams.get("code") ?? "", own)
    }
    expect((await signedIn()).status).toBe(200)
    await w.run(
      "insert into passkeys (user_id, name, credential_id, public_key, counter, transports, backed_up) values (3, 'x', 'QUJD', 'QUJD', 0, '[]', false)",
    )
    const sessions = await w.run("select count(*) from sessions")
    const refused = await signedIn()
    expect(refused.body).toMatchObject({
      status: 400,
      code: "second_factor_required",
      error: "invalid_grant",
      detail: "Sign in with your passkey",
    })
    expect(refused.text).not.toContain("challenge")
    expect(await w.run("select count(*) from sessions")).toEqual(sessions)
  })
})

describe("linking a provider", () => {
  const link = (token: string | undefined, json: object = app().query, provider = "own") =>
    w.call("POST", `/auth/identities/${provider}`, { token, json })
  /** The way of a browser from the URL that was answered. */
  const roundOf = async (url: string): Promise<URL> => {
    const { search, pathname } = new URL(url)
    const first = await w.call("GET", pathname + search)
    return locationOf(await w.call("GET", await agreed(first), { headers: { cookie: cookieOf(first) } }))
  }

  test("is refused with a header that it cannot honour", async () => {
    const { access_token: token } = await w.signIn("ann")
    for (const headers of [{ prefer: "tx=rollback" }, { "idempotency-key": "one" }]) {
      const answer = await w.call("POST", "/auth/identities/own", { token, json: app().query, headers })
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({ errors: [{ path: Object.keys(headers)[0] }] })
    }
  })

  test("gives the account the identity once its app has exchanged the code, whatever the address", async () => {
    await issuer.behave(person("7", "elsewhere@example.com"))
    const ann = await w.signIn("ann")
    const own = app()
    const answer = await link(ann.access_token, own.query)
    expect(answer.status, answer.text).toBe(200)
    const back = await roundOf((answer.body as { url: string }).url)
    expect(back.searchParams.get("state")).toBe("mine")
    // Whoever was lured to that URL has linked nothing yet.
    expect(await ownersOf()).toEqual([])
    const code = back.searchParams.get("code") ?? ""
    expect((await exchanged(code, own)).status).toBe(200)
    expect(await ownersOf()).toEqual([[1, "7"]])
    expect(await me(await signedIn())).toMatchObject({ id: 1, email: "ann@example.com" })
  })

  test("is refused where another account has the identity, and where the password has changed since", async () => {
    await issuer.behave(person("7", "bob@example.com"))
    expect(await me(await signedIn())).toMatchObject({ id: 2 })
    const ann = await w.signIn("ann")
    const urlOf = async (own: App) => ((await link(ann.access_token, own.query)).body as { url: string }).url
    expect((await roundOf(await urlOf(app()))).searchParams.get("error")).toBe("access_denied")
    await issuer.behave(person("8", "x@example.com"))
    const own = app()
    const code = (await roundOf(await urlOf(own))).searchParams.get("code") ?? ""
    await w.run("update people set hashed_password = 'another' where id = 1")
    expect((await exchanged(code, own)).body).toMatchObject({ error: "invalid_grant" })
    expect(await ownersOf()).toEqual([[2, "7"]])
  })

  test("is for who has signed in, with a whole request", async () => {
    expect((await link(undefined)).status).toBe(401)
    const { access_token: token } = await w.signIn("ann")
    const { state: _, ...query } = app().query
    expect((await link(token, query)).status).toBe(200)
    for (const [name, value] of Object.entries({
      redirect_uri: "https://evil.example.com/",
      code_challenge: "short",
      code_challenge_method: "plain",
      state: 7,
      more: "x",
    })) {
      const answer = await link(token, { ...app().query, [name]: value })
      expect(answer.status).toBe(422)
      expect(answer.body).toMatchObject({ errors: [{ path: name }] })
    }
    expect((await link(token, app().query, "none")).status).toBe(404)
  })

  test("takes no ticket but its own, for its provider", async () => {
    const { access_token: token } = await w.signIn("ann")
    const { url } = (await link(token)).body as { url: string }
    const ticket = new URL(url).searchParams.get("ticket") ?? ""
    const cookie = cookieOf(await begun(app().query)).split("=")[1] ?? ""
    expect((await begun({ ticket })).status).toBe(302)
    expect((await begun({ ticket }, "other")).status).toBe(422)
    for (const wrong of [altered(ticket), "x", cookie, token])
      expect((await begun({ ticket: wrong })).status).toBe(422)
  })
})

describe("the identities of an account", () => {
  test("are its own to see and to give up, but not the last way to sign in", async () => {
    await issuer.behave(person("7", "new@example.com"))
    const tokens = await signedIn()
    const token = tokens.access_token
    const list = async () => (await w.call("GET", "/identities", { token })).body as { id: number }[]
    const [identity] = await list()
    expect(identity).toMatchObject({ issuer: issuer.url, subject: "7", email: "new@example.com" })
    const remove = (id: number | undefined, by = token) =>
      w.call("DELETE", `/identities/${id}`, { token: by })
    expect((await remove(identity?.id)).status).toBe(403)
    const bob = await w.signIn("bob")
    expect((await w.call("GET", `/identities/${identity?.id}`, { token: bob.access_token })).status).toBe(404)
    expect((await remove(identity?.id, bob.access_token)).status).toBe(404)
    // A second one, then the first may go.
    await other.behave(person("8", "new@example.com"))
    await signedIn("other")
    expect(await list()).toHaveLength(2)
    expect((await remove(identity?.id)).status).toBe(204)
    const [last] = await list()
    expect((await remove(last?.id)).status).toBe(403)
    expect((await w.audit()).map(({ event }) => event)).toContain("identity_unlinked")
  })

  test("do not go both where both are given up at once", async () => {
    for (let n = 0; n < 8; n++) {
      await issuer.behave(person(`a${n}`, `new${n}@example.com`))
      await other.behave(person(`b${n}`, `new${n}@example.com`))
      await signedIn()
      const { access_token: token } = await signedIn("other")
      const list = (await w.call("GET", "/identities", { token })).body as { id: number }[]
      const answers = await Promise.all(
        list.map(({ id }) => w.call("DELETE", `/identities/${id}`, { token })),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 403])
    }
  })

  test("begin no session any more once they are given up, also by a code from before", async () => {
    await issuer.behave(person("7", "ann@example.com"))
    const { access_token: token } = await signedIn()
    const own = app()
    const code = (await round(own.query)).searchParams.get("code") ?? ""
    const [identity] = (await w.call("GET", "/identities", { token })).body as { id: number }[]
    expect((await w.call("DELETE", `/identities/${identity?.id}`, { token })).status).toBe(204)
    const answer = await exchanged(code, own)
    expect(answer.body).toMatchObject({ status: 400, code: "wrong_credentials" })
    expect((await w.audit()).filter(({ method }) => method === "own")).toHaveLength(1)
  })

  test("may all go where there is a password", async () => {
    await issuer.behave(person("7", "ann@example.com"))
    const { access_token: token } = await signedIn()
    const [identity] = (await w.call("GET", "/identities", { token })).body as { id: number }[]
    expect((await w.call("DELETE", `/identities/${identity?.id}`, { token })).status).toBe(204)
    expect(await ownersOf()).toEqual([])
    expect((await w.call("POST", "/identities", { token, json: {} })).status).toBe(405)
  })
})
