import { OpenAPIHono } from "@hono/zod-openapi"
import type { Json } from "../http/components.ts"
import * as z from "../lib/zod.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { inputSchema, outputSchema } from "../resource/schemas.ts"

/** A field's value as JSON Schema, and whether an object must have it. */
export interface FieldSchema {
  schema: Json
  required: boolean
}

/** What fields of one type have in common in the document. */
export interface FieldDoc {
  /** A value in a request body, and one in an answer. */
  input: FieldSchema
  output: FieldSchema
  /** One that is not null: an operand, or a key. */
  value: Json
  example: unknown
  /** A number for the type. */
  type: number
}

/**
 * The documents of fields. Most columns of an API are alike: each distinct type is converted once, all of them by one
 * run of the generator, which would take seconds for a type of zod per parameter.
 */
export function fieldDocs(resources: readonly Resource[]): (field: Field) => FieldDoc {
  const textOf = texts()
  const specimens = new Map<string, Field>()
  const typeTexts = new Map<Field, string>()
  for (const { fields } of resources)
    for (const field of Object.values(fields)) {
      const text = textOf(field)
      typeTexts.set(field, text)
      if (!specimens.has(text)) specimens.set(text, field)
    }
  const converted = convert([...specimens.values()])
  const docs = new Map([...specimens.keys()].map((text, i) => [text, converted[i] as FieldDoc]))
  const byField = new Map([...typeTexts].map(([field, text]) => [field, docs.get(text) as FieldDoc]))
  return (field) => {
    const found = byField.get(field)
    if (!found) throw new Error(`${field.name}: is of no resource that is documented`)
    return found
  }
}

/** Makes texts that are equal where the types of fields are. */
function texts(): (field: Field) => string {
  // A schema of a team's own has no text: it is known by its number.
  const numbers = new Map<object, number>()
  return ({ spec, nullable }) => {
    const { schema, reference: _, ...plain } = spec
    if (schema && !numbers.has(schema)) numbers.set(schema, numbers.size)
    return JSON.stringify([plain, nullable, schema && numbers.get(schema)])
  }
}

/** Converts types of fields: as the members of one object, which tells as well which of them it must have. */
function convert(fields: readonly Field[]): FieldDoc[] {
  const shape: Record<string, z.ZodType> = {}
  for (const [i, field] of fields.entries()) {
    shape[`input${i}`] = inputSchema(field)
    shape[`output${i}`] = outputSchema(field)
    if (field.nullable) shape[`value${i}`] = field.type.output()
  }
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
  openAPIRegistry.register(holder, z.object(shape))
  const info = { title: holder, version: "1" }
  const document = getOpenAPI31Document({ openapi: "3.1.0", info }) as unknown as Holding
  const { properties = {}, required = [] } = document.components.schemas[holder]
  const musts = new Set(required)
  return fields.map(({ nullable, type }, i) => {
    const found = (name: string): FieldSchema => {
      const schema = properties[name] as Json
      return { schema: nullable ? orNull(schema) : schema, required: musts.has(name) }
    }
    return {
      input: found(`input${i}`),
      output: found(`output${i}`),
      value: properties[nullable ? `value${i}` : `output${i}`] as Json,
      example: type.example(),
      type: i,
    }
  })
}

const holder = "Fields"

/** The document of the object alone. */
interface Holding {
  components: { schemas: { [holder]: { properties?: Record<string, Json>; required?: string[] } } }
}

/** Words of JSON Schema that may refuse null, whatever the type. */
const closed = ["const", "enum", "anyOf", "oneOf", "allOf", "not"]

/** The schema, or null: a type that is spelled out for the generator loses it. */
function orNull(schema: Json): Json {
  const { type } = schema
  const types = [type ?? "null"].flat()
  if (types.includes("null")) return schema
  if (closed.some((word) => word in schema)) return { anyOf: [schema, { type: "null" }] }
  return { ...schema, type: [...types, "null"] }
}
