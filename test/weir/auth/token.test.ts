import { SignJWT, UnsecuredJWT } from "jose"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { passwordMark, tokenLifetime, tokens } from "../../../src/weir/auth/token.ts"

const secret = "a secret for tests, of forty bytes or so"
const key = new TextEncoder().encode(secret)
const claims = { userId: 7, passwordMark: "mark" }
const signer = tokens(secret, "weir")

/** A token of the right secret, with one thing or another that is not right. */
const made = (change: (jwt: SignJWT) => SignJWT, payload: object = { pwm: "mark" }, alg = "HS256") =>
  change(
    new SignJWT({ ...payload })
      .setProtectedHeader({ alg, typ: "JWT" })
      .setIssuer("weir")
      .setSubject("7")
      .setExpirationTime("1h"),
  ).sign(key)

describe("a token", () => {
  test("holds what was put in, and for how long", async () => {
    const token = await signer.issue(claims)
    expect(await signer.verify(token)).toMatchObject(claims)
    const [header, payload] = token
      .split(".")
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()))
    expect(header).toEqual({ alg: "HS256", kid: expect.stringMatching(/^[\w-]{8}$/), typ: "JWT" })
    expect(payload).toMatchObject({ sub: "7", iss: "weir", aud: "weir", pwm: "mark" })
    expect(payload.exp - payload.iat).toBe(tokenLifetime)
  })

  test("is no other's", async () => {
    const token = await signer.issue(claims)
    expect(await tokens("another secret, just as long as it is", "weir").verify(token)).toEqual(
      expect.any(String),
    )
  })

  test("with any letter changed does not hold", async () => {
    const token = await signer.issue(claims)
    for (let i = 0; i < token.length; i += 3) {
      // The last letter of a part has bits that stand for nothing.
      if (token[i] === "." || token[i + 1] === "." || i === token.length - 1) continue
      const other = token[i] === "A" ? "B" : "A"
      expect(await signer.verify(token.slice(0, i) + other + token.slice(i + 1)), `letter ${i}`).toEqual(
        expect.any(String),
      )
    }
  })

  test.each<[string, () => Promise<string> | string]>([
    ["nothing", () => ""],
    ["garbage", () => "garbage"],
    ["dots", () => "..."],
    [
      "alg none",
      () =>
        new UnsecuredJWT({ pwm: "mark" }).setIssuer("weir").setSubject("7").setExpirationTime("1h").encode(),
    ],
    ["HS512", () => made((jwt) => jwt, { pwm: "mark" }, "HS512")],
    ["another issuer", () => made((jwt) => jwt.setIssuer("else"))],
    [
      "no subject",
      () =>
        new SignJWT({ pwm: "mark" })
          .setProtectedHeader({ alg: "HS256", typ: "JWT" })
          .setIssuer("weir")
          .setExpirationTime("1h")
          .sign(key),
    ],
    [
      "no expiry",
      () =>
        new SignJWT({ pwm: "mark" })
          .setProtectedHeader({ alg: "HS256", typ: "JWT" })
          .setIssuer("weir")
          .setSubject("7")
          .sign(key),
    ],
    ["no mark", () => made((jwt) => jwt, {})],
    ["a mark that is no text", () => made((jwt) => jwt, { pwm: 7 })],
    ["a subject that is no number", () => made((jwt) => jwt.setSubject("ann"))],
    ["a subject with a fraction", () => made((jwt) => jwt.setSubject("1.5"))],
    ["a subject too large", () => made((jwt) => jwt.setSubject("9007199254740993"))],
    ["one with another spelling of its subject", () => made((jwt) => jwt.setSubject("007"))],
    ["one that is not yet", () => made((jwt) => jwt.setNotBefore("1h"))],
    ["one that was", () => made((jwt) => jwt.setExpirationTime(1000))],
  ])("that is %s does not hold, and is told why", async (_name, make) => {
    expect(await signer.verify(await make())).toEqual(expect.stringMatching(/^it /))
  })
})

describe("time", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test("ends a token, also one that was checked before and is remembered", async () => {
    const token = await signer.issue(claims)
    expect(await signer.verify(token)).toMatchObject(claims)
    vi.setSystemTime(Date.now() + (tokenLifetime - 2) * 1000)
    expect(await signer.verify(token)).toMatchObject(claims)
    vi.setSystemTime(Date.now() + 3000)
    expect(await signer.verify(token)).toBe("it has expired")
    expect(await tokens(secret, "weir").verify(token)).toBe("it has expired")
  })
})

test("a password's mark is short, the same each time, and says nothing of the hash", () => {
  const [one, two] = [passwordMark("$scrypt$one"), passwordMark("$scrypt$two")]
  expect(one).toMatch(/^[A-Za-z0-9_-]{16}$/)
  expect(passwordMark("$scrypt$one")).toBe(one)
  expect(two).not.toBe(one)
})
