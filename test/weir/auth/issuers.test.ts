import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest"
import { cooldownMs, maxAgeMs, maxStaleMs } from "../../../src/weir/auth/issuer-keys.ts"
import { claimedIssuer, issuers } from "../../../src/weir/auth/issuers.ts"
import type { IssuerOptions } from "../../../src/weir/resource/issuers.ts"
import { type Behaviour, type Issuer, IssuerServer, issuerAt, type TokenRequest } from "../support/issuer.ts"

const server = new IssuerServer()
let issuer: Issuer

beforeAll(() => server.start())
afterAll(() => server.close())
beforeEach(async () => {
  issuer = await issuerAt(server.url)
  vi.useFakeTimers({ toFake: ["Date"] })
})
afterEach(() => {
  vi.useRealTimers()
})

const later = (ms: number) => vi.setSystemTime(Date.now() + ms)

/** Verifies tokens of the issuer, as a process with nothing in memory does. */
function verifier(options: Partial<IssuerOptions> = {}) {
  const all = issuers([{ issuer: issuer.url, audience: "weir", ...options }])
  return (token: string) => all.verify(token, claimedIssuer(token) ?? "")
}

const verified = async (request: TokenRequest, options?: Partial<IssuerOptions>) =>
  verifier(options)(await issuer.sign(request))

