import { described, ownMetadata } from "./metadata.ts"
import { isKind, type Metadata, type Schema } from "./zod-schema.ts"

type Method = (this: Schema, ...given: unknown[]) => Schema
/** A type by its methods. */
type Methods = Record<string, Method | undefined>

/** What keeps the metadata of the type that it is called on. */
const keeping = ["optional", "nullable", "default", "transform", "refine", "length", "min", "max"]

/** Gives the types of zod their method `openapi`. */
export function addOpenApi(prototype: object): void {
  Object.assign(prototype, {
    openapi(this: Schema, name: string | Metadata, metadata?: Metadata): Schema {
      return typeof name === "string" ? opened(this, name, metadata) : opened(this, undefined, name)
    },
  })
}

/** A type of its own, so that what is said of it is not said of the first. */
function opened(schema: Schema, refId: string | undefined, { param, ...rest }: Metadata = {}): Schema {
  const { _internal, ...own } = ownMetadata(schema) ?? {}
  const internal = { ..._internal, ...(refId ? { refId } : {}) }
  const metadata: Metadata = {
    ...(Object.keys(internal).length ? { _internal: internal } : {}),
    ...own,
    ...rest,
    ...(own.param || param ? { param: { ...own.param, ...param } } : {}),
  }
  const result = new (schema.constructor as new (definition: unknown) => Schema)(schema._def)
  const methods = result as unknown as Methods
  described.add(result, metadata)
  // `z.json()` refers to itself by the type that it was made as.
  if (isKind(result, "lazy")) described.add(schema, metadata)
  if (isKind(result, "object")) {
    extendKeeping(result)
    keep(methods, "catchall")
  }
  for (const name of keeping) keep(methods, name)
  const { meta } = methods
  methods.meta = function (...given) {
    const named = meta?.apply(this, given) as Schema
    const before = given[0] && described.get(this)
    if (before) described.add(named, { ...before, ...(given[0] as Metadata) })
    return named
  }
  return result
}

/** Has an extended object refer to the one that it extends. */
function extendKeeping(object: Schema): void {
  const { _internal, ...rest } = ownMetadata(object) ?? {}
  const methods = object as unknown as Methods
  const { extend } = methods
  methods.extend = (...given) => {
    const extended = extend?.apply(object, given) as Schema
    const extendedFrom = _internal?.refId
      ? { refId: _internal.refId, schema: object }
      : _internal?.extendedFrom
    described.add(extended, { _internal: { extendedFrom } })
    return extended.openapi(rest)
  }
}

function keep(methods: Methods, name: string): void {
  const method = methods[name]
  if (!method) return
  methods[name] = function (...given) {
    const result = method.apply(this, given)
    const metadata = ownMetadata(this)
    if (metadata) described.add(result, metadata)
    return result
  }
}
