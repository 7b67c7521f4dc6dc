import { expect, test } from "vitest"
import { newRecoveryCodes, recoveryHash } from "../../../src/weir/auth/recovery-codes.ts"

test("ten codes in groups of four, all different", () => {
  const codes = newRecoveryCodes()
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
})

test("each has a digest of its own, which does not show it", () => {
  const codes = newRecoveryCodes()
  const hashes = codes.map(recoveryHash)
  expect(new Set(hashes).size).toBe(10)
  for (const hash of hashes) expect(hash).toMatch(/^[\w-]{43}$/)
  for (const [i, code] of codes.entries()) expect(hashes[i]).not.toContain(code.slice(0, 4))
})

test("is read as people write it", () => {
  const hash = recoveryHash("oibo-2345-abcd-efgh")
  expect(hash).toBeDefined()
  for (const text of ["OIBO2345ABCDEFGH", " oibo 2345 abcd efgh ", "0180-2345-abcd-efgh"])
    expect(recoveryHash(text)).toBe(hash)
})

test.each(["", "123456", "oibo-2345-abcd-efg", "oibo-2345-abcd-efgh-i", "oibo-2345-abcd-ef9h"])(
  "%j is none",
  (text) => {
    expect(recoveryHash(text)).toBeUndefined()
  },
)
