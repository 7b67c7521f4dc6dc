import { describe, expect, test } from "vitest"
import { base32, fromBase32 } from "../../../src/weir/lib/base32.ts"

/** RFC 4648, 10. */
const vectors = {
  "": "",
  f: "MY======",
  fo: "MZXQ====",
  foo: "MZXW6===",
  foob: "MZXW6YQ=",
  fooba: "MZXW6YTB",
  foobar: "MZXW6YTBOI======",
}

describe("base32", () => {
  test.each(Object.entries(vectors))("%j is %s", (plain, encoded) => {
    const bytes = new TextEncoder().encode(plain)
    expect(base32(bytes)).toBe(encoded.replace(/=/g, ""))
    expect(fromBase32(encoded)).toEqual(bytes)
  })

  test("every byte at every length comes back", () => {
    for (let length = 0; length <= 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length * 37) % 256)
      expect(fromBase32(base32(bytes))).toEqual(bytes)
    }
  })

  test("is read in lower case and in groups", () => {
    expect(fromBase32("mzxw 6ytb-oi")).toEqual(new TextEncoder().encode("foobar"))
  })

  test.each(["MZXW6YT1", "MZXW8", "M", "MZX", "MZ!", "MY=MY", "MZ"])("%s is none", (text) => {
    expect(fromBase32(text)).toBeUndefined()
  })
})
