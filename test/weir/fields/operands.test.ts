import { z } from "@hono/zod-openapi"
import { describe, expect, test } from "vitest"
import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import { Between, Invalid } from "../../../src/weir/fields/type.ts"
import { fieldType } from "../../../src/weir/fields/types.ts"
import { JsonText } from "../../../src/weir/lib/json-text.ts"
import { issuesOf } from "../../../src/weir/lib/zod-issues.ts"

const micros: FieldSpec = { type: "timestamp", inferred: true, sqlType: "timestamptz", zone: true }
const local: FieldSpec = { type: "local_timestamp", inferred: true, sqlType: "timestamp" }
const price: FieldSpec = { type: "decimal", inferred: true, precision: 6, scale: 2 }
const single: FieldSpec = { type: "real", inferred: true, sqlType: "real" }

/** An operand as a filter compares it: a value, `<` one that it lies above, or the code of what is wrong. */
function operand(spec: FieldSpec, text: string): unknown {
  const value = fieldType(spec).parse(text)
  if (value instanceof Between) return { above: value.below }
  return value instanceof Invalid ? { code: value.code } : value
}

/** A member of a body as it is stored, or the code of what is wrong. */
function sent(spec: FieldSpec, value: unknown): unknown {
  const result = fieldType(spec).input().safeParse(value)
  return result.success ? result.data : { code: issuesOf(result.error)[0]?.code }
}

describe("an operand of a filter", () => {
  test.each<[FieldSpec, string, unknown]>([
    [{ type: "uuid" }, "0190A5C4-7D1E-7CC0-8F6A-0A1B2C3D4E5F", "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"],
    [{ type: "uuid" }, "0190a5c47d1e7cc08f6a0a1b2c3d4e5f", { code: "invalid_uuid" }],
    [{ type: "uuid" }, "x", { code: "invalid_uuid" }],
    [{ type: "bigint" }, "+0010", "10"],
    [{ type: "bigint" }, "9223372036854775807", "9223372036854775807"],
    [{ type: "bigint" }, "-9223372036854775809", { code: "out_of_range" }],
    [{ type: "bigint" }, "1.0", { code: "invalid_integer" }],
    [{ type: "bigint" }, "-0", "0"],
    [price, "019.999", "19.999"],
    [price, "-.5", "-0.5"],
    [price, "1e3", { code: "invalid_number" }],
    [price, ".", { code: "invalid_number" }],
    [price, "NaN", { code: "invalid_number" }],
    [price, "9".repeat(131_073), { code: "out_of_range" }],
    [single, "0.1", Math.fround(0.1)],
    [single, "1e39", { code: "out_of_range" }],
    [micros, "2026-01-01T00:00:00.1234567+01:00", { above: "2025-12-31T23:00:00.123456Z" }],
    [micros, "2026-01-01T00:00:00.1234560Z", "2026-01-01T00:00:00.123456Z"],
    [micros, "2026-01-01t00:00:00z", "2026-01-01T00:00:00.000000Z"],
    [micros, "+010000-01-01T00:30:00+01:00", "9999-12-31T23:30:00.000000Z"],
    [micros, "0000-01-01T00:00:00+01:00", "-000001-12-31T23:00:00.000000Z"],
    [micros, "9999-12-31T23:59:59-00:01", "+010000-01-01T00:00:59.000000Z"],
    [micros, "-000000-01-01T00:00:00Z", { code: "invalid_timestamp" }],
    [micros, "+002026-01-01T00:00:00Z", { code: "invalid_timestamp" }],
    [micros, "2026-02-29T00:00:00Z", { code: "invalid_timestamp" }],
    [micros, "2026-01-01T24:00:00Z", { code: "invalid_timestamp" }],
    [micros, "2026-01-01T00:00:00", { code: "invalid_timestamp" }],
    [micros, "+300000-01-01T00:00:00Z", { code: "out_of_range" }],
    [{ ...micros, precision: 0 }, "2026-01-01T00:00:00.5Z", { above: "2026-01-01T00:00:00Z" }],
    [{ ...micros, precision: 3 }, "2026-01-01T00:00:00.0015Z", { above: "2026-01-01T00:00:00.001Z" }],
    [local, "2026-01-01T00:00:00.5", "2026-01-01T00:00:00.500000"],
    [local, "2026-01-01 00:00:00", "2026-01-01T00:00:00.000000"],
    [local, "2026-01-01T00:00:00Z", { code: "invalid_timestamp" }],
    [{ type: "timestamp", unit: "s" }, "2026-01-01T00:00:00.5Z", { above: "2026-01-01T00:00:00.000Z" }],
    [{ type: "timestamp", unit: "s" }, "-000001-12-31T23:59:59Z", "-000001-12-31T23:59:59.000Z"],
    [{ type: "timestamp", unit: "ms" }, "+275760-09-13T00:00:00.001Z", { code: "out_of_range" }],
    [{ type: "date", inferred: true }, "2026-01-31", "2026-01-31"],
    [{ type: "date", inferred: true }, "2026-02-31", { code: "invalid_date" }],
    [{ type: "date", inferred: true }, "31/01/2026", { code: "invalid_date" }],
    [{ type: "date", inferred: true }, "+999999-01-01", "+999999-01-01"],
    [{ type: "date", inferred: true }, "-004714-01-01", { code: "out_of_range" }],
    [{ type: "time" }, "24:00:00", "24:00:00"],
    [{ type: "time" }, "24:00:00.000", "24:00:00"],
    [{ type: "time" }, "24:00:01", { code: "invalid_time" }],
    [{ type: "time" }, "24:00:00.5", { code: "invalid_time" }],
    [{ type: "time" }, "12:00", { code: "invalid_time" }],
    [{ type: "time" }, "12:00:00Z", { code: "invalid_time" }],
    [{ type: "time" }, "12:00:00.1234567", { above: "12:00:00.123456" }],
    [{ type: "time", zone: true }, "12:00:00Z", "12:00:00+00:00"],
    [{ type: "time", zone: true }, "12:00:00", { code: "invalid_time" }],
    [{ type: "interval" }, "P1Y2M3DT4H5M6.789S", "P1Y2M3DT4H5M6.789S"],
    [{ type: "interval" }, "P", { code: "invalid_interval" }],
    [{ type: "interval" }, "P1DT", { code: "invalid_interval" }],
    [{ type: "interval" }, "1 day", { code: "invalid_interval" }],
    [{ type: "bytes" }, "_-8", "/+8="],
    [{ type: "bytes" }, "/ 8=", "/+8="],
    [{ type: "bytes" }, "AB", { code: "invalid_base64" }],
    [{ type: "bytes" }, "A", { code: "invalid_base64" }],
    [{ type: "bytes" }, "a*b=", { code: "invalid_base64" }],
    [{ type: "text", inferred: true, values: ["a"] }, "other", "other"],
    [{ type: "text", inferred: true }, " Kept ", " Kept "],
    [{ type: "text", inferred: true }, "a\0", { code: "invalid_text" }],
    [{ type: "text", inferred: true, isEnum: true, values: ["a"] }, "other", { code: "invalid_value" }],
    [{ type: "opaque" }, "10.0.0.1", "10.0.0.1"],
  ])("of %j: %j is %j", (spec, text, value) => {
    expect(operand(spec, text)).toEqual(value)
  })
})

