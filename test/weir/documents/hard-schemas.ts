import type { JsonSchema } from "../../../src/weir/db/dialect/collections.ts"

/** JSON Schemas of all that is hard in them. */
export const hardSchemas: Record<string, JsonSchema> = {
  definitions: {
    definitions: { name: { type: "string", minLength: 2, maxLength: 5 }, "a/b~c d": { type: "integer" } },
    properties: { a: { $ref: "#/definitions/name" }, b: { $ref: "#/definitions/a~1b~0c%20d" } },
    required: ["a"],
  },
  anchors: {
    $id: "https://example.com/note",
    $defs: {
      word: { $anchor: "word", enum: ["x", "y", 1, null] },
      list: { $id: "list", type: "array", items: { $ref: "note#word" }, uniqueItems: true },
    },
    properties: { a: { $ref: "#word" }, b: { $ref: "list" }, c: { $ref: "https://example.com/list" } },
  },
  tree: {
    $defs: {
      node: {
        properties: { a: { $ref: "#/$defs/node" }, b: { items: { $ref: "#/$defs/node" } } },
        not: { required: ["c"] },
      },
    },
    $ref: "#/$defs/node",
  },
  alternatives: {
    $defs: {
      x: { properties: { type: { const: "x" }, b: { items: { $ref: "#/$defs/any" } } }, required: ["type"] },
      y: { properties: { type: { const: "y" }, b: { items: { $ref: "#/$defs/any" } } }, required: ["type"] },
      z: { properties: { type: { const: "z" }, b: { items: { $ref: "#/$defs/any" } } }, required: ["type"] },
      any: { oneOf: [{ $ref: "#/$defs/x" }, { $ref: "#/$defs/y" }, { $ref: "#/$defs/z" }] },
    },
    properties: { a: { $ref: "#/$defs/any" } },
  },
  tuples: {
    properties: {
      a: { prefixItems: [{ type: "number" }, { type: "string" }], items: { type: "boolean" } },
      b: { prefixItems: [{ const: 1 }], items: false },
      c: { contains: { type: "integer", minimum: 5 }, minContains: 1, maxContains: 2 },
    },
  },
  conditions: {
    if: { properties: { a: { type: "string" } }, required: ["a"] },
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword
    then: { required: ["b"], properties: { b: { type: "integer" } } },
    else: { properties: { b: { maxLength: 1 }, c: false } },
  },
  dependent: {
    dependentSchemas: { a: { properties: { b: { type: "number" } }, required: ["c"] } },
    dependentRequired: { b: ["a", "c"] },
  },
  patterns: {
    patternProperties: { "^[ab]$": { type: ["integer", "null"] }, "c|^x": { minLength: 2 } },
    additionalProperties: false,
  },
  unevaluated: {
    allOf: [
      { properties: { a: { type: "integer" } } },
      { anyOf: [{ properties: { b: { const: 1 } }, required: ["b"] }, {}] },
    ],
    properties: { type: true },
    unevaluatedProperties: false,
  },
  unevaluatedItems: {
    properties: {
      a: { allOf: [{ prefixItems: [{ type: "integer" }] }], unevaluatedItems: { type: "string" } },
    },
  },
  names: {
    propertyNames: { maxLength: 4, pattern: "^[a-z_]" },
    properties: {
      anyOf: { type: "string" },
      not: { type: "integer" },
      oneOf: { properties: { a: false } },
      // A member of that name is none of an object without members.
      constructor: { type: "string" },
      "a b": { type: "integer" },
    },
    minProperties: 1,
    maxProperties: 6,
  },
  numbers: {
    properties: {
      a: { type: "number", multipleOf: 0.5, exclusiveMinimum: 0 },
      b: { type: "integer", minimum: -5, maximum: 1e300 },
      c: { const: { a: [1, { b: null }] } },
    },
  },
  formats: {
    properties: {
      a: { type: "string", format: "date-time" },
      b: { anyOf: [{ format: "email" }, { format: "uuid" }] },
      c: { not: { not: { format: "date" } } },
    },
  },
  nothing: { not: {} },
}
