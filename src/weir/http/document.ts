import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi"
import { Components, freeName, type Json, type Reference } from "./components.ts"
import { problem, problemReferences } from "./problem-docs.ts"
import type { License } from "./route.ts"

/** What a document says of the whole API. */
export interface DocumentInfo {
  title: string
  version: string
  description: string | undefined
  license: License
  /** What each tag is for, by name; one that is not in it is described by its name. */
  tags: Record<string, string>
  /** Whether there are accounts to sign in with. */
  accounts: boolean
  /** Whether their sessions are refreshed, and whether they have keys. */
  refreshes: boolean
  keys: boolean
  /** The path below which clients see the API, or nothing. */
  basePath: string
  /** Whether requests as a whole are limited. */
  limited: boolean
}

/** What the document says of every operation. */
interface Described {
  operationId: string
  summary: string
  description: string
  tags: string[]
  /** The statuses of the problems it may answer with, besides 500 and 503. */
  errors: number[]
  /** `optional`: a token changes what is shown. `required`: without one, 401. Without it: public. */
  security?: "optional" | "required" | NonNullable<RouteConfig["security"]>
  /** The scopes that a key needs, all of them; `false` where no key will do. Default: that of the path and the method. */
  scopes?: readonly string[] | false
}

/** An operation whose input and output are types of zod. */
export interface RouteDoc
  extends Omit<RouteConfig, "method" | "path" | "security" | keyof Described>,
    Described {}

/** An operation in plain JSON. Made for each of many tables, types of zod would take seconds. */
export interface OperationDoc extends Described {
  json: { parameters?: Reference[]; requestBody?: Json; responses: Record<string, Json> }
}

export type Method = "get" | "post" | "patch" | "put" | "delete"

/** A route, and how its documentation is made. */
export interface Entry {
  method: Method
  path: string
  doc: (components: Components) => RouteDoc | OperationDoc
  /** The media types that it takes, where it is a PATCH. */
  patchTypes: readonly string[]
}

/** What the generator makes of types of zod. */
interface Generated {
  components: Record<string, Json>
  paths: Record<string, Json>
}

/** The OpenAPI 3.1 document of routes. */
export function documentOf(entries: readonly Entry[], info: DocumentInfo): object {
  const { title, version, description, license, basePath } = info
  const components = new Components()
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
  openAPIRegistry.register("Problem", problem)
  const problemsOf = problemReferences(components)
  const operations = entries.map(({ method, path, doc }) => {
    const made = doc(components)
    const statuses = [...made.errors, ...(info.limited ? [429] : []), 500, 503]
    const security = securityNeeded(made, info, method, path)
    const { tags, operation, route } = operationOf(made, problemsOf(method, statuses), security)
    if (route) openAPIRegistry.registerPath({ ...route, method, path })
    return { method, path, tags, operation }
  })
  const head = {
    openapi: "3.1.0",
    info: { title, version, ...(description === undefined ? {} : { description }), license },
    servers: [{ url: basePath || "/" }],
    tags: [...new Set(operations.flatMap(({ tags }) => tags))].map((name) => ({
      name,
      description: info.tags[name] ?? `Routes of ${name}`,
    })),
  }
  const generated = apart(getOpenAPI31Document(head) as unknown as Generated, components.all("schemas"))
  const paths: Record<string, Json> = {}
  for (const { method, path, operation } of operations) {
    paths[path] ??= {}
    paths[path][method] = operation ?? generated.paths[path]?.[method]
  }
  const document = {
    ...generated,
    components: { ...securityOf(info), ...merged(generated, components) },
    paths,
  }
  if (entries.length <= mostInPlace) placeParameters(document)
  return document
}

/** Most operations of a document that has its parameters in place, for readers that follow no references. */
const mostInPlace = 60

/** Puts parameters where they are referred to. */
function placeParameters({ components, paths }: { components: Json; paths: Record<string, Json> }): void {
  const shared = components.parameters as Record<string, Json>
  for (const operations of Object.values(paths))
    for (const operation of Object.values(operations) as { parameters?: (Json & Partial<Reference>)[] }[])
      if (operation.parameters)
        operation.parameters = operation.parameters.map(
          (one) => shared[one.$ref?.slice("#/components/parameters/".length) ?? ""] ?? one,
        )
  components.parameters = {}
}