describe("a token of another issuer", () => {
  test.each(["RS256", "ES256", "EdDSA"] as const)("that is signed by %s holds", async (alg) => {
    expect(await verified({ alg })).toMatchObject({ issuer: issuer.url, subject: "ann" })
  })

  test("says who, and what its claims are", async () => {
    const claims = { org: "acme", realm_access: { roles: ["editor"] }, "https://weir/roles": "chief" }
    const found = await verified({ claims }, { roles: "realm_access.roles" })
    expect(found).toMatchObject({ roles: ["editor"], claims: { org: "acme" }, scopes: undefined })
    expect(await verified({ claims }, { roles: "https://weir/roles" })).toMatchObject({ roles: ["chief"] })
    expect(await verified({ claims }, { roles: "app.none" })).toMatchObject({ roles: [] })
    expect(await verified({ claims: { aud: ["else", "weir"] } })).toMatchObject({ subject: "ann" })
  })

  test("has an address only where its issuer has verified it", async () => {
    const email = "ann@example.com"
    expect(await verified({ claims: { email, email_verified: true } })).toMatchObject({ email })
    for (const email_verified of [undefined, false, "true", 1])
      expect(await verified({ claims: { email, email_verified } })).toMatchObject({ email: undefined })
  })

  test.each<[string, object, Partial<IssuerOptions>, string[] | undefined]>([
    ["none", {}, {}, undefined],
    ["those of OpenID alone", { scope: "openid profile email" }, {}, undefined],
    ["one in scope", { scope: "openid items:read" }, {}, ["items:read"]],
    ["a list in scp", { scp: ["items:read", "users:*"] }, {}, ["items:read", "users:*"]],
    [
      "those of OpenID in scope, and others in scp",
      { scope: "openid", scp: ["items:read"] },
      {},
      ["items:read"],
    ],
    ["an empty scope, and one in scp", { scope: "", scp: "items:read" }, {}, ["items:read"]],
    [
      "some in both",
      { scope: "items:read openid", scp: ["users:*", "items:read"] },
      {},
      ["items:read", "users:*"],
    ],
    ["a claim of its own", { permissions: ["items:read"] }, { scopes: "permissions" }, ["items:read"]],
    ["a claim that is not there", { scope: "items:read" }, { scopes: "permissions" }, []],
    ["what is to be ignored", { scope: "items:read" }, { scopes: false }, undefined],
  ])("with %s has these scopes", async (_, claims, options, scopes) => {
    expect(await verified({ claims: { ...claims } }, options)).toMatchObject({ scopes })
  })

  test.each<[string, unknown]>([
    ["an object", { "items:read": true }],
    ["a number", 7],
    ["true", true],
    ["a list of others than texts", ["items:read", 7]],
    ["a list of lists", [["items:read"]]],
  ])("whose claim of scopes or roles is %s does not hold: it would narrow nothing", async (_, value) => {
    const { scopes, roles } = { scopes: { scopes: "app.may" }, roles: { roles: "app.is" } }
    for (const [claims, options, name] of [
      [{ scope: value }, {}, "scope"],
      [{ scp: value }, {}, "scp"],
      [{ scope: "items:read", scp: value }, {}, "scp"],
      [{ app: { may: value } }, scopes, "app.may"],
      [{ app: { is: value } }, roles, "app.is"],
    ] as const)
      expect(await verified({ claims }, options)).toBe(`its claim ${name} is missing or wrong`)
    expect(await verified({ claims: { scope: value } }, { scopes: false })).toMatchObject({ subject: "ann" })
  })

  test("may say that there are no roles, and not that there are no scopes", async () => {
    expect(await verified({ claims: { is: null } }, { roles: "is" })).toMatchObject({ roles: [] })
    expect(await verified({ claims: { scope: null } })).toMatch(/claim scope/)
    expect(await verified({ claims: { may: null } }, { scopes: "may" })).toMatch(/claim may/)
  })

  const now = () => Math.floor(Date.now() / 1000)
  test.each<[string, () => TokenRequest, RegExp]>([
    ["not signed", () => ({ by: "none" }), /algorithm/],
    ["signed with the public key as a secret", () => ({ by: "public", alg: "RS256" }), /algorithm/],
    ["signed by another key of that name", () => ({ by: "foreign" }), /not signed/],
    ["of an unknown key", () => ({ header: { kid: "none" } }), /a key that its issuer does not have/],
    ["for another audience", () => ({ claims: { aud: "else" } }), /another audience/],
    ["for no audience", () => ({ without: ["aud"] }), /another audience/],
    ["expired", () => ({ claims: { exp: now() - 31 } }), /expired/],
    ["of no end", () => ({ without: ["exp"] }), /claim exp/],
    ["not yet valid", () => ({ claims: { nbf: now() + 60 } }), /not valid yet/],
    ["without a subject", () => ({ without: ["sub"] }), /claim sub/],
    ["of an empty subject", () => ({ claims: { sub: "" } }), /claim sub/],
    ["of a subject with NUL", () => ({ claims: { sub: "a\0b" } }), /claim sub/],
    ["of a subject without end", () => ({ claims: { sub: "x".repeat(256) } }), /claim sub/],
    ["of a subject that is no text", () => ({ claims: { sub: 7 } }), /claim sub/],
    ["of another kind", () => ({ header: { typ: "logout+jwt" } }), /no access token/],
    ["of what it does not understand", () => ({ header: { crit: ["x"], x: 1 } }), /malformed/],
  ])("that is %s does not hold, and is told why", async (_, request, reason) => {
    expect(await verified(request())).toMatch(reason)
  })

  test("holds within half a minute of its time", async () => {
    expect(await verified({ claims: { exp: now() - 20 } })).toMatchObject({ subject: "ann" })
    expect(await verified({ claims: { nbf: now() + 20 } })).toMatchObject({ subject: "ann" })
  })

  test("of an issuer that is not known, or that says it is another, does not hold", async () => {
    const other = await issuerAt(server.url)
    const verify = verifier()
    expect(await verify(await other.sign())).toMatch(/not one that is accepted/)
    expect(await verify(await other.sign({ claims: { iss: issuer.url } }))).toMatch(/key that its issuer/)
    expect(await issuers([{ issuer: issuer.url, audience: "weir" }]).verify("garbage", issuer.url)).toMatch(
      /malformed/,
    )
  })

  test("of an algorithm that is not among those named does not hold", async () => {
    expect(await verified({ alg: "RS256" }, { algorithms: ["ES256"] })).toMatch(/algorithm/)
  })

  test("that was verified before ends with its time", async () => {
    const verify = verifier()
    const token = await issuer.sign({ claims: { exp: now() + 60 } })
    expect(await verify(token)).toMatchObject({ subject: "ann" })
    later(80_000)
    expect(await verify(token)).toMatchObject({ subject: "ann" })
    later(11_000)
    expect(await verify(token)).toMatch(/expired/)
  })

  test("that was verified before ends with the key that its issuer takes back", async () => {
    const verify = verifier()
    const token = await issuer.sign({ claims: { exp: now() + 7200 } })
    expect(await verify(token)).toMatchObject({ subject: "ann" })
    await issuer.rotate()
    later(maxAgeMs + 1)
    expect(await verify(token)).toMatch(/key that its issuer does not have/)
  })
})

