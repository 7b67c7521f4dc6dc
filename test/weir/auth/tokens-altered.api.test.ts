import { createHmac } from "node:crypto"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { readSigningKeys } from "../../../src/weir/auth/signing-keys.ts"
import { passwordMark } from "../../../src/weir/auth/token.ts"
import { type AccountWorld, accountWorld, type Tokens } from "../support/account-world.ts"

type Part = Record<string, unknown>
/** A header to send; a text alone is a bearer token. */
type Sent = string | Record<string, string>

const authSecret = "a secret for tests of forty bytes or more"
const olderSecret = "an older secret of forty bytes or thereby"
const strangeSecret = "a secret of others of forty bytes as well"

const encoded = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url")
const decoded = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString()) as Part
/** Signs what a library would refuse to sign. */
const signed = (
  header: unknown,
  payload: unknown,
  secret: string | Uint8Array = authSecret,
  hash = "sha256",
) => {
  const text = `${encoded(header)}.${encoded(payload)}`
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`
}

/** What the tests alter: a token that holds, in its parts. */
interface Held {
  token: string
  signature: string
  header: Part
  payload: Part
}
const heldIn = (token: string): Held => {
  const [header, payload, signature = ""] = token.split(".")
  return { token, signature, header: decoded(header), payload: decoded(payload) }
}

let w: AccountWorld
let ann: Tokens
let bob: Tokens
let root: Tokens
let held: Held
let older: Held
let key: string

beforeAll(async () => {
  const before = await accountWorld({ authSecret: olderSecret })
  older = heldIn((await before.signIn("ann")).access_token)
  await before.close()
  w = await accountWorld({ authSecret: `${authSecret},${olderSecret}` })
  ;[ann, bob, root] = [await w.signIn("ann"), await w.signIn("bob"), await w.signIn("root")]
  held = heldIn(ann.access_token)
  const made = await w.call("POST", "/api_keys", {
    token: ann.access_token,
    json: { name: "one", scopes: ["*"] },
  })
  key = (made.body as { key: string }).key
})
afterAll(() => w.close())

const headersOf = (sent: Sent) => (typeof sent === "string" ? { authorization: `Bearer ${sent}` } : sent)
/** What a request could have changed. */
const stored = async (world: AccountWorld) =>
  JSON.stringify([
    await world.run("select id, email, username, role, hashed_password from people order by id"),
    await world.run("select id, title from things order by id"),
    await world.run("select id, token_hash from sessions order by id"),
    await world.run("select event, account from audit order by id"),
  ])

/** Holds that what is sent is a 401 for reads and writes that changes nothing, and what it was made of a 200. */
async function expectRefused(world: AccountWorld, sent: Sent, untouched: string): Promise<void> {
  const headers = headersOf(sent)
  const before = await stored(world)
  for (const [method, path, json] of [
    ["GET", "/people/me", undefined],
    ["GET", "/who", undefined],
    ["POST", "/things", { title: "by a token that does not hold" }],
    ["PATCH", "/people/1", { username: "taken" }],
    ["DELETE", "/sessions", undefined],
  ] as const) {
    const answer = await world.call(method, path, { json, headers })
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(401)
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/)
    expect(answer.text).not.toContain(authSecret)
  }
  expect(await stored(world)).toBe(before)
  expect((await world.call("GET", "/people/me", { token: untouched })).status).toBe(200)
}

const withHeader = (change: Part, secret?: string) =>
  signed({ ...held.header, ...change }, held.payload, secret)
const withPayload = (change: Part) => signed(held.header, { ...held.payload, ...change })
/** The payload changed beneath the signature that it had. */
const beneath = (change: Part) =>
  `${encoded(held.header)}.${encoded({ ...held.payload, ...change })}.${held.signature}`
const without = (name: string) => withPayload({ [name]: undefined })
const soon = () => Math.floor(Date.now() / 1000) + 600

test("what the tests sign themselves holds, where nothing is altered", async () => {
  for (const token of [signed(held.header, held.payload), signed(older.header, held.payload, olderSecret)])
    expect((await w.call("GET", "/people/me", { token })).body).toMatchObject({ id: 1 })
})

test("a token that was issued before tokens said for whom holds until it expires", async () => {
  expect(held.payload.aud).toBe(held.payload.iss)
  const me = (token: string) => w.call("GET", "/people/me", { token })
  const { aud: _, ...payload } = held.payload
  expect((await me(signed(held.header, payload))).body).toMatchObject({ id: 1 })
  expect((await me(signed(held.header, { ...payload, exp: soon() - 1200 }))).status).toBe(401)
})

describe("a signature", () => {
  test.each<[string, () => Sent]>([
    ["that is none: alg none", () => `${encoded({ ...held.header, alg: "none" })}.${encoded(held.payload)}.`],
    ["of alg none, in capitals", () => withHeader({ alg: "NONE" })],
    ["of alg none, kept", () => `${encoded({ alg: "none" })}.${encoded(held.payload)}.${held.signature}`],
    ["of no alg", () => withHeader({ alg: undefined })],
    ["of alg hs256", () => withHeader({ alg: "hs256" })],
    ["of HS512", () => signed({ ...held.header, alg: "HS512" }, held.payload, authSecret, "sha512")],
    ["of SHA-512 beneath HS256", () => signed(held.header, held.payload, authSecret, "sha512")],
    ["of RS256 by the secret", () => withHeader({ alg: "RS256" })],
    ["of EdDSA by the secret", () => withHeader({ alg: "EdDSA" })],
    ["of another secret", () => withHeader({}, strangeSecret)],
    ["of another secret that names no key", () => withHeader({ kid: undefined }, strangeSecret)],
    ["of the empty secret", () => withHeader({}, "")],
    ["of the two secrets as they stand in the setting", () => withHeader({}, `${authSecret},${olderSecret}`)],
    ["of another token", () => beneath({ sub: "3" })],
    ["of the older secret beneath the newer kid", () => withHeader({}, olderSecret)],
    ["of the newer secret beneath the older kid", () => withHeader({ kid: older.header.kid })],
    ["that is left out", () => held.token.replace(/[^.]*$/, "")],
    ["that is cut", () => held.token.slice(0, -4)],
    ["that is doubled", () => `${held.token}${held.signature}`],
    ["that stands there twice", () => `${held.token}.${held.signature}`],
    ["with a dot behind it", () => `${held.token}.`],
    ["with a part before the token", () => `.${held.token}`],
    ["with a letter that is none of base64url", () => `${held.token}!`],
  ])("%s", (_name, make) => expectRefused(w, make(), held.token))
})

describe("a header", () => {
  test.each<[string, () => Sent | Promise<Sent>]>([
    ["whose kid is a path", () => withHeader({ kid: "../../../../dev/null" }, "")],
    ["whose kid is SQL", () => withHeader({ kid: `${held.header.kid}' or '1'='1` })],
    ["whose kid is null", () => withHeader({ kid: null })],
    ["whose kid is a list", () => withHeader({ kid: [held.header.kid] })],
    ["whose kid is __proto__", () => withHeader({ kid: "__proto__" })],
    ["with a jku of the thief's", () => withHeader({ jku: "https://evil.example/jwks.json" }, strangeSecret)],
    ["with an x5u of the thief's", () => withHeader({ x5u: "https://evil.example/cert.pem" }, strangeSecret)],
    [
      "with a secret of the thief's as jwk",
      () => withHeader({ jwk: { kty: "oct", k: encoded(strangeSecret) } }, strangeSecret),
    ],
    [
      "with a public key of the thief's as jwk",
      async () => {
        const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true })
        const jwk = await exportJWK(publicKey)
        return new SignJWT(held.payload)
          .setProtectedHeader({ alg: "EdDSA", typ: "JWT", jwk })
          .sign(privateKey)
      },
    ],
    ["with crit of what is not known", () => withHeader({ crit: ["weir"], weir: true })],
    ["with an empty crit", () => withHeader({ crit: [] })],
    ["with crit b64", () => withHeader({ crit: ["b64"], b64: false })],
    ["of another typ: of a proof", () => withHeader({ typ: "dpop+jwt" })],
    ["of another typ: of a sign-out", () => withHeader({ typ: "logout+jwt" })],
    ["of no typ", () => withHeader({ typ: undefined })],
    ["that is a list", () => signed([held.header], held.payload)],
    ["that is no JSON", () => signed("{", held.payload)],
  ])("%s", async (_name, make) => expectRefused(w, await make(), held.token))
})

describe("a payload, signed as it should be,", () => {
  test.each<[string, () => Sent]>([
    ["with the sid of another's session", () => withPayload({ sid: bob.session_id })],
    ["of another with one's own session", () => withPayload({ sub: "2" })],
    ["of an admin with one's own session", () => withPayload({ sub: "3" })],
    ["with a sid that is a text", () => withPayload({ sid: String(ann.session_id) })],
    ["with a negative sid", () => withPayload({ sid: -ann.session_id })],
    ["with a sid with a fraction", () => withPayload({ sid: ann.session_id + 0.5 })],
    ["with a sid of null", () => withPayload({ sid: null })],
    ["with a list of sids", () => withPayload({ sid: [ann.session_id] })],
    ["with a sid of 2^53", () => withPayload({ sid: 2 ** 53 })],
    ["without pwm", () => without("pwm")],
    ["with the pwm of another password", () => withPayload({ pwm: passwordMark("$scrypt$another") })],
    ["with an empty pwm", () => withPayload({ pwm: "" })],
    ["with a pwm that is no text", () => withPayload({ pwm: true })],
    ["of a user who acts as another", () => withPayload({ act: { sub: "2" }, sid: bob.session_id })],
    ["of an admin who acts with another's session", () => withPayload({ act: { sub: "3" } })],
    ["with an act of nobody", () => withPayload({ act: {} })],
    ["with an act that is a text", () => withPayload({ act: "3", sid: root.session_id })],
    ["with an act of a number", () => withPayload({ act: { sub: 3 }, sid: root.session_id })],
    ["with an act of null", () => withPayload({ act: null })],
    ["without exp", () => without("exp")],
    ["with an exp that is a text", () => withPayload({ exp: String(soon()) })],
    ["with an exp that was", () => withPayload({ exp: soon() - 1200 })],
    ["with an nbf that is not yet", () => withPayload({ nbf: soon() })],
    ["with an nbf that is a text", () => withPayload({ nbf: "0" })],
    ["of another issuer", () => withPayload({ iss: "https://issuer.example" })],
    ["of this issuer among others", () => withPayload({ iss: [held.payload.iss, "other"] })],
    ["without iss", () => without("iss")],
    ["for another audience", () => withPayload({ aud: "shop" })],
    ["for no audience at all", () => withPayload({ aud: null })],
    ["for an empty list of audiences", () => withPayload({ aud: [] })],
    ["for another audience and this one", () => withPayload({ aud: ["shop", held.payload.aud] })],
    ["without sub", () => without("sub")],
    [
      "as an id_token has it",
      () => signed(held.header, { ...held.payload, pwm: undefined, aud: "app", nonce: "n" }),
    ],
    ["that is a list", () => signed(held.header, [held.payload])],
    ["that is null", () => signed(held.header, null)],
    ["that is no JSON", () => signed(held.header, "{")],
  ])("%s", (_name, make) => expectRefused(w, make(), held.token))

  test.each<[unknown]>([
    [" 1"],
    ["1 "],
    ["01"],
    ["1.0"],
    ["1e0"],
    ["0x1"],
    ["+1"],
    ["-1"],
    ["1,1"],
    ["１"],
    ["1\u0000"],
    [""],
    ["9007199254740993"],
    ["me"],
    ["ann"],
    ["1' or '1'='1"],
    [1],
    [1.5],
    [true],
    [null],
    [["1"]],
    [{ id: "1" }],
  ])("of the sub %j", (sub) => expectRefused(w, withPayload({ sub }), held.token))
})

describe("a payload beneath the signature of another,", () => {
  test.each<[string, () => Sent]>([
    ["with an exp far away", () => beneath({ exp: soon() + 10 ** 9 })],
    ["with a role that nobody gave", () => beneath({ role: "admin" })],
    ["with scopes", () => beneath({ scope: "*" })],
    ["with another session", () => beneath({ sid: root.session_id, sub: "3" })],
  ])("%s", (_name, make) => expectRefused(w, make(), held.token))
})

describe("what is no access token:", () => {
  test.each<[string, () => Sent]>([
    ["a refresh token", () => ann.refresh_token],
    ["a key with a letter changed", () => key.replace(/.$/, (last) => (last === "a" ? "b" : "a"))],
    ["a key in the scheme of others", () => ({ authorization: `ApiKey ${key}` })],
    ["a key as a password", () => ({ authorization: `Basic ${btoa(`ann:${key}`)}` })],
    ["an access token in the header of keys", () => ({ "x-api-key": held.token })],
    ["a refresh token in the header of keys", () => ({ "x-api-key": ann.refresh_token })],
    ["an access token as a cookie, which is no option here", () => ({ cookie: `weir_access=${held.token}` })],
    ["an access token without its scheme", () => ({ authorization: held.token })],
    ["an access token behind a tab", () => ({ authorization: `Bearer\t${held.token}` })],
    ["an access token with a space within", () => held.token.replace(".", ". ")],
    ["two access tokens", () => `${held.token}, ${bob.access_token}`],
    ["a scheme twice", () => `Bearer ${held.token}`],
    [
      "five parts, as an encrypted token has",
      () => `${held.token}.${held.token.split(".").slice(1).join(".")}`,
    ],
  ])("%s", (_name, make) => expectRefused(w, make(), held.token))
})

describe("where keys of pairs sign, the public half is no secret:", () => {
  let pairs: AccountWorld
  let own: Held
  let jwk: Record<string, string>
  beforeAll(async () => {
    const { privateKey } = await generateKeyPair("EdDSA", { extractable: true })
    const keys = readSigningKeys(JSON.stringify(await exportJWK(privateKey)))
    jwk = keys[0]?.jwk as Record<string, string>
    pairs = await accountWorld({ authSecret, auth: { keys } })
    own = heldIn((await pairs.signIn("ann")).access_token)
  })
  afterAll(() => pairs.close())

  const hmac = (secret: string | Uint8Array, header: Part = {}) =>
    signed({ ...own.header, alg: "HS256", ...header }, own.payload, secret)

  test.each<[string, () => Sent]>([
    ["its bytes", () => hmac(Buffer.from(jwk.x as string, "base64url"))],
    ["its bytes, with no kid", () => hmac(Buffer.from(jwk.x as string, "base64url"), { kid: undefined })],
    ["its letters", () => hmac(jwk.x as string)],
    ["its JWK", () => hmac(JSON.stringify(jwk), { kid: undefined })],
    ["its kid", () => hmac(jwk.kid as string, { kid: undefined })],
    ["nor does EdDSA name a secret", () => hmac(authSecret, { alg: "EdDSA" })],
    ["nor does a secret sign by the kid of a pair", () => hmac(authSecret)],
    ["nor is another curve one of its own", () => hmac(authSecret, { alg: "ES256" })],
    [
      "nor does its signature hold for another payload",
      () => `${encoded(own.header)}.${encoded({ ...own.payload, sub: "3" })}.${own.signature}`,
    ],
  ])("%s", (_name, make) => {
    expect(own.header).toMatchObject({ alg: "EdDSA", kid: jwk.kid })
    return expectRefused(pairs, make(), own.token)
  })
})
