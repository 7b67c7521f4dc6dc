/** What is read of a type of zod, whatever its kind. */
export interface Schema {
  def: Definition
  _zod: { def: Definition; parent?: Schema }
  _def: Definition
  constructor: unknown
  format?: string | null
  minLength?: number | null
  maxLength?: number | null
  meta(): Metadata | undefined
  openapi(name: string | Metadata, metadata?: Metadata): Schema
  safeParse(value: unknown): { success: boolean }
}

interface Definition {
  type: string
  checks?: { _zod: { def: Check } }[]
  innerType?: Schema
  in?: Schema
  out?: Schema
  shape?: Record<string, Schema>
  catchall?: Schema
  element?: Schema
  items?: Schema[]
  options?: Schema[]
  discriminator?: string
  left?: Schema
  right?: Schema
  keyType?: Schema
  valueType?: Schema
  entries?: Record<string, string | number>
  values?: unknown[]
  parts?: unknown[]
  getter?: () => Schema
  defaultValue?: unknown
}

interface Check {
  check: string
  format?: string
  pattern?: RegExp
  length?: number
  minimum?: number
  maximum?: number
  value?: unknown
  inclusive?: boolean
}

/** What `.openapi()` and `.meta()` say of a type. */
export interface Metadata extends Record<string, unknown> {
  _internal?: Internal
  param?: Record<string, unknown>
}

interface Internal {
  refId?: string
  extendedFrom?: { refId: string; schema: Schema } | undefined
  unionPreferredType?: "anyOf" | "oneOf"
}

/** Whether a value is a type of zod. */
export const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && "def" in value

/** Whether a value is a type of zod of that kind. */
export const isKind = (value: unknown, kind: string): value is Schema =>
  (value as Partial<Schema> | undefined)?.def?.type === kind

const wrappers = ["optional", "nullable", "default", "prefault", "readonly", "nonoptional"]

/** The type that another stands around: of a transform, what goes in. */
export function innerOf({ _zod: { def } }: Schema): Schema | undefined {
  if (wrappers.includes(def.type)) return isSchema(def.innerType) ? def.innerType : undefined
  if (def.type !== "pipe") return undefined
  const inner = isKind(def.in, "transform") && isSchema(def.out) ? def.out : def.in
  return isSchema(inner) ? inner : undefined
}

/** A type, and those that it stands around. */
export function* chainOf(schema: Schema): Generator<Schema> {
  for (let at: Schema | undefined = schema; at; at = innerOf(at)) yield at
}

export const takesNull = (schema: Schema): boolean => schema.safeParse(null).success
export const takesNothing = (schema: Schema): boolean => schema.safeParse(undefined).success

/** Whether two values of JSON are the same. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false
  const keys = Object.keys(one)
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => isEqual(one[key as never], other[key as never]))
  )
}

/** An object without members that are undefined, or that `isLeftOut` names. */
export const without = (
  object: Record<string, unknown>,
  isLeftOut: (key: string, value: unknown) => boolean = () => false,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).filter(([key, value]) => value !== undefined && !isLeftOut(key, value)),
  )

export const mapped = <T, R>(object: Record<string, T>, map: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]))