describe("keys", () => {
  test("are fetched once for all who wait, and kept", async () => {
    await issuer.behave({ slowMs: 50 })
    const verify = verifier()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => issuer.sign({ claims: { n: i } })))
    for (const found of await Promise.all(tokens.map(verify))) expect(found).toMatchObject({ subject: "ann" })
    expect(await issuer.fetches()).toEqual({ discovery: 1, jwks: 1 })
    later(maxAgeMs + 1)
    expect(await verify(await issuer.sign())).toMatchObject({ subject: "ann" })
    expect(await issuer.fetches()).toEqual({ discovery: 2, jwks: 2 })
  })

  test("are taken from where the setting says, without discovery", async () => {
    expect(await verified({}, { jwks: `${issuer.url}/keys` })).toMatchObject({ subject: "ann" })
    expect(await issuer.fetches()).toEqual({ discovery: 0, jwks: 1 })
  })

  test("that are new are fetched at the first token of one, but not for each unknown name", async () => {
    const verify = verifier()
    const old = await issuer.sign()
    expect(await verify(old)).toMatchObject({ subject: "ann" })
    await issuer.rotate()
    later(cooldownMs)
    expect(await verify(await issuer.sign())).toMatchObject({ subject: "ann" })
    const { jwks } = await issuer.fetches()
    expect(jwks).toBe(2)
    for (const kid of ["one", "two", "three"])
      expect(await verify(await issuer.sign({ header: { kid } }))).toMatch(/key that its issuer/)
    expect(await issuer.fetches()).toMatchObject({ jwks })
  })

  test("that are there go on while the issuer is away, for a day", async () => {
    const verify = verifier()
    expect(await verify(await issuer.sign())).toMatchObject({ subject: "ann" })
    await issuer.behave({ status: 503 })
    later(maxAgeMs + 1)
    for (const n of [1, 2, 3])
      expect(await verify(await issuer.sign({ claims: { n } }))).toMatchObject({ subject: "ann" })
    // One of the three has asked; the others take what is there.
    expect(await issuer.fetches()).toMatchObject({ discovery: 2 })
    const unknown = await issuer.sign({ header: { kid: "new" } })
    expect(await verify(unknown)).toEqual({ unavailable: expect.stringMatching(/answers with status 503/) })
    later(maxStaleMs)
    expect(await verify(await issuer.sign())).toEqual({ unavailable: expect.any(String) })
    await issuer.behave({})
    later(cooldownMs)
    expect(await verify(await issuer.sign())).toMatchObject({ subject: "ann" })
  })

  test("that are being fetched again hold up nobody but who fetches them", async () => {
    const verify = verifier()
    expect(await verify(await issuer.sign())).toMatchObject({ subject: "ann" })
    later(maxAgeMs + 1)
    await issuer.behave({ slowMs: 60_000 })
    const [first, second] = [await issuer.sign({ claims: { n: 1 } }), await issuer.sign({ claims: { n: 2 } })]
    const order: string[] = []
    await Promise.all([
      verify(first).then(() => order.push("who fetches")),
      verify(second).then(() => order.push("who comes meanwhile")),
    ])
    expect(order).toEqual(["who comes meanwhile", "who fetches"])
  })

  test.each<[string, () => Behaviour, RegExp]>([
    ["is away", () => ({ status: 500 }), /answers with status 500/],
    ["does not answer", () => ({ slowMs: 60_000 }), /does not answer in time/],
    ["calls itself otherwise", () => ({ claims: "https://else.example.com" }), /another issuer/],
    [
      "names an address without https",
      () => ({ jwksUri: "http://example.com/keys" }),
      /no https URL as jwks_uri/,
    ],
    ["sends on", () => ({ location: "https://example.com/" }), /redirects/],
    ["sends more than fits", () => ({ padding: 300_000 }), /more than 262144 bytes/],
    ["sends no JSON", () => ({ body: "<html>" }), /no JSON object/],
    ["sends no keys", () => ({ body: '{"keys":7}' }), /malformed/],
  ])("of an issuer that %s cannot be had, which is not the token's fault", async (_, behaviour, why) => {
    const verify = verifier()
    await issuer.behave(behaviour())
    const token = await issuer.sign()
    expect(await verify(token)).toEqual({ unavailable: expect.stringMatching(why) })
    // Who comes right after is told so without asking again.
    const { discovery } = await issuer.fetches()
    expect(await verify(token)).toEqual({ unavailable: expect.stringMatching(why) })
    expect(await issuer.fetches()).toMatchObject({ discovery })
    await issuer.behave({})
    later(2_000)
    expect(await verify(token)).toMatchObject({ subject: "ann" })
  })

  test("of an issuer that nobody can reach cannot be had", async () => {
    const url = "http://127.0.0.1:9"
    const token = await issuer.sign({ claims: { iss: url } })
    expect(await issuers([{ issuer: url, audience: "weir" }]).verify(token, url)).toEqual({
      unavailable: "http://127.0.0.1:9 cannot be reached",
    })
  })
})
