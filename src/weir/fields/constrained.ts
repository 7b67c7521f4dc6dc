import type { z } from "@hono/zod-openapi"
import { JsonText } from "../lib/json-text.ts"
import type { FieldType } from "./type.ts"

/** A schema as JSON Schema; undefined for one that refers to itself, which the document cannot hold. */
function documentOf(schema: z.ZodType, io: "input" | "output"): object | undefined {
  // By its method: the Worker's zod has no function for it.
  const { $schema: _, ...document } = schema.toJSONSchema({ io, unrepresentable: "any" })
  return JSON.stringify(document).includes('"$ref"') ? undefined : document
}

const documented = (type: z.ZodType, schema: z.ZodType, io: "input" | "output"): z.ZodType => {
  const document = documentOf(schema, io)
  return document ? type.openapi(document) : type
}

/** A type whose values must also fit a schema, which a `$type` has. A value is kept as it was sent. */
export const constrained = (type: FieldType, schema: z.ZodType): FieldType => ({
  ...type,
  input: () =>
    documented(
      type.input().superRefine((value, context) => {
        const { error } = schema.safeParse(value instanceof JsonText ? value.toJSON() : value)
        for (const issue of error?.issues ?? []) context.addIssue({ ...issue } as never)
      }),
      schema,
      "input",
    ),
  output: () => documented(type.output(), schema, "output"),
})
