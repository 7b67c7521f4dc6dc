import { expect, test } from "vitest"
import { checkCollections } from "../../../src/weir/documents/check.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { collection } from "../../../src/weir/schema.ts"

const own: Record<string, unknown> = { type: "object" }
own.properties = { a: own }

/** What is wrong with a schema is one line at load, which names the place. */
test.each<[schema: unknown, line: string]>([
  [{ $ref: "#/$defs/none" }, 'schema.$ref leads to "#/$defs/none", where there is nothing'],
  [
    { properties: { "a b": { items: { $ref: "#/$defs/none" } } }, $defs: { some: {} } },
    'schema.properties.a b.items.$ref leads to "#/$defs/none", where there is nothing',
  ],
  [{ allOf: [{ $ref: "#none" }] }, 'schema.allOf.0.$ref leads to "#none", where there is nothing'],
  [
    { $ref: "#/properties/a/const", properties: { a: { const: {} } } },
    'schema.$ref leads to "#/properties/a/const", where there is nothing',
  ],
  [
    { properties: { a: { $ref: "https://example.com/other.json#/a" } } },
    'schema.properties.a.$ref leads to "https://example.com/other.json#/a", which is not in the schema, and is not fetched',
  ],
  [
    { $ref: "https://json-schema.org/draft/2020-12/schema" },
    'schema.$ref leads to "https://json-schema.org/draft/2020-12/schema", which is not in the schema, and is not fetched',
  ],
  [
    { $ref: "other.json" },
    'schema.$ref leads to "other.json", which is not in the schema, and is not fetched',
  ],
  [{ items: { format: "url" } }, 'schema.items.format is "url", which there is not: use "uri"'],
  [{ $ref: 5 }, "schema.$ref must be a URI"],
  [{ $ref: "http://[" }, "schema.$ref must be a URI"],
  [{ $id: "http://[" }, "schema.$id must be a URI"],
  [{ $anchor: "a b" }, "schema.$anchor must be a letter or _, then letters, digits, _ - or ."],
  [
    { $defs: { a: { $id: "https://example.com/x" }, b: { $id: "https://example.com/x" } } },
    'schema has the $id "https://example.com/x" twice',
  ],
  [{ $ref: "#" }, "schema.$ref comes back to itself without going on into the document"],
  [
    {
      $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [true, { $ref: "#/$defs/a" }] } },
      properties: { x: { $ref: "#/$defs/a" } },
    },
    "schema.$defs.b.anyOf.1.$ref comes back to itself without going on into the document",
  ],
  [
    { if: { required: ["a"] }, dependentSchemas: { a: { not: { $ref: "#" } } } },
    "schema.dependentSchemas.a.not.$ref comes back to itself without going on into the document",
  ],
  [
    { properties: { a: { $dynamicRef: "#node" } } },
    'schema.properties.a has the keyword "$dynamicRef", which is not understood: name the place by $ref',
  ],
  [
    { $dynamicAnchor: "node" },
    'schema has the keyword "$dynamicAnchor", which is not understood: use $anchor',
  ],
  [
    { dependencies: { a: ["b"] } },
    'schema has the keyword "dependencies", which is not understood: use dependentRequired or dependentSchemas',
  ],
  [{ propertys: {} }, 'schema has a keyword "propertys", which there is not'],
  [
    { patternProperties: { "(": {} } },
    "schema.patternProperties.( is no regular expression: Invalid regular expression: /(/u: Unterminated group",
  ],
  [{ prefixItems: [] }, "schema.prefixItems must be an array, not empty"],
  [{ if: 5 }, "schema.if must be a schema: an object, true or false"],
  [{ dependentSchemas: { a: 5 } }, "schema.dependentSchemas.a must be a schema: an object, true or false"],
  [{ $defs: [] }, "schema.$defs must be an object"],
  [
    { unevaluatedProperties: "no" },
    "schema.unevaluatedProperties must be a schema: an object, true or false",
  ],
  [own, "schema holds itself, or nests too deeply: use $ref"],
])("%#: %j", (schema, line) => {
  const notes = collection("notes", { schema: schema as never })
  const check = () => checkCollections([resource(notes, { read: anyone })])
  expect(check).toThrow(new Error(`notes: ${line}`))
})

test("references that go on into the document are no circle", () => {
  const schema = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        properties: { next: { $ref: "#" } },
        items: { $ref: "#/$defs/node" },
        allOf: [{ $ref: "#/$defs/leaf" }, { $ref: "#/$defs/leaf" }],
      },
      leaf: {},
    },
    example: { $ref: "#/nothing", $id: "http://[" },
    "x-own": { $id: 5 },
  }
  const notes = collection("notes", { schema })
  expect(() => checkCollections([resource(notes, { read: anyone })])).not.toThrow()
})
