// `@hono/zod-openapi` for the Worker, a third as large with what it imports: `[alias]` of wrangler.toml names this file.
// It checks the input of routes and makes documents of OpenAPI 3.1 as the package does. It has no OpenAPI 3.0, no
// webhooks, and no apps within apps; and with the package, which has all of zod at hand, a bundle has all of it as well.
import type { Context, MiddlewareHandler, ValidationTargets } from "hono"
import { HonoBase } from "hono/hono-base"
import { HTTPException } from "hono/http-exception"
import { TrieRouter } from "hono/router/trie-router"
import { validator } from "hono/validator"
import * as z from "zod"
import { addOpenApi } from "./extension.ts"
import { type Definition, type Json, OpenApiGenerator, type Route } from "./generator.ts"
import { isForm, isJson, isOneOf } from "./media-types.ts"
import type { Schema } from "./zod-schema.ts"

export { z }

addOpenApi(z.ZodType.prototype)

type Target = keyof ValidationTargets
type Result = { success: boolean; data?: unknown; error?: unknown }
type Hook = (result: Result & { target: Target }, c: Context) => unknown
type Config = Route & { middleware?: MiddlewareHandler | MiddlewareHandler[]; hide?: boolean }

/** What documents are made of. */
class Registry {
  readonly definitions: Definition[] = []

  /** Adds a schema by a name of its own. */
  register(name: string, schema: Schema): Schema {
    const named = schema.openapi(name)
    this.definitions.push({ type: "schema", schema: named })
    return named
  }

  registerPath(route: Route): void {
    this.definitions.push({ type: "route", route })
  }
}

/**
 * The router is Hono's tree, which is ready at once: its other one makes a regular expression of all routes at the first
 * request, which takes 28 ms for 112 tables, and then finds one of so many in twice the tree's time.
 */
export class OpenAPIHono extends HonoBase {
  readonly openAPIRegistry = new Registry()
  readonly defaultHook: Hook | undefined

  constructor(options: ConstructorParameters<typeof HonoBase>[0] & { defaultHook?: Hook } = {}) {
    super({ router: new TrieRouter(), ...options })
    this.defaultHook = options.defaultHook
  }

  /** Serves a route, whose input is checked first. */
  openapi = ({ middleware = [], hide, ...route }: Config, handler: MiddlewareHandler, hook?: Hook) => {
    if (!hide) this.openAPIRegistry.registerPath(route)
    const checks = checksOf(route, hook ?? this.defaultHook ?? (() => {}))
    this.on([route.method], [routingPath(route.path)], ...[middleware].flat(), ...checks, handler)
    return this
  }

  getOpenAPI31Document = (config: Json): Json => ({
    ...config,
    ...new OpenApiGenerator().documentOf(this.openAPIRegistry.definitions),
    webhooks: {},
  })
}

/** The middleware that checks a route's input, as its schemas say. */
function checksOf({ request }: Route, hook: Hook): MiddlewareHandler[] {
  const check = (target: Target, schema: unknown) => checkOf(target, schema as Parser, hook)
  const inputs = [
    ["query", request?.query],
    ["param", request?.params],
    ["header", request?.headers],
    ["cookie", request?.cookies],
  ] as const
  const checks = inputs.flatMap(([target, schema]) => (schema ? [check(target, schema)] : []))
  const { content = {}, required } = request?.body ?? {}
  const types = Object.keys(content)
  const checked = types.filter((type) => isZod(content[type]?.schema) && (isJson(type) || isForm(type)))
  if (checked.length) checks.push(typeGate(types))
  for (const type of checked)
    for (const [target, isType] of [
      ["json", isJson],
      ["form", isForm],
    ] as const) {
      if (!isType(type)) continue
      const checkBody = check(target, content[type]?.schema)
      checks.push(required ? checkBody : whereSent(target, isType, checkBody))
    }
  return checks
}

interface Parser {
  shape: object
  in?: { shape: object }
  safeParseAsync(value: unknown): Promise<Result>
}

function checkOf(target: Target, schema: Parser, hook: Hook): MiddlewareHandler {
  // Headers come in lower case, and schemas may name them in any.
  const headers = target === "header" ? Object.keys((schema.in ?? schema).shape) : []
  const names = new Map(headers.map((name) => [name.toLowerCase(), name]))
  const named = (sent: object) =>
    Object.fromEntries(Object.entries(sent).map(([key, value]) => [names.get(key) ?? key, value]))
  return validator(target, async (sent, c) => {
    const value = target === "header" ? named(sent) : sent
    const result = await schema.safeParseAsync(value)
    const answer = await hook({ data: value, ...result, target }, c)
    if (answer instanceof Response) return answer
    return result.success ? (result.data as object) : c.json(result, 400)
  })
}

/** The check of a body that may be left out. */
const whereSent =
  (target: Target, isType: (type: string) => boolean, check: MiddlewareHandler): MiddlewareHandler =>
  async (c, next) => {
    if (isType(c.req.header("content-type") ?? "")) return await check(c, next)
    c.req.addValidatedData(target, {})
    return await next()
  }

/** Refuses bodies of other media types. */
const typeGate =
  (types: string[]): MiddlewareHandler =>
  async (c, next) => {
    const type = c.req.header("content-type")
    if (type ? !isOneOf(types, type) : await hasBody(c))
      throw new HTTPException(415, { message: "Unsupported Media Type" })
    await next()
  }

/** Whether a request has a body of at least one byte, which is left to be read. */
async function hasBody(c: Context): Promise<boolean> {
  const request = c.req.raw
  if (request.body === null) return false
  // Middleware has read it, which keeps it.
  if (request.bodyUsed) return (await c.req.arrayBuffer()).byteLength > 0
  const reader = request.clone().body?.getReader()
  if (!reader) return false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return false
      if (value.byteLength > 0) return true
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

const isZod = (value: unknown): boolean =>
  ["parse", "safeParse", "parseAsync", "safeParseAsync"].every(
    (method) => typeof (value as Record<string, unknown> | undefined)?.[method] === "function",
  )

const routingPath = (path: string): string => path.replaceAll(/\/{(.+?)}/g, "/:$1")

export const createRoute = <R extends { path: string }>(config: R): R =>
  Object.defineProperty({ ...config }, "getRoutingPath", {
    value: () => routingPath(config.path),
    enumerable: false,
  })