type Needed = Record<string, string[]>[]

const actions: Record<Method, string> = {
  get: "read",
  post: "create",
  patch: "update",
  put: "update",
  delete: "delete",
}

/** What an operation may be called with: a token, or a key with scopes. */
function needs(
  needed: "required" | "optional",
  { scopes }: Described,
  { keys }: DocumentInfo,
  method: Method,
  path: string,
): Needed {
  const [, name] = path.split("/")
  const named = scopes ?? (name !== "auth" && [`${name}:${actions[method]}`])
  const all = [{ password: [] }, ...(keys && named ? [{ key: [...new Set(named)] }] : [])]
  return needed === "required" ? all : [...all, {}]
}

function securityNeeded(
  doc: RouteDoc | OperationDoc,
  info: DocumentInfo,
  method: Method,
  path: string,
): NonNullable<RouteConfig["security"]> {
  const { security = [] } = doc
  if (typeof security !== "string") return security
  return info.accounts ? needs(security, doc, info, method, path) : []
}

/** An operation as the document has it, or the route that the generator makes one of. */
function operationOf(
  doc: RouteDoc | OperationDoc,
  problems: Record<string, Reference>,
  security: NonNullable<RouteConfig["security"]>,
): { tags: string[]; operation?: Json; route?: Omit<RouteConfig, "method" | "path"> } {
  const { errors: _, security: __, scopes: ___, ...rest } = doc
  const { tags } = doc
  if (!("json" in rest)) {
    const { responses, ...route } = rest
    return { tags, route: { ...route, security, responses: { ...problems, ...responses } } }
  }
  const { json, ...described } = rest
  return {
    tags,
    operation: { ...described, ...json, security, responses: { ...problems, ...json.responses } },
  }
}

const securityOf = ({ accounts, basePath, refreshes, keys }: DocumentInfo): Json => {
  if (!accounts) return {}
  const password = {
    type: "oauth2",
    description: "Sign in with a user name and a password",
    flows: {
      password: {
        tokenUrl: `${basePath}/auth/token`,
        ...(refreshes ? { refreshUrl: `${basePath}/auth/token` } : {}),
        scopes: {},
      },
    },
  }
  const key = {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description:
      "A key of an account, `weir_…`, which may be sent as `Authorization: Bearer` as well. Its scopes are `<path>:<action>`: read, create, update, delete, `write` for all but reading, or `*`. Rows of other paths, which are embedded or sent within a row, and the operations of a batch take scopes of their own.",
  }
  return { securitySchemes: { password, ...(keys ? { key } : {}) } }
}

/** The components of both: those of hand-written routes, and those in plain JSON. */
function merged({ components: made }: Generated, components: Components): Json {
  const kinds = ["schemas", "parameters", "headers", "responses"] as const
  const both = kinds.map((kind) => [kind, { ...made[kind], ...components.all(kind) }] as const)
  return Object.fromEntries(both)
}

/**
 * What was generated, with another name for each schema that is called as one of `taken` and says something else: a
 * hand-written route's `Item` beside that of the resource.
 */
function apart(generated: Generated, taken: Json): Generated {
  const schemas = generated.components.schemas ?? {}
  const same = (name: string) => JSON.stringify(schemas[name]) === JSON.stringify(taken[name])
  const clashing = Object.keys(schemas).filter((name) => Object.hasOwn(taken, name) && !same(name))
  if (clashing.length === 0) return generated
  const names = new Map<string, string>()
  for (const name of clashing) {
    const used = new Set([...Object.keys(schemas), ...Object.keys(taken), ...names.values()])
    names.set(
      `#/components/schemas/${name}`,
      freeName([name], (one) => used.has(one)),
    )
  }
  const { components, ...rest } = JSON.parse(JSON.stringify(generated), (key, value) =>
    key === "$ref" && names.has(value) ? `#/components/schemas/${names.get(value)}` : value,
  ) as Generated
  const renamed = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) => [names.get(`#/components/schemas/${name}`) ?? name, schema] as const,
  )
  return { ...rest, components: { ...components, schemas: Object.fromEntries(renamed) } }
}
