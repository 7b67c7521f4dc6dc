import { OpenAPIHono } from "@hono/zod-openapi"
import { JsonText } from "../lib/json-text.ts"
import type * as z from "../lib/zod.ts"
import type { FieldType } from "./type.ts"

const name = "Constrained"

/**
 * A schema as JSON Schema, as it takes values: they are kept as they were sent. Undefined for one that refers to itself
 * or to others by a name, which the document cannot hold, and for one of a kind that has none.
 */
function documentOf(schema: z.ZodType): object | undefined {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
  openAPIRegistry.register(name, schema)
  try {
    const { components } = getOpenAPI31Document({ openapi: "3.1.0", info: { title: name, version: "1" } })
    const document = components?.schemas?.[name]
    return JSON.stringify(document).includes('"$ref"') ? undefined : document
  } catch {
    return undefined
  }
}

/** Describes types by a schema, whose document is made once. */
function describing(schema: z.ZodType): (type: z.ZodType) => z.ZodType {
  let made: { document: object | undefined } | undefined
  return (type) => {
    made ??= { document: documentOf(schema) }
    return made.document ? type.openapi(made.document as Record<string, unknown>) : type
  }
}

/** A type whose values must also fit a schema, which a `$type` has. A value is kept as it was sent. */
export function constrained(type: FieldType, schema: z.ZodType): FieldType {
  const documented = describing(schema)
  return {
    ...type,
    input: () =>
      documented(
        type.input().superRefine((value, context) => {
          const { error } = schema.safeParse(value instanceof JsonText ? value.toJSON() : value)
          for (const issue of error?.issues ?? []) context.addIssue({ ...issue } as never)
        }),
      ),
    output: () => documented(type.output()),
  }
}