describe("a member of a body", () => {
  test.each<[FieldSpec, unknown, unknown]>([
    [{ type: "text", inferred: true }, "  Kept ", "  Kept "],
    [{ type: "text", inferred: true, length: 3 }, "😀😀😀", "😀😀😀"],
    [{ type: "text", inferred: true, length: 3 }, "abcd", { code: "too_big" }],
    [{ type: "text", inferred: true, length: 3 }, "\0", { code: "invalid_text" }],
    [{ type: "text", inferred: true, values: ["a", "b"] }, "c", { code: "invalid_value" }],
    [{ type: "uuid" }, "0190A5C4-7D1E-7CC0-8F6A-0A1B2C3D4E5F", "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"],
    [{ type: "uuid" }, "x", { code: "invalid_uuid" }],
    [{ type: "uuid" }, 7, { code: "invalid_type" }],
    [{ type: "integer", inferred: true, max: 32767 }, 32768, { code: "too_big" }],
    [{ type: "bigint" }, "9223372036854775807", "9223372036854775807"],
    [{ type: "bigint" }, 5, "5"],
    [{ type: "bigint" }, 2 ** 53, { code: "out_of_range" }],
    [{ type: "bigint" }, 1.5, { code: "invalid_integer" }],
    [{ type: "bigint" }, "9223372036854775808", { code: "out_of_range" }],
    [{ type: "bigint" }, true, { code: "invalid_union" }],
    [price, "1234.5", "1234.5"],
    [price, "1234.50000", "1234.50000"],
    [price, 19.99, "19.99"],
    [price, 1e-7, { code: "out_of_range" }],
    [price, "0.001", { code: "out_of_range" }],
    [price, "12345", { code: "out_of_range" }],
    [price, "1e2", { code: "invalid_number" }],
    [price, "", { code: "invalid_number" }],
    [{ type: "decimal", inferred: true }, 1e-7, "0.0000001"],
    [{ type: "decimal", inferred: true }, 1e21, { code: "out_of_range" }],
    [{ type: "decimal", inferred: true, storage: "number" }, 1e21, "1000000000000000000000"],
    [{ type: "decimal", inferred: true, storage: "number" }, 2 ** 53, { code: "out_of_range" }],
    [
      { type: "decimal", inferred: true, storage: "number" },
      "1000000000000000000001",
      "1000000000000000000001",
    ],
    [{ type: "decimal", inferred: true, storage: "bigint" }, 5, "5"],
    [{ type: "decimal", inferred: true, storage: "bigint" }, "-0050.0", "-50"],
    [{ type: "decimal", inferred: true, storage: "bigint" }, 5.5, { code: "invalid_integer" }],
    [
      { type: "decimal", inferred: true },
      "123456789012345678901234567890.5",
      "123456789012345678901234567890.5",
    ],
    [single, 1e39, { code: "out_of_range" }],
    [single, Number.NaN, { code: "invalid_type" }],
    [micros, "2026-01-01T00:00:00.1234569Z", "2026-01-01T00:00:00.123456Z"],
    [{ type: "timestamp", unit: "s" }, "1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.000Z"],
    [{ type: "timestamp", unit: "s" }, "yesterday", { code: "invalid_timestamp" }],
    [{ type: "date", inferred: true }, "2026-02-31", { code: "invalid_date" }],
    [{ type: "time", precision: 0 }, "12:00:00.9", "12:00:00"],
    [{ type: "interval" }, "1 day", { code: "invalid_interval" }],
    [{ type: "bytes" }, "V2Vpcg", "V2Vpcg=="],
    [{ type: "bytes" }, "*", { code: "invalid_base64" }],
    [{ type: "vector", dimensions: 2 }, [1, 2.5], [1, 2.5]],
    [{ type: "vector", dimensions: 2 }, [1], { code: "too_small" }],
    [{ type: "array", element: { type: "uuid" } }, [null, "x"], { code: "invalid_uuid" }],
    [
      { type: "array", element: { type: "integer" }, dimensions: 2 },
      [
        [1, null],
        [2, 3],
      ],
      [
        [1, null],
        [2, 3],
      ],
    ],
    [
      { type: "array", element: { type: "integer" }, dimensions: 2 },
      [[1, null], []],
      { code: "invalid_value" },
    ],
    [{ type: "array", element: { type: "integer" }, dimensions: 2 }, [1], { code: "invalid_type" }],
    [{ type: "opaque" }, "\ud800", { code: "invalid_text" }],
  ])("of %j: %j is %j", (spec, value, stored) => {
    expect(sent(spec, value)).toEqual(stored)
  })
})

