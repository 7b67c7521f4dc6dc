import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { ProviderOptions } from "../../../src/weir/auth/provider-options.ts"
import { provider } from "../../../src/weir/auth/providers.ts"
import { sealer } from "../../../src/weir/auth/sealer.ts"
import { type Behaviour, type Issuer, IssuerServer, issuerAt } from "../support/issuer.ts"
import { client } from "../support/provider.ts"

const server = new IssuerServer()
let issuer: Issuer

beforeAll(() => server.start())
afterAll(() => server.close())
beforeEach(async () => {
  issuer = await issuerAt(server.url)
})

const callback = "http://127.0.0.1:1/auth/callback/own"

const openId = (): ProviderOptions => ({ name: "own", ...client, issuer: issuer.url })
const github = (): ProviderOptions => ({
  name: "github",
  ...client,
  authorization_endpoint: `${issuer.url}/authorize`,
  token_endpoint: `${issuer.url}/github/token`,
  userinfo_endpoint: `${issuer.url}/github/user`,
})

/** What the browser brings back. */
async function visited(url: string): Promise<URLSearchParams> {
  const { headers } = await fetch(url, { redirect: "manual" })
  return new URL(headers.get("location") ?? "").searchParams
}

/** Somebody's way to the provider and back. */
async function signedIn(options: ProviderOptions) {
  const made = provider(options)
  const { url, round } = await made.begin(callback)
  const back = await visited(url)
  expect(back.get("state")).toBe(round.state)
  return made.person(back.get("code") ?? "", round)
}

describe("an OpenID provider", () => {
  test("says who, with the address where it has verified it", async () => {
    const person = { sub: "7", email: "ann@example.com", preferred_username: "ann", name: "Ann A." }
    await issuer.behave({ person: { ...person, email_verified: true } })
    const found = { issuer: issuer.url, subject: "7", names: ["ann", "Ann A."] }
    expect(await signedIn(openId())).toEqual({ ...found, email: "ann@example.com" })
    for (const email_verified of [undefined, false, "true"]) {
      await issuer.behave({ person: { ...person, email_verified } })
      expect(await signedIn(openId())).toEqual({ ...found, email: undefined })
    }
  })

  test("is asked with a state, a nonce and a challenge that are new each time", async () => {
    const made = provider(openId())
    const urls = [new URL((await made.begin(callback)).url), new URL((await made.begin(callback)).url)]
    for (const name of ["state", "nonce", "code_challenge"]) {
      const [one, two] = urls.map((url) => url.searchParams.get(name))
      expect(one).toMatch(/^[\w-]{43}$/)
      expect(one).not.toBe(two)
    }
    expect(urls[0]?.searchParams.get("scope")).toBe("openid email profile")
  })

  test.each<[string, Behaviour]>([
    ["of another sign-in", { idToken: { claims: { nonce: "another" } } }],
    ["without a nonce", { idToken: { without: ["nonce"] } }],
    ["for another client", { idToken: { claims: { aud: "another" } } }],
    ["made for another client", { idToken: { claims: { azp: "another" } } }],
    ["of another issuer", { idToken: { claims: { iss: "https://else.example.com" } } }],
    ["that is not signed", { idToken: { by: "none" } }],
    ["signed by somebody else", { idToken: { by: "foreign" } }],
    ["signed with its public key", { idToken: { by: "public", alg: "RS256" } }],
    ["that has expired", { idToken: { claims: { exp: 1000 } } }],
    ["without a subject", { idToken: { without: ["sub"] } }],
  ])("that sends an ID token %s is not believed", async (_, behaviour) => {
    await issuer.behave(behaviour)
    await expect(signedIn(openId())).rejects.toThrow(/has sent/)
  })

  test.each<[string, Behaviour, RegExp]>([
    ["is down", { status: 503 }, /answers with status 503/],
    ["calls itself otherwise", { claims: "https://else.example.com" }, /another issuer/],
    ["exchanges no codes", { tokenStatus: 502 }, /answers with status 502/],
    ["does not answer", { slowMs: 60_000 }, /does not answer in time/],
  ])("that %s is said to be away", async (_, behaviour, why) => {
    await issuer.behave(behaviour)
    await expect(signedIn(openId())).rejects.toThrow(why)
  })

  test("takes a code once, with the verifier of its begin alone, and from its client alone", async () => {
    const made = provider(openId())
    const { url, round } = await made.begin(callback)
    const code = async () => (await visited(url)).get("code") ?? ""
    const first = await code()
    await made.person(first, round)
    await expect(made.person(first, round)).rejects.toThrow(/refuses the code: invalid_grant/)
    const other = { ...round, verifier: "x".repeat(43) }
    await expect(made.person(await code(), other)).rejects.toThrow(/invalid_grant/)
    const wrong = provider({ ...openId(), client_secret: "another" })
    await expect(wrong.person(await code(), round)).rejects.toThrow(/invalid_client/)
  })
})

describe("GitHub", () => {
  const person = { id: 7, login: "ann", name: "Ann" }
  const address = (email: string, primary: boolean, verified: boolean) => ({ email, primary, verified })

  test("says who by number, with the primary address where it is verified", async () => {
    const [first, second] = ["ann@example.com", "other@example.com"]
    const found = { issuer: "https://github.com", subject: "7", names: ["ann", "Ann"] }
    await issuer.behave({ person, emails: [address(second, false, true), address(first, true, true)] })
    expect(await signedIn(github())).toEqual({ ...found, email: first })
    await issuer.behave({ person, emails: [address(second, false, true), address(first, true, false)] })
    expect(await signedIn(github())).toEqual({ ...found, email: undefined })
  })

  test.each<[string, Behaviour, RegExp]>([
    ["has no number", { person: { login: "ann" } }, /who has signed in/],
    ["has a number that is text", { person: { id: "7" } }, /who has signed in/],
    ["is down", { tokenStatus: 500 }, /status 500/],
    ["sends no list of addresses", { person, emails: "none" }, /no list of addresses/],
  ])("that %s is not believed", async (_, behaviour, why) => {
    await issuer.behave(behaviour)
    await expect(signedIn(github())).rejects.toThrow(why)
  })

  test("that refuses a code with status 200 refuses it", async () => {
    const made = provider(github())
    const { round } = await made.begin(callback)
    await expect(made.person("none", round)).rejects.toThrow(/refuses the code: invalid_grant/)
  })
})

describe("what is sealed", () => {
  const secrets: [string, string] = [
    "a secret for tests, of forty bytes or so",
    "an older secret, of forty bytes or there",
  ]

  test("is opened for its purpose, in its time, by the secrets that are there", () => {
    const [one, other] = [sealer(secrets, "one"), sealer(secrets, "other")]
    const text = one.seal({ state: "x" }, 60)
    expect(one.open(text)).toEqual({ state: "x" })
    expect(text).not.toContain(Buffer.from('"state"').toString("base64url"))
    expect(other.open(text)).toBeUndefined()
    expect(one.open(one.seal({}, -1))).toBeUndefined()
    const rotated = sealer(["a new secret, of forty bytes and some more", ...secrets], "one")
    expect(rotated.open(text)).toEqual({ state: "x" })
    expect(sealer([secrets[1]], "one").open(text)).toBeUndefined()
  })

  test("with a letter changed is not opened", () => {
    const one = sealer(secrets, "one")
    const text = one.seal({ state: "x" }, 60)
    for (let i = 0; i < text.length; i++) {
      const changed = text.slice(0, i) + (text[i] === "A" ? "B" : "A") + text.slice(i + 1)
      expect(one.open(changed), `letter ${i}`).toBeUndefined()
    }
  })
})
