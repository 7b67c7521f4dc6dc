import { internalOf } from "./metadata.ts"
import { isEqual, isKind, isSchema, mapped, type Schema, takesNothing, without } from "./zod-schema.ts"

export type Json = Record<string, unknown>

/** How the parts of a shape are made, and what they refer to. */
export interface Parts {
  schemaOf(schema: Schema): Json
  isNullable: boolean
  defaultValue: unknown
}

export const referenceTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

const nothing = { type: "null" }

/** A type by its name, or null. */
export const typed = (type: unknown, isNullable: boolean): Json =>
  !type ? {} : { type: isNullable ? [...new Set([type, "null"].flat())] : type }

export const referenceOrNull = (reference: Json, isNullable: boolean): Json =>
  isNullable ? { oneOf: [reference, nothing] } : reference

const oneOrNull = (schemas: Json[], isNullable: boolean): Json[] =>
  isNullable && !schemas.some((one) => isEqual(one, nothing)) ? [...schemas, nothing] : schemas

/** What was made once, where it may be null as well. */
export function again(schema: Json, isNullable: boolean): Json {
  if ("$ref" in schema) return referenceOrNull(schema, isNullable)
  return schema.type ? { ...schema, ...typed(schema.type, isNullable) } : schema
}

/** The shape of a type that stands around no other. */
export function shapeOf(schema: Schema, parts: Parts): Json {
  const { type } = schema.def
  if (type === "null") return { ...nothing }
  if (type === "unknown" || type === "any") return {}
  if (type === "object") return objectOf(schema, parts)
  const shape = shapes[type]
  if (!shape)
    throw new Error(
      `Unknown zod object type, please specify \`type\` and other OpenAPI props using \`schema.openapi\`: ${type}`,
    )
  return { ...shape(schema, parts), default: parts.defaultValue }
}

type Shape = (schema: Schema, parts: Parts) => Json

const orAny = (schema: Schema | undefined, { schemaOf }: Parts): Json =>
  isSchema(schema) ? schemaOf(schema) : {}

const checkOf = ({ def }: Schema, name: string) =>
  def.checks?.find(({ _zod }) => _zod.def.check === name)?._zod.def

const bigint: Shape = (_, { isNullable }) => ({ ...typed("string", isNullable), pattern: "^\\d+$" })

const literal: Shape = (schema, parts) => {
  const [value] = schema.def.values ?? []
  const type = typeof value
  if (type === "bigint") return bigint(schema, parts)
  return ["boolean", "number", "string", "object"].includes(type)
    ? { ...typed(type, parts.isNullable), enum: [value] }
    : typed("null", parts.isNullable)
}

const enumeration: Shape = ({ def }, { isNullable }) => {
  const values = valuesOf(def.entries)
  const numbers = values.filter((value) => typeof value === "number").length
  if (numbers && numbers < values.length)
    throw new Error("Enum has mixed string and number values, please specify the OpenAPI type manually")
  return {
    ...typed(numbers ? "integer" : "string", isNullable),
    enum: isNullable ? [...values, null] : values,
  }
}

/** The values of an enum: those of numbers have their names as values, too. */
const valuesOf = (entries: Record<string, string | number> = {}): (string | number)[] =>
  Object.entries(entries)
    .filter(([, value]) => typeof entries[value] !== "number")
    .map(([, value]) => value)

const union: Shape = (schema, parts) => {
  const { discriminator, options = [] } = schema.def
  if ("discriminator" in schema.def) {
    const kinds = options.filter(isSchema)
    const oneOf = kinds.map(parts.schemaOf)
    if (parts.isNullable) return { oneOf: oneOrNull(oneOf, true) }
    return { oneOf, discriminator: mappingOf(kinds, discriminator as string) }
  }
  const schemas = flat(schema, "union", ({ def }) => def.options).map((one) => {
    let bare = one
    while (bare.def.type === "nullable" && isSchema(bare.def.innerType)) bare = bare.def.innerType
    return parts.schemaOf(bare)
  })
  return { [internalOf(schema).unionPreferredType ?? "anyOf"]: oneOrNull(schemas, parts.isNullable) }
}

/** Which value of the discriminator is which schema, where all of them have names. */
function mappingOf(kinds: Schema[], propertyName: string): Json | undefined {
  const names = kinds.map((kind) => internalOf(kind).refId)
  if (names.includes(undefined)) return undefined
  const mapping: Json = {}
  for (const [i, kind] of kinds.entries())
    for (const value of discriminators(kind, propertyName))
      mapping[value] = referenceTo(names[i] as string).$ref
  return { propertyName, mapping }
}

function discriminators({ def }: Schema, name: string): string[] {
  if ("discriminator" in def)
    return [...new Set((def.options ?? []).filter(isSchema).flatMap((one) => discriminators(one, name)))]
  const { type, entries, values } = (def.type === "object" ? def.shape?.[name]?.def : undefined) ?? {}
  const found = type === "enum" ? Object.values(entries ?? {}) : type === "literal" ? values : []
  return (found ?? []).filter((one) => typeof one === "string")
}

/** A type without those of its kind in it: their parts in their place. */
const flat = (schema: Schema, kind: string, partsOf: (schema: Schema) => unknown[] | undefined): Schema[] =>
  schema.def.type === kind
    ? (partsOf(schema) ?? []).filter(isSchema).flatMap((one) => flat(one, kind, partsOf))
    : [schema]

