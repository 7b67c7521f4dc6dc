import { expect, test } from "vitest"
import { fromScaled, readScaledType, scaledType, toScaled } from "../../../src/weir/lib/scaled.ts"

test.each([
  ["19.5", 2, "1950", "19.50"],
  ["-0.05", 2, "-5", "-0.05"],
  ["-0", 2, "0", "0.00"],
  [".5", 1, "5", "0.5"],
  ["007", 0, "7", "7"],
  ["9999999999999999.99", 2, "999999999999999999", "9999999999999999.99"],
  ["0.000000000000000001", 18, "1", "0.000000000000000001"],
])("%s with %i digits after the point is stored as %s", (text, scale, stored, shown) => {
  expect(toScaled(text, scale)).toBe(stored)
  expect(fromScaled(stored, scale)).toBe(shown)
})

test("what is no decimal is refused, and a type says its digits", () => {
  for (const text of ["", ".", "1e5", "x", "1.2.3"]) expect(() => toScaled(text, 2)).toThrow("is no decimal")
  expect(readScaledType(scaledType({ precision: 18, scale: 2 }))).toEqual({ precision: 18, scale: 2 })
  expect(readScaledType("integer")).toBeUndefined()
})
