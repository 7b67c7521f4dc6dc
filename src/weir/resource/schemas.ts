import { noNul, notStorable, storable } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import type { Field, Resource } from "./resource.ts"
import { isOpen } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

/** The fields that a body may hold, secrets included. */
export function writable(resource: Resource): Field[] {
  return Object.values(resource.fields).filter((field) => field.write !== undefined)
}

const secretSchema = ({ min, max }: { min: number; max: number }): z.ZodType =>
  z.string().min(min).max(max).refine(storable, notStorable).openapi({ pattern: noNul })

/** A field's value in a request body. */
export const inputSchema = ({ type, nullable }: Field): z.ZodType =>
  nullable ? type.input().nullable() : type.input()

/** A field's value in a response. */
export const outputSchema = ({ type, nullable }: Field): z.ZodType =>
  nullable ? type.output().nullable() : type.output()

/** The body of a create. Unknown members are refused; a secret goes by its input name. */
export function createSchema(resource: Resource): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const field of writable(resource)) {
    if (field.secret) shape[field.secret.as] = secretSchema(field.secret)
    else shape[field.name] = field.optional ? inputSchema(field).optional() : inputSchema(field)
  }
  return z.strictObject(shape)
}

/** Whether the database computes the value of others: an export holds it, and nobody can give it. */
export const isComputed = ({ column }: Field): boolean => column.generated !== undefined

/** A row of an import: a create's body, and what else an export holds of it. */
export function importSchema(resource: Resource): z.ZodObject {
  const generated = Object.values(resource.fields).filter((field) => field.write === undefined)
  return z.strictObject({
    ...createSchema(resource).shape,
    ...Object.fromEntries(
      generated.map((field) => [
        field.name,
        isComputed(field) ? z.unknown().optional() : inputSchema(field).optional(),
      ]),
    ),
  })
}

/** The body of a replacement: that of a create without the key, which the path has. */
export function replaceSchema(resource: Resource): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const field of writable(resource))
    if (!resource.keys.includes(field.name))
      shape[field.name] = field.optional ? inputSchema(field).optional() : inputSchema(field)
  return z.strictObject(shape)
}

/** The body of an update: a merge patch (RFC 7396). Null clears a field that may be null; empty is refused. */
export function updateSchema(resource: Resource): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const field of writable(resource)) {
    if (field.secret) {
      shape[field.secret.as] = secretSchema(field.secret).optional()
      shape[field.secret.confirm] = z.string().max(field.secret.max).optional()
    } else shape[field.name] = inputSchema(field).optional()
  }
  return z.strictObject(shape)
}

/** The fields that some viewer may see. */
export const readable = (resource: Resource): Field[] =>
  Object.values(resource.fields).filter((field) => viewerKinds().some((kind) => isOpen(field.read, kind)))
