import { expect, test } from "vitest"
import { seal, unseal } from "../../../src/weir/auth/sealed.ts"

const [recent, earlier] = ["n".repeat(32), "o".repeat(32)]
const context = { purpose: "second factor", owner: "7" }
const plain = Buffer.from("a secret of 20 bytes")

test("what was sealed opens, and does not show", () => {
  const text = seal([recent], context, plain)
  expect(text).not.toContain(plain.toString("base64url").slice(0, 8))
  expect(unseal([recent], context, text)).toEqual({ plain, by: 0 })
})

test("the same is sealed differently each time", () => {
  expect(seal([recent], context, plain)).not.toBe(seal([recent], context, plain))
})

test("a secret before the present one still opens what it sealed; the present one seals", () => {
  const old = seal([earlier], context, plain)
  expect(unseal([recent, earlier], context, old)).toEqual({ plain, by: 1 })
  const text = seal([recent, earlier], context, plain)
  expect(unseal([recent], context, text)).toEqual({ plain, by: 0 })
  expect(unseal([earlier], context, text)).toBeUndefined()
  expect(unseal([recent], context, old)).toBeUndefined()
})

test("it opens for its purpose and its owner only", () => {
  const text = seal([recent], context, plain)
  expect(unseal([recent], { ...context, owner: "8" }, text)).toBeUndefined()
  expect(unseal([recent], { ...context, purpose: "state" }, text)).toBeUndefined()
})

test("altered at any place, or cut, it does not open", () => {
  const text = seal([recent], context, plain)
  const bytes = Buffer.from(text.slice(3), "base64url")
  for (const i of bytes.keys()) {
    const altered = Buffer.from(bytes)
    altered[i] = (altered[i] as number) ^ 1
    expect(unseal([recent], context, `s1.${altered.toString("base64url")}`)).toBeUndefined()
    expect(unseal([recent], context, `s1.${bytes.subarray(0, i).toString("base64url")}`)).toBeUndefined()
  }
  // Decoding base64url skips what is none of it.
  const others = [
    `${text}=`,
    `${text}*`,
    `${text} `,
    `s1.=${text.slice(3)}`,
    `${text.slice(0, 9)}.${text.slice(9)}`,
  ]
  for (const other of others) expect(unseal([recent], context, other)).toBeUndefined()
  for (const wrong of ["", "s1.", "s2.", text.slice(3), `s2.${text.slice(3)}`])
    expect(unseal([recent], context, wrong)).toBeUndefined()
})
