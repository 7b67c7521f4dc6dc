import { OpenAPIHono } from "@hono/zod-openapi"
import { expect, test } from "vitest"
import * as z from "zod"
import { fieldType } from "../../../src/weir/fields/types.ts"

/** What the document says of a column of JSON with a schema, in a body and in an answer. */
function documentsOf(schema: z.ZodType): { input: unknown; output: unknown } {
  const type = fieldType({ type: "json", inferred: true, schema })
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
  openAPIRegistry.register("Column", z.object({ input: type.input(), output: type.output() }))
  const { components } = getOpenAPI31Document({ openapi: "3.1.0", info: { title: "T", version: "1" } })
  const column = components?.schemas?.Column as { properties: { input: unknown; output: unknown } }
  return column.properties
}

test("a schema of one's own is documented alike in bodies and answers, since values stay as they were sent", () => {
  const place = z.object({
    city: z.string().min(1),
    zip: z.string().default("00000"),
    tags: z.array(z.enum(["a", "b"])),
  })
  const documented = {
    type: "object",
    properties: {
      city: { type: "string", minLength: 1 },
      zip: { type: "string", default: "00000" },
      tags: { type: "array", items: { type: "string", enum: ["a", "b"] } },
    },
    required: ["city", "tags"],
  }
  const { input, output } = documentsOf(place)
  expect(input).toMatchObject(documented)
  expect(output).toMatchObject(documented)
  // What else is sent is kept, and is in answers.
  expect(output).not.toHaveProperty("additionalProperties", false)
})

test("a schema that the document cannot hold leaves the column's type as it is", () => {
  const plain = documentsOf(z.unknown())
  const tree: z.ZodType = z.object({ name: z.string(), children: z.lazy(() => z.array(tree)) })
  const named = z.object({ inner: z.object({ a: z.int() }).openapi("Inner") })
  for (const schema of [tree, z.json(), named, z.object({ bytes: z.instanceof(Uint8Array) })])
    expect(documentsOf(schema)).toEqual(plain)
})