const intersection: Shape = (schema, { schemaOf, isNullable }) => {
  const allOf = flat(schema, "intersection", ({ def }) => [def.left, def.right]).map(schemaOf)
  return isNullable ? { anyOf: oneOrNull([{ allOf }], true) } : { allOf }
}

const record: Shape = ({ def: { keyType, valueType } }, parts) => {
  const value = orAny(valueType, parts)
  const object = typed("object", parts.isNullable)
  if (!isKind(keyType, "enum")) return { ...object, additionalProperties: value }
  const keys = Object.values(keyType.def.entries ?? {}).filter((key) => typeof key === "string")
  return { ...object, properties: Object.fromEntries(keys.map((key) => [key, value])) }
}

const formats: Record<string, string> = {
  uuid: "uuid",
  guid: "uuid",
  email: "email",
  url: "uri",
  date: "date",
  datetime: "date-time",
  time: "time",
  duration: "duration",
  cuid: "cuid",
  cuid2: "cuid2",
  ulid: "ulid",
  ipv4: "ip",
  ipv6: "ip",
  cidrv4: "ipv4-cidr",
  cidrv6: "ipv6-cidr",
  base64url: "base64url",
  emoji: "emoji",
}

const string: Shape = (schema, { isNullable }) => {
  const { minLength, maxLength, format, def } = schema
  const length = checkOf(schema, "length_equals")?.length
  const pattern = def.checks?.find(
    ({ _zod }) => _zod.def.check === "string_format" && _zod.def.format === "regex",
  )?._zod.def.pattern
  return {
    ...typed("string", isNullable),
    minLength: length ?? (Number.isFinite(minLength) ? minLength : undefined),
    maxLength: length ?? (Number.isFinite(maxLength) ? maxLength : undefined),
    format: formats[format ?? ""],
    pattern: pattern?.toString().replace(/^\/|\/$/g, ""),
  }
}

const number: Shape = ({ format, def }, { isNullable }) => {
  const shape = typed(format === "safeint" ? "integer" : "number", isNullable)
  for (const { _zod } of def.checks ?? []) {
    const { check, inclusive, value } = _zod.def
    if (check === "greater_than") shape[inclusive ? "minimum" : "exclusiveMinimum"] = Number(value)
    if (check === "less_than") shape[inclusive ? "maximum" : "exclusiveMaximum"] = Number(value)
  }
  return shape
}

const escaped = (text: unknown): string => String(text).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

function patternOf(part: unknown): string {
  if (!isSchema(part)) return escaped(part)
  const { type, values, entries } = part.def
  if (type === "literal") return escaped(values?.[0])
  if (type === "number") return "[+-]?\\d+(\\.\\d+)?"
  if (type === "boolean") return "(true|false)"
  return type === "enum" ? `(${valuesOf(entries).map(escaped).join("|")})` : ".*"
}

const shapes: Record<string, Shape> = {
  string,
  number,
  bigint,
  literal,
  union,
  intersection,
  record,
  enum: enumeration,
  boolean: (_, { isNullable }) => typed("boolean", isNullable),
  date: (_, { isNullable }) => ({ ...typed("string", isNullable), format: "date-time" }),
  lazy: ({ _zod }, { schemaOf, isNullable }) => again(schemaOf(_zod.def.getter?.() as Schema), isNullable),
  template_literal: ({ def }, { isNullable }) => ({
    ...typed("string", isNullable),
    pattern: `^${def.parts?.map(patternOf).join("")}$`,
  }),
  array: (schema, parts) => ({
    ...typed("array", parts.isNullable),
    items: orAny(schema.def.element, parts),
    minItems: checkOf(schema, "min_length")?.minimum,
    maxItems: checkOf(schema, "max_length")?.maximum,
  }),
  tuple: ({ def }, parts) => ({
    ...typed("array", parts.isNullable),
    prefixItems: def.items?.map((item) => orAny(item, parts)),
  }),
}

const requiredOf = ({ def }: Schema): string[] =>
  Object.entries(def.shape ?? {}).flatMap(([key, type]) => (takesNothing(type) ? [] : [key]))

function objectOf(schema: Schema, parts: Parts): Json {
  const { schemaOf, isNullable, defaultValue } = parts
  const { shape = {}, catchall } = schema.def
  const { extendedFrom } = internalOf(schema)
  const required = requiredOf(schema)
  const properties = mapped(shape, schemaOf)
  const head = typed("object", isNullable)
  const more = isKind(catchall, "never")
    ? { additionalProperties: false }
    : isSchema(catchall)
      ? { additionalProperties: schemaOf(catchall) }
      : {}
  if (!extendedFrom)
    return { ...head, properties, default: defaultValue, ...(required.length ? { required } : {}), ...more }
  const { refId, schema: parent } = extendedFrom
  // What is referred to must be there.
  schemaOf(parent)
  const ofParent = mapped(parent.def.shape ?? {}, schemaOf)
  const requiredByParent = requiredOf(parent)
  const added = required.filter((key) => !requiredByParent.includes(key))
  const own = {
    ...head,
    default: defaultValue,
    properties: without(properties, (key, value) => isEqual(ofParent[key], value)),
    ...(added.length ? { required: added } : {}),
    ...more,
  }
  return { allOf: [referenceTo(refId), own] }
}
