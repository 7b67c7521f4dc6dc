import { z } from "@hono/zod-openapi"
import { instant, storable } from "../fields/values.ts"
import { canSee } from "../sql/row.ts"
import { type Field, type Resource, secretOf } from "./resource.ts"

const email = /^[^\s@,;<>()"]+@[^\s@.,;<>()"]+(\.[^\s@.,;<>()"]+)+$/

function textSchema(field: Field): z.ZodType {
  const { spec } = field
  if (spec.values) return z.enum(spec.values as [string, ...string[]])
  let schema = z.string().trim()
  if (spec.format === "email") schema = schema.toLowerCase()
  if (spec.min) schema = schema.min(spec.min)
  if (spec.max !== undefined) schema = schema.max(spec.max)
  if (spec.format === "email") schema = schema.regex(email, "must be an email address")
  if (spec.pattern) schema = schema.regex(new RegExp(spec.pattern, "u"), `must match ${spec.pattern}`)
  schema = schema.refine(storable, "must not hold NUL or broken Unicode")
  const { format, pattern } = spec
  // The pattern as it was written: the document knows no flags.
  return schema.openapi({ ...(format ? { format } : {}), ...(pattern ? { pattern } : {}) })
}

function numberSchema(field: Field): z.ZodType {
  const { min, max } = field.spec
  let schema = field.spec.type === "real" ? z.number() : z.int()
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  // Minus zero is zero: the databases spell it differently.
  return schema.overwrite((value) => value + 0)
}

/** Any JSON value. Said in words for the document, whose generator does not come to an end on `z.json()`. */
const anyJson = (): z.ZodType =>
  z.json().openapi({ type: ["object", "array", "string", "number", "boolean", "null"] })

/** A field's value in a request body. */
function inputSchema(field: Field): z.ZodType {
  const { spec } = field
  switch (spec.type) {
    case "text":
      return textSchema(field)
    case "id":
    case "integer":
    case "real":
      return numberSchema(field)
    case "boolean":
      return z.boolean()
    case "timestamp":
      return z
        .string()
        .refine((value) => instant(value) !== undefined, "must be an RFC 3339 timestamp")
        .overwrite((value) => instant(value) ?? value)
        .openapi({ format: "date-time" })
    case "json":
      return anyJson()
  }
}

function writable(resource: Resource): Field[] {
  return Object.values(resource.fields).filter((field) => field.write !== undefined)
}

const secretSchema = ({ min, max }: { min: number; max: number }): z.ZodType =>
  z.string().min(min).max(max).refine(storable, "must not hold NUL or broken Unicode")

/** Most rows of one create. Fewer where each costs a password's hash. */
export const maxRows = (resource: Resource): number => (secretOf(resource) ? 10 : 1000)

/** The body of a create. Unknown members are refused; a secret goes by its input name. */
export function createSchema(resource: Resource): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const field of writable(resource)) {
    if (field.secret) shape[field.secret.as] = secretSchema(field.secret)
    else {
      const schema = field.nullable ? inputSchema(field).nullable() : inputSchema(field)
      shape[field.name] = field.optional ? schema.optional() : schema
    }
  }
  return z.strictObject(shape)
}

/** Ids leave room for those that come after them. */
const madeSchema = (field: Field): z.ZodType =>
  field.spec.type === "id"
    ? z
        .int()
        .min(1)
        .max(2 ** 52)
    : inputSchema(field)

/** A row of an import: a create's body, and what else an export holds of it. */
export function importSchema(resource: Resource): z.ZodObject {
  const made = Object.values(resource.fields).filter((field) => field.write === undefined)
  return z.strictObject({
    ...createSchema(resource).shape,
    ...Object.fromEntries(made.map((field) => [field.name, madeSchema(field).optional()])),
  })
}

/** The body of an update: a merge patch (RFC 7396). Null clears a field that may be null; empty is refused. */
export function updateSchema(resource: Resource): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const field of writable(resource)) {
    if (field.secret) {
      shape[field.secret.as] = secretSchema(field.secret).optional()
      shape[field.secret.confirm] = z.string().max(field.secret.max).optional()
    } else
      shape[field.name] = (field.nullable ? inputSchema(field).nullable() : inputSchema(field)).optional()
  }
  return z.strictObject(shape)
}

/** A field's value in a response. */
export function outputSchema(field: Field): z.ZodType {
  const { spec } = field
  const schema = {
    id: () => z.int(),
    integer: () => z.int(),
    real: () => z.number(),
    boolean: () => z.boolean(),
    timestamp: () => z.string().openapi({ format: "date-time" }),
    json: anyJson,
    text: () => (spec.values ? z.enum(spec.values as [string, ...string[]]) : z.string()),
  }[spec.type]()
  return field.nullable ? schema.nullable() : schema
}

/** The fields that some viewer may see. */
export const readable = (resource: Resource): Field[] =>
  Object.values(resource.fields).filter(
    (f) => canSee(f, "user") || canSee(f, "admin") || canSee(f, "anonymous"),
  )

/** An example value, for the documents. */
export function example({ spec }: Field): string | number | boolean | null {
  if (spec.example !== undefined) return spec.example
  if (spec.values) return spec.values[0] as string
  if (spec.format === "email") return "ann@example.com"
  const within = (value: number) => Math.min(Math.max(spec.min ?? value, value), spec.max ?? value)
  switch (spec.type) {
    case "id":
      return 1
    case "integer":
      return within(1)
    case "real":
      return within(9.5)
    case "boolean":
      return true
    case "timestamp":
      return "2026-01-31T12:00:00.000Z"
    case "json":
      return null
    case "text":
      return "example".padEnd(spec.min ?? 0, "x").slice(0, spec.max)
  }
}
