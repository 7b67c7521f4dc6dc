import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import { describe, expect, test } from "vitest"
import { schemaFault } from "../../../src/weir/documents/schema-fault.ts"
import { localized, referenceFault } from "../../../src/weir/documents/schema-references.ts"
import { validatorOf } from "../../../src/weir/documents/validator.ts"
import { Random } from "../query-language/random.ts"
import { hardSchemas } from "./hard-schemas.ts"
import { deepDocument, randomObject } from "./random-documents.ts"

/** Random documents against hard schemas: what another validator says of them. `WEIR_TEST_DOCUMENTS` says how many. */
const count = Number(process.env.WEIR_TEST_DOCUMENTS ?? 400)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

const ajvOf = (schema: object) => {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    multipleOfPrecision: 6,
    logger: false,
    ownProperties: true,
  })
  addFormats.default(ajv)
  return ajv.compile(schema)
}

/** Whether a place is one of the document, or that of a member which it lacks. */
function isPlace(document: unknown, path: string[]): boolean {
  let here = document
  for (const name of path.slice(0, -1)) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, name)) return false
    here = (here as Record<string, unknown>)[name]
  }
  return path.length === 0 || (typeof here === "object" && here !== null)
}

describe.each(Object.entries(hardSchemas))("%s", (name, schema) => {
  test("is one, also with its references led elsewhere", () => {
    expect(schemaFault(schema) ?? referenceFault(schema)).toBeUndefined()
    const led = { components: { schemas: { "a b": localized(schema, "#/components/schemas/a%20b") } } }
    const text = JSON.stringify(led)
    expect(text).not.toContain("$anchor")
    for (const [, pointer] of text.matchAll(/"\$ref":"#([^"]*)"/g)) {
      const steps = (pointer as string)
        .split("/")
        .slice(1)
        .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
      expect(
        steps.reduce((here, step) => here?.[step] as never, led as Record<string, unknown> | undefined),
        pointer,
      ).toBeTypeOf("object")
    }
  })

  test("says of documents what another validator says, and where", () => {
    const random = new Random(seed)
    const validate = validatorOf(schema)
    const other = ajvOf(schema as object)
    let valid = 0
    for (let i = 0; i < count; i++) {
      const document = random.chance(0.1) ? deepDocument(random) : randomObject(random)
      const issues = validate(document)
      // The other validator overlooks members that all objects have.
      const isUnsure = Object.keys(document).some((one) => one in {}) && name === "unevaluated"
      const isValid = isUnsure ? issues.length === 0 : other(document)
      expect([issues.length === 0, document, issues]).toEqual([isValid, document, issues])
      for (const { path, message, code } of issues) {
        expect(isPlace(document, path), JSON.stringify([document, path])).toBe(true)
        expect(message).toMatch(/^\S.*[^.]$/s)
        expect(code).toMatch(/^[a-z_]+$/)
      }
      if (isValid) valid++
    }
    // Both ways are tried.
    if (schema !== hardSchemas.nothing) expect(valid).toBeGreaterThan(0)
    if (schema !== hardSchemas.anchors) expect(valid).toBeLessThan(count)
  })
})

test("names are no keywords: what is wrong with a member called anyOf is said", () => {
  const validate = validatorOf({
    properties: { anyOf: { type: "string" }, contains: { properties: { not: { maximum: 1 } } } },
  })
  expect(validate({ anyOf: 5, contains: { not: 2 } })).toEqual([
    { path: ["anyOf"], message: "must be string", code: "invalid_type" },
    { path: ["contains", "not"], message: "2 is greater than 1", code: "too_big" },
  ])
})

test("of alternatives, the one error says that none holds", () => {
  const validate = validatorOf({
    properties: { a: { anyOf: [false, { properties: { b: false }, required: ["c"] }] } },
  })
  expect(validate({ a: { b: 1 } })).toEqual([
    { path: ["a"], message: "does not match any subschemas", code: "invalid_value" },
  ])
})

test("very many errors, very many elements and doubling alternatives come to an end", () => {
  const many = Array(120_000).fill(1)
  expect(validatorOf({ properties: { a: { items: { type: "string" } } } })({ a: many })).toContainEqual({
    path: ["a", "0"],
    message: "must be string",
    code: "invalid_type",
  })
  const named = Object.fromEntries(many.map((_, i) => [`m${i}`, 1]))
  expect(validatorOf({ properties: { a: { additionalProperties: false } } })({ a: named })).toHaveLength(1)
  const either = { anyOf: [{ items: { type: "string" } }, { items: { type: "number" } }] }
  expect(validatorOf({ properties: { a: either } })({ a: many })).toEqual([])
  const unique = validatorOf({ properties: { a: { uniqueItems: true } } })
  expect(unique({ a: Array.from({ length: 1_000 }, (_, i) => i) })).toEqual([])
  expect(unique({ a: [1, [2], [2]] })).toMatchObject([{ path: ["a"], code: "invalid_value" }])
  expect(unique({ a: Array.from({ length: 40_000 }, (_, i) => i) })).toMatchObject([
    { path: ["a"], code: "too_big" },
  ])
  let deep: unknown = 1
  for (let level = 0; level < 30; level++) deep = level % 2 ? { type: "w", b: deep } : [deep]
  expect(validatorOf(hardSchemas.alternatives ?? true)({ a: deep })).toMatchObject([
    { path: ["a"], code: "invalid_value" },
  ])
  const doubling = { items: { anyOf: [{ $ref: "#" }, { $ref: "#" }] }, properties: { a: { $ref: "#" } } }
  let levels: unknown = 1
  for (let level = 0; level < 30; level++) levels = [levels]
  expect(validatorOf(doubling)({ a: levels })).toMatchObject([{ path: [], code: "too_many" }])
  const each = { properties: { a: { items: { $ref: "#/$defs/n" } } }, $defs: { n: { type: "number" } } }
  expect(validatorOf(each)({ a: many })).toEqual([])
})
