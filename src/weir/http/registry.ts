import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi"
import { matchedRoutes } from "hono/route"
import { issuesOf } from "../lib/zod-issues.ts"
import { invalid } from "../problem.ts"
import type { AppContext, AppEnv } from "./context.ts"
import { type DocumentInfo, documentOf, type Entry, type RouteDoc } from "./document.ts"
import { type HandwrittenRoute, needsViewer, scopeOf } from "./route.ts"

const guarding = new WeakSet<object>()

/** Whether the request's route guards its statement against a recalled viewer's having changed. */
export const takesRecalled = (c: AppContext): boolean =>
  matchedRoutes(c).some(({ handler }) => guarding.has(handler))

const inputs: Record<string, string> = {
  json: "The body is not valid",
  form: "The form is not valid",
  query: "The query string is not valid",
  param: "The path is not valid",
}

/**
 * An app whose hand-written routes refuse invalid input as the generated ones do. It serves each path with `basePath`
 * before it, and without: some proxies take the prefix away, and some do not.
 */
export function newApp(basePath: string): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    strict: false,
    defaultHook: (result) => {
      if (result.success) return
      const issues = issuesOf(result.error).map((issue) =>
        result.target === "query" && issue.code === "unknown_field"
          ? { ...issue, message: "is not a parameter of this route", code: "unknown_parameter" }
          : issue,
      )
      throw invalid(inputs[result.target] ?? "The headers are not valid", issues)
    },
  })
  const { getPath } = app
  if (basePath) Object.assign(app, { getPath: (request: Request) => pathBelow(basePath, getPath(request)) })
  return app
}

/** A path without the base path, where it begins with it. */
function pathBelow(basePath: string, path: string): string {
  if (!path.startsWith(basePath)) return path
  const rest = path.slice(basePath.length)
  return rest.startsWith("/") ? rest : rest || "/"
}

/** The API's routes: each is served and documented by one call, so that neither can be forgotten. */
export class Registry {
  private readonly app: OpenAPIHono<AppEnv>
  private readonly info: DocumentInfo
  private readonly entries: Entry[] = []
  /** The fixed paths that are served within a templated one, by method and path of the router. */
  private readonly fixed = new Map<string, string>()
  private document: string | undefined

  constructor(app: OpenAPIHono<AppEnv>, info: DocumentInfo) {
    this.app = app
    this.info = info
  }

  /**
   * Adds a route. `path` has its parameters in braces, as in `/users/{id}`; several in one segment, with commas between
   * them, are one to the router. One that `takesRecalled` viewers is
   * given one from memory where there is one, and saves a round trip to the database.
   *
   * A fixed path is served `within` a templated one that matches it, such as `/users/{id}` for `/users/batch`: beside
   * each other, the two would be too much for Hono's fast router.
   */
  add(
    method: Entry["method"],
    path: string,
    doc: Entry["doc"],
    handler: (c: AppContext) => Promise<Response> | Response,
    options: { takesRecalled?: boolean; within?: string; patchTypes?: readonly string[] } = {},
  ): void {
    if (options.takesRecalled) guarding.add(handler)
    const pattern = routed(options.within ?? path)
    if (options.within) this.fixed.set(`${method.toUpperCase()} ${pattern}`, path)
    this.app.on(method.toUpperCase(), pattern, handler)
    this.describe(method, path, doc, options.patchTypes)
  }

  /** The same registry, for routes that are checked before they are handled. */
  checking(check: (c: AppContext) => void): Registry {
    const own = Object.create(this) as Registry
    own.add = (method, path, doc, handler, options) => {
      const checked = (c: AppContext) => {
        check(c)
        return handler(c)
      }
      this.add(method, path, doc, checked, options)
    }
    return own
  }

  /** Adds a hand-written route. */
  mount({ config, mount }: HandwrittenRoute): void {
    mount(this.app)
    const doc = () => docOf(config, this.info.accounts)
    const types = Object.keys(config.request?.body?.content ?? {})
    this.describe(config.method as Entry["method"], config.path, doc, types)
  }

  /** Serves a path by `QUERY` as well, which OpenAPI 3.1 has no operation for: what describes its GET says so. */
  addQuery(path: string, handler: (c: AppContext) => Promise<Response> | Response): void {
    this.app.on("QUERY", routed(path), handler)
  }

  /** Documents what another route serves already. */
  describe(
    method: Entry["method"],
    path: string,
    doc: Entry["doc"],
    patchTypes: readonly string[] = [],
  ): void {
    this.entries.push({ method, path, doc, patchTypes })
  }

  /** Whether a route is documented: parameters match whatever they are called. */
  has(method: Entry["method"], path: string): boolean {
    const plain = unnamed(path)
    return this.entries.some((entry) => entry.method === method && unnamed(entry.path) === plain)
  }

  /** The path that a route of the router serves. */
  pathOf(method: string, path: string): string {
    return this.fixed.get(`${method} ${path}`) ?? path
  }

  /** The media types that PATCH takes at a path of the router, for `Accept-Patch`. */
  patchTypes(path: string): readonly string[] {
    const plain = unnamed(path)
    const entry = this.entries.find(({ method, path }) => method === "patch" && unnamed(path) === plain)
    return entry?.patchTypes ?? []
  }

  /** The OpenAPI 3.1 document, built at the first call: a Worker that is never asked for it never pays. */
  openapi(): string {
    this.document ??= JSON.stringify(documentOf(this.entries, this.info))
    return this.document
  }
}

/** A path as the router has it: several parameters of one segment are one. */
const routed = (path: string): string => path.replace(/\{(\w+)\}(,\{\w+\})*/g, ":$1")

const unnamed = (path: string): string => path.replace(/\{[^}]*\}(,\{[^}]*\})*|:\w+/g, "{}")

/** A hand-written route as the document has it: what it does not say follows from its path and its input. */
function docOf({ middleware, ...config }: RouteConfig, accounts: boolean): RouteDoc {
  const { method, path, request } = config
  const words = path.split(/[^A-Za-z0-9]+/).filter(Boolean)
  const operation = [method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join("")
  const required = needsViewer(middleware)
  return {
    ...config,
    operationId: config.operationId ?? operation,
    summary: config.summary ?? `${method.toUpperCase()} ${path}`,
    description: config.description ?? config.summary ?? "A route of this API's own",
    tags: config.tags ?? [words[0] ?? "other"],
    errors: [
      ...(accounts ? [401] : []),
      ...(required ? [403] : []),
      ...(path.includes("{") ? [404] : []),
      ...(method === "get" ? [] : [413]),
      ...(request?.body ? [415] : []),
      ...(request ? [422] : []),
    ],
    security: config.security ?? (required ? "required" : []),
    scopes: [scopeOf(config).join(":")],
  }
}