test("the values of a $type fit its schema, each issue at its place, and stay as they were sent", () => {
  const schema = z.object({ tags: z.array(z.string().min(2)) })
  const type = fieldType({ type: "json", inferred: true, schema })
  const text = new JsonText('{"tags":["ab"],"more":1.0}')
  expect(type.input().safeParse(text)).toMatchObject({ success: true, data: text })
  const wrong = z.object({ v: type.input() }).safeParse({ v: new JsonText('{"tags":["ab","c"]}') })
  expect(wrong.success ? [] : issuesOf(wrong.error)).toMatchObject([{ path: "v.tags.1", code: "too_small" }])
  const branded = fieldType({ type: "text", inferred: true, schema: z.string().startsWith("id_") })
  expect(branded.input().safeParse("id_1").success).toBe(true)
  expect(branded.input().safeParse("x").success).toBe(false)
})

test("what a cursor holds of values that JSON cannot say is accepted, and nothing else", () => {
  const cases: [FieldSpec, fit: unknown[], unfit: unknown[]][] = [
    [
      micros,
      ["2026-01-01T00:00:00.000001Z", "infinity", "-infinity"],
      ["2026-01-01T00:00:00Z", "now", 1, null],
    ],
    [{ type: "timestamp", unit: "ms" }, ["2026-01-01T00:00:00.001Z", 9e15], ["infinity", "x", Number.NaN]],
    [{ type: "bigint" }, ["10"], ["010", 10, "x"]],
    [price, ["10.50", "NaN", "-Infinity", 1.5], ["x", "1; drop", Number.NaN]],
    [single, [1.5, "1.5e+30", "Infinity"], ["x", null]],
    [{ type: "uuid" }, ["0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"], ["0190A5C4-7D1E-7CC0-8F6A-0A1B2C3D4E5F", 1]],
    [{ type: "date", inferred: true }, ["2026-01-31", "infinity"], ["2026-02-31", 1]],
    [{ type: "interval" }, ["PT0S", "infinity"], ["1 day", 1]],
    [{ type: "bytes" }, ["", "AA=="], ["AA", "AB==", "-_==", 1]],
  ]
  for (const [spec, fit, unfit] of cases) {
    for (const value of fit) expect(fieldType(spec).accepts(value), `${spec.type} ${value}`).toBe(true)
    for (const value of unfit)
      expect(fieldType(spec).accepts(value), `${spec.type} ${String(value)}`).toBe(false)
  }
})
