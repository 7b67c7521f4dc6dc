import { describe, expect, test } from "vitest"
import { hotp, newSecret, otpauthUri, stepAt, stepOfCode } from "../../../src/weir/auth/totp.ts"

const secret = new TextEncoder().encode("12345678901234567890")

describe("HOTP: RFC 4226, appendix D", () => {
  const codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(" ")
  test.each(codes.map((code, counter) => [counter, code] as const))("counter %i is %s", (counter, code) => {
    expect(hotp(secret, counter)).toBe(code)
  })
})

describe("TOTP: RFC 6238, appendix B, SHA-1", () => {
  const vectors: [number, string][] = [
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ]
  test.each(vectors)("at %i s: %s", (seconds, code) => {
    const step = stepAt(seconds * 1000)
    expect(hotp(secret, step, 8)).toBe(code)
    expect(stepOfCode(secret, code.slice(2), seconds * 1000)).toBe(step)
  })
})

describe("which step a code is of", () => {
  const now = 1_700_000_010_000
  const step = stepAt(now)

  test.each([-1, 0, 1])("%i steps away holds", (away) => {
    expect(stepOfCode(secret, hotp(secret, step + away), now)).toBe(step + away)
  })

  test.each([-2, 2])("%i steps away does not", (away) => {
    expect(stepOfCode(secret, hotp(secret, step + away), now)).toBeUndefined()
  })

  test("the steps change each 30 seconds", () => {
    expect([0, 29_999, 30_000, 59_999, 60_000].map(stepAt)).toEqual([0, 0, 1, 1, 2])
  })

  test.each(["", "12345", "1234567", "12345a", "１２３４５６", " 755224", "-55224", "7.5224", "7e5224"])(
    "%j is no code",
    (code) => {
      expect(stepOfCode(secret, code, 0)).toBeUndefined()
    },
  )

  test("another secret's code does not hold", () => {
    expect(stepOfCode(secret, "287082", 59_000)).toBe(1)
    expect(stepOfCode(new TextEncoder().encode("a secret of 20 bytes"), "287082", 59_000)).toBeUndefined()
  })
})

test("secrets have 160 bits, and no two are alike", () => {
  const secrets = Array.from({ length: 100 }, newSecret)
  expect(new Set(secrets.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(100)
  expect(secrets.every(({ length }) => length === 20)).toBe(true)
})

test("the address for apps says all that they need", () => {
  const uri = new URL(otpauthUri("JBSWY3DPEHPK3PXP", "Fish: & Chips", "ann@example.com"))
  expect(uri.href.startsWith("otpauth://totp/Fish%20%20%26%20Chips:ann%40example.com?")).toBe(true)
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: "JBSWY3DPEHPK3PXP",
    issuer: "Fish  & Chips",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  })
})
