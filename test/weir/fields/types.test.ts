import { describe, expect, test } from "vitest"
import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import { normalized } from "../../../src/weir/fields/text.ts"
import { instant } from "../../../src/weir/fields/timestamp.ts"
import { Invalid } from "../../../src/weir/fields/type.ts"
import { fieldType } from "../../../src/weir/fields/types.ts"
import { storable } from "../../../src/weir/lib/storable.ts"

describe("an instant", () => {
  test.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"],
    ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z"],
    ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31 12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00.000Z"],
    // An offset may change the day, the month and the year.
    ["2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"],
    ["2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z"],
    ["2024-02-29T23:59:59.999-12:00", "2024-03-01T11:59:59.999Z"],
    // Leap days
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    // The bounds of what RFC 3339 can write
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["0050-06-15T00:00:00Z", "0050-06-15T00:00:00.000Z"],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("%s is %s", (text, wire) => {
    expect(instant(text)).toBe(wire)
  })

  test.each([
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T24:00:01Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+01:60",
    "2026-01-01T00:00:00+0100",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00Z",
    "2026-01-01",
    "20260101T000000Z",
    "2026-1-1T00:00:00Z",
    "2026-01-01T00:00:00.Z",
    " 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "2026-01-01T00:00:00Z\n",
    "+010000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    // Over the bounds once the offset is counted
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "1767225600",
    "now",
    "",
  ])("is not %j", (text) => {
    expect(instant(text)).toBeUndefined()
  })
})

describe("a parameter's value", () => {
  const parsed = (spec: FieldSpec, text: string) => {
    const value = fieldType(spec).parse(text)
    return value instanceof Invalid ? value.code : value
  }

  test.each([
    ["1", 1],
    ["-7", -7],
    ["007", 7],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", "9007199254740992"],
    ["9223372036854775808", "out_of_range"],
    ["009007199254740992", "out_of_range"],
    ["99999999999999999999", "out_of_range"],
    ["9".repeat(21), "invalid_integer"],
    ...["", " 1", "1 ", "+1", "1.0", "1e3", "0x1", "x", "--1", "١"].map((text): [string, string] => [
      text,
      "invalid_integer",
    ]),
  ])("the integer %j is %j", (text, value) => {
    expect(parsed({ type: "integer" }, text)).toBe(value)
    expect(parsed({ type: "id" }, text)).toBe(value)
  })

  test.each([
    ["1", 1],
    ["-1.5", -1.5],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["1E-3", 0.001],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["5e-324", 5e-324],
    ["1e-400", 0],
    ["1e309", "out_of_range"],
    ["-1e309", "out_of_range"],
    ["9".repeat(400), "out_of_range"],
    ...["", ".", "e5", "1e", "1,5", "0x1", "NaN", "Infinity", "-Infinity", "1 ", "1_000", "+1"].map(
      (text): [string, string] => [text, "invalid_number"],
    ),
  ])("the number %j is %j", (text, value) => {
    expect(parsed({ type: "real" }, text)).toBe(value)
  })

  test("a boolean is one of two words", () => {
    expect(["true", "false"].map((text) => parsed({ type: "boolean" }, text))).toEqual([true, false])
    for (const text of ["", "1", "0", "TRUE", "yes", "null"])
      expect(parsed({ type: "boolean" }, text)).toBe("invalid_boolean")
  })

  test("a text is taken as it is, an email in lower case, an enumerated one from its list", () => {
    expect(parsed({ type: "text", max: 9 }, " Ab ")).toBe(" Ab ")
    expect(parsed({ type: "text", max: 9, format: "email" }, " Ann@Example.com ")).toBe("ann@example.com")
    expect(parsed({ type: "text", values: ["user", "admin"] }, "admin")).toBe("admin")
    expect(parsed({ type: "text", values: ["user", "admin"] }, "Admin")).toBe("invalid_value")
    for (const text of ["a\0b", "\ud800", "\udc00x"])
      expect(parsed({ type: "text" }, text)).toBe("invalid_text")
  })

  test("JSON cannot be compared, an instant is brought to the wire's form", () => {
    expect(parsed({ type: "json" }, "{}")).toBe("not_comparable")
    expect(parsed({ type: "timestamp" }, "2026-01-01T01:00:00+01:00")).toBe("2026-01-01T00:00:00.000Z")
    expect(parsed({ type: "timestamp" }, "yesterday")).toBe("invalid_timestamp")
  })
})

test("text is storable without NUL and with whole characters", () => {
  for (const text of ["", "é", "😀", "\u0001", "\uffff"]) expect(storable(text), text).toBe(true)
  for (const text of ["\0", "a\0", "\ud83d", "\ude00\ud83d"]) expect(storable(text)).toBe(false)
})

test("text is trimmed before it is stored, and lower-cased only where it is an email", () => {
  expect(normalized({}, " \t Ab\u00a0\n")).toBe("Ab")
  expect(normalized({ format: "email" }, " A@B.CD ")).toBe("a@b.cd")
})

test("a part of a cursor fits its field or does not", () => {
  const cases: [spec: FieldSpec, fit: unknown[], unfit: unknown[]][] = [
    [
      { type: "id" },
      [1, 0, -1, "9007199254740993"],
      [1.5, "1", "01", "1.5", "9223372036854775808", null, true, Number.NaN, 2 ** 53],
    ],
    [{ type: "real" }, [1, 1.5, -0, 1e308], ["1", Number.NaN, Number.POSITIVE_INFINITY, null, []]],
    [{ type: "boolean" }, [true, false], [0, 1, "true", null]],
    [{ type: "timestamp" }, ["2026-01-01T00:00:00.000Z"], ["2026-01-01T00:00:00Z", "x", 0, null]],
    [{ type: "text" }, ["", "x"], ["\0", "\ud800", 1, null, {}]],
    [{ type: "json" }, [], [null, 1, "x", {}, []]],
  ]
  for (const [spec, fit, unfit] of cases) {
    for (const value of fit) expect(fieldType(spec).accepts(value), `${spec.type} ${value}`).toBe(true)
    for (const value of unfit)
      expect(fieldType(spec).accepts(value), `${spec.type} ${String(value)}`).toBe(false)
  }
})
