import type { OpenAPIHono, RouteConfig, RouteHandler } from "@hono/zod-openapi"
import { notStorable, unstorablePath } from "../lib/storable.ts"
import { isEncodedUtf8, notUtf8, paramsNotUtf8 } from "../lib/utf8.ts"
import { requireHolds, requireScope } from "../operations/access.ts"
import { invalid, type Problem } from "../problem.ts"
import { isOpen, type Rule } from "../resource/rules.ts"
import { isForm, readForm, readJson } from "./body.ts"
import type { AppEnv, AppMiddleware, RouteMiddleware } from "./context.ts"
import { plainType } from "./media-types.ts"
import { searchOf } from "./query-string.ts"

/** A license: its name, and its SPDX identifier or the address of its text. */
export type License = { name: string; identifier: string } | { name: string; url: string }

/** A hand-written route: its description, and how an app is given it. */
export interface HandwrittenRoute {
  config: RouteConfig
  mount(app: OpenAPIHono<AppEnv>): void
}

/**
 * A hand-written route, to be listed in `defineApi`'s `routes`: its description by `createRoute`, by which its
 * input is checked and typed, and its handler. It is documented with all others.
 *
 * @example
 * export const hello = route(
 *   createRoute({
 *     method: "get",
 *     path: "/hello",
 *     request: { query: z.object({ name: z.string() }) },
 *     responses: { 200: { description: "A greeting", content: { "application/json": { schema: z.string() } } } },
 *   }),
 *   (c) => c.json(`Hello, ${c.req.valid("query").name}`),
 * )
 */
export function route<R extends RouteConfig>(config: R, handler: RouteHandler<R, AppEnv>): HandwrittenRoute {
  const middleware = [config.middleware ?? []].flat()
  const checked = [
    checkScope(config),
    ...middleware,
    checkUrl,
    ...(takes(config, json) ? [checkJson(config)] : []),
    ...(takes(config, isForm) ? [checkForm] : []),
  ]
  return {
    config,
    // The handler's types are checked against the route's above; the app's own are those of any route.
    mount: (app) => void app.openapi({ ...config, middleware: checked } as RouteConfig, handler as never),
  }
}

/**
 * `route` with `c.var.db` typed by a schema of one's own: Drizzle's database of its dialect, relational queries
 * included.
 *
 * @example
 * // src/route.ts
 * import type * as schema from "./schema/index.ts"
 * export const route = routeOf<typeof schema>()
 */
export function routeOf<S extends Record<string, unknown>>(): <R extends RouteConfig>(
  config: R,
  handler: RouteHandler<R, AppEnv<S>>,
) => HandwrittenRoute {
  return route as never
}

const json = /^application\/(json|[\w.+-]+\+json)$/
const takes = ({ request }: RouteConfig, media: RegExp): boolean =>
  Object.keys(request?.body?.content ?? {}).some((type) => media.test(type))

/** The scope that a key needs for a route: the first part of its path, and whether it only reads. */
export function scopeOf({ method, path }: RouteConfig): [name: string, action: "read" | "update"] {
  const [, name = ""] = path.split("/")
  return [name, method === "get" || method === "head" ? "read" : "update"]
}

/** Refuses a key whose scopes do not name the first part of the route's path. */
const checkScope = (config: RouteConfig): AppMiddleware => {
  const [name, action] = scopeOf(config)
  return async (c, next) => {
    requireScope(c.get("call"), name, action)
    await next()
  }
}

/** Throws a 422 for text that no database can hold, as the generated routes do. */
export function requireStorable(body: unknown): void {
  const path = unstorablePath(body)
  if (path)
    throw invalid("The body is not valid", [
      { path: path.join(".") || "body", message: notStorable, code: "invalid_text" },
    ])
}

/** The same for path and query string. */
const checkUrl: AppMiddleware = async (c, next) => {
  const { url } = c.req
  if (url.includes("%00")) throw invalidUrl("url", notStorable)
  if (!isEncodedUtf8(url)) throw invalidUrl(paramsNotUtf8(searchOf(c))[0] ?? "url", notUtf8)
  await next()
}

const invalidUrl = (path: string, message: string): Problem =>
  invalid("The URL is not valid", [{ path, message, code: "invalid_text" }])

/** The same for a form. One that is sent in parts may hold files, whose bytes are their own. */
const checkForm: AppMiddleware = async (c, next) => {
  if (isForm.test(c.req.header("content-type") ?? "")) await readForm(c)
  await next()
}

/** Refuses a body as the generated routes do: by media type, encoding, depth and syntax. */
const checkJson = ({ request }: RouteConfig): AppMiddleware => {
  const types = Object.keys(request?.body?.content ?? {}).map(plainType)
  const only = types.every((type) => type.includes("json"))
  return async (c, next) => {
    const { headers } = c.req.raw
    const sent =
      headers.has("content-type") ||
      headers.has("transfer-encoding") ||
      headers.get("content-length") !== null
    const isJson = headers.get("content-type")?.includes("json")
    if (only ? request?.body?.required || sent : isJson) requireStorable(await readJson(c, types))
    await next()
  }
}

const allowed = new WeakMap<object, Rule>()

/**
 * Middleware for `createRoute`: throws a 401 or 403 unless the rule holds for the viewer. The rule must not look
 * at a row, for there is none.
 *
 * @example createRoute({ method: "get", path: "/stats", middleware: allow(admin), … })
 */
export function allow(rule: Rule<never>): RouteMiddleware {
  const middleware: AppMiddleware = async (c, next) => {
    requireHolds(c.get("call"), rule)
    await next()
  }
  allowed.set(middleware, rule)
  return middleware as unknown as RouteMiddleware
}

/** Whether a route's middleware refuses the anonymous. */
export const needsViewer = (middleware: RouteConfig["middleware"] | undefined): boolean =>
  [middleware ?? []].flat().some((one) => {
    const rule = allowed.get(one)
    return rule !== undefined && !isOpen(rule, "anonymous")
  })
