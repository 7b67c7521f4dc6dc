import { scryptSync } from "node:crypto"
import { describe, expect, test } from "vitest"
import { decoyHash, hashPassword, verifyPassword } from "../../../src/weir/auth/password.ts"

/** A PHC string with parameters of one's own: cheap ones, for a real hash takes 190 ms. */
function phc(
  password: string,
  { ln = 4, r = 8, p = 1, length = 32, salt = "0123456789abcdef" } = {},
): string {
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "")
  const key = scryptSync(password, salt, length, { N: 2 ** ln, r, p })
  return `$scrypt$ln=${ln},r=${r},p=${p}$${text(Buffer.from(salt))}$${text(key)}`
}

describe("a hash", () => {
  test("is a PHC string with its parameters, a salt of 16 bytes and a key of 32", async () => {
    const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")])
    const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(one)
    const [, ln, r, p, salt, key] = match as unknown as string[]
    expect(Buffer.from(salt as string, "base64")).toHaveLength(16)
    expect(Buffer.from(key as string, "base64")).toHaveLength(32)
    // OWASP's least for scrypt: 2^17, 8, 1, or its equals with a smaller N and a larger p.
    expect(2 ** Number(ln) * Number(p)).toBeGreaterThanOrEqual(2 ** 14 * 5)
    expect(Number(r)).toBeGreaterThanOrEqual(8)
    expect(one.length).toBeLessThanOrEqual(255)
    expect(two).not.toBe(one)
    expect(one).not.toContain("correct")

    expect(await verifyPassword("correct horse", one)).toBe(true)
    expect(await verifyPassword("Correct horse", one)).toBe(false)
    // What scrypt makes of it elsewhere is the same.
    const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) }
    const again = scryptSync("correct horse", Buffer.from(salt as string, "base64"), 32, cost)
    expect(again.toString("base64").replaceAll("=", "")).toBe(key)
  })

  test("of nobody costs what a real one does, and is nobody's", async () => {
    const [, name, parameters] = decoyHash.split("$")
    const [, realName, realParameters] = (await hashPassword("x")).split("$")
    expect([name, parameters]).toEqual([realName, realParameters])
    expect(await verifyPassword("", decoyHash)).toBe(false)
  })

  test("of a password in another Unicode form is the same", async () => {
    expect(await verifyPassword("caf\u0065\u0301", phc("café"))).toBe(true)
  })
})

describe("checking", () => {
  test.each([
    { ln: 6 },
    { ln: 4 },
    { ln: 10, r: 4, p: 2 },
    { r: 1 },
    { p: 3 },
    { length: 64 },
    { salt: "x" },
  ])("takes its parameters from the string: %j", async (parameters) => {
    expect(await verifyPassword("correct horse", phc("correct horse", parameters))).toBe(true)
    expect(await verifyPassword("wrong horse", phc("correct horse", parameters))).toBe(false)
  })

  const good = phc("x")
  test.each([
    "",
    "x",
    "$",
    "plain text",
    "$scrypt$",
    "$scrypt$ln=4,r=8,p=1$$",
    "$scrypt$ln=4,r=8,p=1$c2FsdA$",
    "$scrypt$ln=4,r=8$c2FsdA$aGFzaA",
    "$scrypt$ln=x,r=8,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=-4,r=8,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=4,r=8,p=1$c2Fs dA$aGFzaA",
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "$2b$10$abcdefghijklmnopqrstuv",
    ` ${good}`,
    `${good}\n`,
    `${good}$x`,
    good.replace("ln=4", "ln=5"),
    good.replace("p=1", "p=2"),
  ])("is false for %j", async (stored) => {
    expect(await verifyPassword("x", stored)).toBe(false)
  })

  // Parameters that scrypt itself refuses, or a key without a byte: a broken row is not to be a 500.
  test.each([
    "$scrypt$ln=0,r=8,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=4,r=0,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=4,r=8,p=0$c2FsdA$aGFzaA",
    "$scrypt$ln=99,r=8,p=1$c2FsdA$aGFzaA",
    "$scrypt$ln=4,r=8,p=1$c2FsdA$A",
  ])("is false, and throws nothing, for %j", async (stored) => {
    expect(await verifyPassword("x", stored)).toBe(false)
  })
})
