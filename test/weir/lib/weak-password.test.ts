import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { isCommonPassword } from "../../../src/weir/lib/common-passwords.ts"
import { weaknessOf } from "../../../src/weir/lib/weak-password.ts"

const common = readFileSync(new URL("./common-passwords.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))

describe("the commonest passwords", () => {
  test("are known, every one, in any case and width", () => {
    expect(new Set(common).size).toBe(3_000)
    expect(common.filter((password) => [...password].length < 8)).toEqual([])
    expect(common.filter((password) => !isCommonPassword(password))).toEqual([])
    expect(common.filter((password) => !isCommonPassword(password.toUpperCase()))).toEqual([])
    for (const one of ["password1", "PassWord1", "ｐａｓｓｗｏｒｄ１", "qwerty123", "iloveyou", "12345678"])
      expect(weaknessOf(one)?.code, one).toBe("common_password")
  })

  test("are hardly ever seen in others", () => {
    const others = Array.from({ length: 200_000 }, (_, i) => `another one of many, no. ${i}`)
    // One in 2,048 is expected: 98, give or take ten.
    expect(others.filter(isCommonPassword).length).toBeLessThan(150)
    expect(isCommonPassword("correct horse")).toBe(false)
  })
})

describe("a password that holds a name", () => {
  const names = ["Ann.Smith+news@example.com", "Émile_7"]

  test.each(["xx-ann.smith-xx", "ANN.SMITH+NEWS!", "my émile_7 pass", "E\u0301MILE_7 and more"])(
    "%s",
    (password) => {
      expect(weaknessOf(password, names)?.code).toBe("holds_name")
    },
  )

  test("is told from others", () => {
    for (const password of ["annsmith is not it", "emile_7 and more", "example.com is fine"])
      expect(weaknessOf(password, names), password).toBeUndefined()
    // A name of one or two letters is in too many words.
    expect(weaknessOf("a long enough one", ["a@example.com", "lo", "", "@"])).toBeUndefined()
    expect(weaknessOf("joe 12345 joe", ["joe@example.com"])?.code).toBe("holds_name")
  })
})
