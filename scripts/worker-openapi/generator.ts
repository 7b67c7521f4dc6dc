import { internalOf, openApiOf, schemaPartOf } from "./metadata.ts"
import { again, type Json, referenceOrNull, referenceTo, shapeOf, typed } from "./shapes.ts"
import {
  chainOf,
  isEqual,
  isKind,
  isSchema,
  mapped,
  type Schema,
  takesNothing,
  takesNull,
  without,
} from "./zod-schema.ts"

export type { Json } from "./shapes.ts"

export interface Route {
  [member: string]: unknown
  method: string
  path: string
  parameters?: Json[]
  request?: {
    body?: { content: Content; required?: boolean }
    query?: Schema
    params?: Schema
    cookies?: Schema
    headers?: Schema | Schema[]
  }
  responses: Record<string, Response>
}

type Content = Record<string, Json & { schema?: unknown }>
type Response = Json & { content?: Content; headers?: unknown }

export type Definition = { type: "schema"; schema: Schema } | { type: "route"; route: Route }

/** Makes the components and the paths of a document. */
export class OpenApiGenerator {
  /** The schemas that have names; `pending` while one is made, which may refer to itself. */
  readonly #named: Record<string, Json | "pending"> = {}
  readonly #paths: Record<string, Json> = {}

  documentOf(definitions: readonly Definition[]): Json {
    for (const one of definitions) if (one.type === "schema") this.#schemaOf(one.schema)
    for (const one of definitions) if (one.type === "route") this.#addRoute(one.route)
    const schemas = without(this.#named, (_, value) => value === "pending")
    return { components: { schemas, parameters: {} }, paths: this.#paths }
  }

  /** A schema, or a reference to one that has a name. */
  readonly #schemaOf = (schema: Schema): Json => {
    const { refId } = internalOf(schema)
    if (!refId) return this.#described(schema)
    const known = this.#named[refId]
    if (known) return this.#referenceTo(schema, refId, known)
    this.#named[refId] = "pending"
    this.#named[refId] = this.#described(schema)
    return referenceTo(refId)
  }

  #described(schema: Schema): Json {
    const metadata = openApiOf(schema)
    const shape = metadata.type ? { type: metadata.type } : this.#shapeOf(schema)
    return without({ ...shape, ...schemaPartOf(metadata) })
  }

  #shapeOf(schema: Schema): Json {
    const chain = [...chainOf(schema)]
    const withDefault =
      chain.find((one) => isKind(one, "default")) ?? chain.find((one) => isKind(one, "prefault"))
    return shapeOf(chain.at(-1) as Schema, {
      schemaOf: this.#schemaOf,
      isNullable: takesNull(schema),
      defaultValue: withDefault?._zod.def.defaultValue,
    })
  }

  /** A reference, with what is said here beyond what is said there. */
  #referenceTo(schema: Schema, name: string, known: Json | "pending"): Json {
    const reference = referenceTo(name)
    const isNullable = takesNull(schema)
    if (known === "pending") return referenceOrNull(reference, isNullable)
    const isKnown = (key: string, value: unknown) => isEqual(value, known[key])
    const metadata = openApiOf(schema)
    const said = without(schemaPartOf(metadata), isKnown)
    if (said.type) return { allOf: [reference, said] }
    const shape = metadata.type ? typed(metadata.type, isNullable) : again(known, isNullable)
    const own = { ...without(shape, isKnown), ...said }
    return Object.keys(own).length ? { allOf: [reference, own] } : reference
  }

  #addRoute({ method, path, request, responses, ...rest }: Route): void {
    // In the package's order: a schema with a name is described as it stands where it comes first.
    const made = mapped(responses, (response) => this.#responseOf(response))
    const query = this.#parametersOf(request?.query, "query")
    const params = this.#parametersOf(request?.params, "path")
    const cookies = this.#parametersOf(request?.cookies, "cookie")
    const headers = [request?.headers].flat().flatMap((one) => this.#parametersOf(one, "header"))
    const parameters = [...params, ...query, ...headers, ...cookies]
    const { content, ...body } = request?.body ?? {}
    const operation = {
      ...rest,
      ...(parameters.length ? { parameters: [...(rest.parameters ?? []), ...parameters] } : {}),
      ...(content ? { requestBody: { ...body, content: this.#contentOf(content) } } : {}),
      responses: made,
    }
    this.#paths[path] = { ...this.#paths[path], [method]: operation }
  }

  #parametersOf(schema: Schema | undefined, location: string): Json[] {
    const object = schema && [...pipesOf(schema)].at(-1)
    if (!object) return []
    if (!isKind(object, "object")) {
      const name = openApiOf(object).param?.name
      if (!name) throw new Error(`A parameter of the ${location} has no name`)
      return [{ ...this.#parameterOf(object, { in: location }), in: location, name }]
    }
    return Object.entries(object.def.shape ?? {}).map(([name, one]) => {
      const { param = {} } = openApiOf(one)
      if ((param.name ?? name) !== name || (param.in ?? location) !== location)
        throw new Error(`Conflicting names or locations for parameter ${name}`)
      return { ...this.#parameterOf(one, { name, in: location }), in: location, name }
    })
  }

  #parameterOf(schema: Schema, where: Json): Json {
    const { description, param } = openApiOf(schema)
    return {
      schema: this.#schemaOf(schema),
      required: !takesNothing(schema) && !takesNull(schema),
      ...without({ ...(description ? { description } : {}), ...param, ...where }),
    }
  }

  #responseOf(response: Response): Json {
    if ("$ref" in response) return response
    const { content, headers, ...rest } = response
    const contents = content ? { content: this.#contentOf(content) } : {}
    return {
      ...rest,
      ...(headers
        ? {
            headers: isKind(headers, "object")
              ? mapped(headers.def.shape ?? {}, (one) => this.#parameterOf(one, {}))
              : headers,
          }
        : {}),
      ...contents,
    }
  }

  #contentOf(content: Content): Json {
    return mapped(content, (media) => {
      if (!media || "$ref" in media) return media
      const { schema, ...rest } = media
      return {
        ...rest,
        ...(schema === undefined ? {} : { schema: isSchema(schema) ? this.#schemaOf(schema) : schema }),
      }
    })
  }
}

/** A type, and what goes into it where it transforms an object. */
function* pipesOf(schema: Schema): Generator<Schema> {
  const { def } = schema
  if (def.type !== "pipe") yield schema
  else
    for (const side of [def.in, def.out])
      if (isKind(side, "object") || isKind(side, "pipe")) {
        yield* pipesOf(side)
        return
      }
}
