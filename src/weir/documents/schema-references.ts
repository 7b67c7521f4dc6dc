import { dereference, type Schema } from "@cfworker/json-schema"
import type { JsonSchema } from "../db/dialect/collections.ts"
import { prepared, schemasWithin } from "./schema-parts.ts"

/** A schema's own schemas by the pointers to them, and where their references lead. */
export interface References {
  schemas: Map<string, Schema | boolean>
  pointers: Map<Schema, string>
  /** What a reference of a schema leads to. */
  target(schema: Schema): Schema | boolean | undefined
  /** All that references may lead to, by URI. */
  lookup: Record<string, Schema | boolean>
}

/** Finds the schemas within one. Throws where two have one `$id`. */
export function referencesOf(schema: JsonSchema): References {
  const whole = prepared(schema) as Schema | boolean
  const lookup = dereference(whole)
  const schemas = new Map<string, Schema | boolean>()
  const pointers = new Map<Schema, string>()
  const add = (one: Schema | boolean, pointer: string): void => {
    schemas.set(pointer, one)
    if (typeof one === "object") pointers.set(one, pointer)
    for (const [, step, inner] of schemasWithin(one)) add(inner as Schema | boolean, pointer + step)
  }
  add(whole, "")
  const target = (one: Schema) => lookup[one.__absolute_ref__ ?? String(one.$ref)]
  return { schemas, pointers, target, lookup }
}

/** The place of a schema, by the pointer to it. */
const placeOf = (pointer: string): string => `schema${decodeURIComponent(pointer).replaceAll("/", ".")}`

/** Why the references of a schema lead nowhere, or round in a circle; undefined where they do not. */
export function referenceFault(schema: JsonSchema): string | undefined {
  let references: References
  try {
    references = referencesOf(schema)
  } catch (error) {
    const [, uri = ""] = /Duplicate schema URI "(.*)"/.exec((error as Error).message) ?? []
    return uri ? `schema has the $id "${uri}" twice` : `schema: ${(error as Error).message.split("\n")[0]}`
  }
  const { schemas, target, lookup } = references
  for (const [pointer, one] of schemas) {
    if (typeof one === "boolean" || one.$ref === undefined || target(one) !== undefined) continue
    const [document = ""] = (one.__absolute_ref__ ?? "").split("#")
    const why =
      lookup[document] === undefined
        ? "which is not in the schema, and is not fetched"
        : "where there is nothing"
    return `${placeOf(pointer)}.$ref leads to "${one.$ref}", ${why}`
  }
  return circle(references)
}

/** Keywords whose schemas look at the same value. */
const inPlace = new Set(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"])

/** A reference that comes back to where it stands without going on into the document. */
function circle({ schemas, pointers, target }: References): string | undefined {
  const done = new Set<Schema>()
  const open = new Set<Schema>()
  const visit = (one: Schema | boolean | undefined): string | undefined => {
    if (typeof one !== "object" || done.has(one)) return undefined
    open.add(one)
    const led = one.$ref === undefined ? undefined : target(one)
    if (typeof led === "object" && open.has(led))
      return `${placeOf(pointers.get(one) ?? "")}.$ref comes back to itself without going on into the document`
    const next = schemasWithin(one as JsonSchema).filter(([keyword]) => inPlace.has(keyword))
    for (const inner of [led, ...next.map(([, , inner]) => inner as Schema | boolean)]) {
      const fault = visit(inner)
      if (fault !== undefined) return fault
    }
    open.delete(one)
    done.add(one)
    return undefined
  }
  for (const one of schemas.values()) {
    const fault = visit(one)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** The same schema, its references as pointers from `root`, with no names that they could go by otherwise. */
export function localized(schema: JsonSchema, root = "#"): JsonSchema {
  const { schemas, pointers, target } = referencesOf(schema)
  const copied = (value: JsonSchema, pointer: string): JsonSchema => {
    if (typeof value === "boolean") return value
    const { $id: _, $anchor: __, ...copy } = value
    const known = schemas.get(pointer)
    const led = typeof known === "object" && known.$ref !== undefined ? target(known) : undefined
    if (typeof led === "object") copy.$ref = root + (pointers.get(led) ?? "")
    for (const [keyword, step, inner] of schemasWithin(value))
      place(copy, keyword, step, copied(inner, pointer + step))
    return copy
  }
  return copied(schema, "")
}

/** Puts a schema in the place of the one that the copy still shares. */
function place(copy: Record<string, unknown>, keyword: string, step: string, schema: JsonSchema): void {
  const [, , last] = step.split("/")
  if (last === undefined) {
    copy[keyword] = schema
    return
  }
  const held = copy[keyword] as Record<string, unknown> | unknown[]
  const name = decodeURIComponent(last).replaceAll("~1", "/").replaceAll("~0", "~")
  if (Array.isArray(held)) copy[keyword] = held.with(Number(name), schema)
  else {
    const others = { ...held }
    Object.defineProperty(others, name, {
      value: schema,
      enumerable: true,
      configurable: true,
      writable: true,
    })
    copy[keyword] = others
  }
}
