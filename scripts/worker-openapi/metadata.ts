import { innerOf, type Metadata, type Schema, without } from "./zod-schema.ts"

const said = new WeakMap<Schema, Metadata>()

/** What `.openapi()` says of each type. */
export const described = {
  add: (schema: Schema, metadata: Metadata): void => void said.set(schema, metadata),
  /** A type that was made of another has what is said of that one. */
  get(schema: Schema): Metadata | undefined {
    const { parent } = schema._zod
    if (!parent) return said.get(schema)
    const { id: _, ...inherited } = described.get(parent) ?? {}
    return { ...inherited, ...said.get(schema) }
  },
}

/** What is said of a type itself, by `.openapi()` and by `.meta()`. */
export function ownMetadata(schema: Schema): Metadata | undefined {
  const own = described.get(schema)
  const general = schema.meta()
  if (!own) return general
  const { _internal, ...rest } = own
  const { id, title, ...more } = general ?? {}
  return {
    _internal: { ...(id ? { refId: id as string } : {}), ..._internal },
    ...rest,
    ...(title ? { description: title } : {}),
    ...more,
  }
}

/** What is said of a type, and of those that it stands around. */
function metadataOf(schema: Schema, outer?: Metadata): Metadata {
  const own = ownMetadata(schema)
  const _internal = { ...own?._internal, ...outer?._internal }
  const param = { ...own?.param, ...outer?.param }
  const all: Metadata = {
    ...(Object.keys(_internal).length ? { _internal } : {}),
    ...own,
    ...outer,
    ...(Object.keys(param).length ? { param } : {}),
  }
  const inner = innerOf(schema)
  return inner ? metadataOf(inner, all) : all
}

export const internalOf = (schema: Schema): NonNullable<Metadata["_internal"]> =>
  metadataOf(schema)._internal ?? {}

export function openApiOf(schema: Schema): Metadata {
  const { _internal, ...rest } = metadataOf(schema)
  return rest
}

/** What a document says of a type besides its shape. */
export const schemaPartOf = (metadata: Metadata): Record<string, unknown> =>
  without(metadata, (key) => key === "param" || key === "_internal")
