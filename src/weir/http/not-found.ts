import type { Hono } from "hono"
import { notFound, Problem } from "../problem.ts"
import type { AppContext, AppEnv } from "./context.ts"
import { replyProblem } from "./errors.ts"
import { acceptedHeader } from "./media-types.ts"
import type { Registry } from "./registry.ts"

/**
 * 404 for an unknown path, 405 with `Allow` for a known one (RFC 9110, 15.5.6). Hono's router knows only
 * method and path together, so the paths are matched here, after a request has found no route.
 */
export function notFoundOf(app: Hono<AppEnv>, registry: Registry): (c: AppContext) => Response {
  let routes: { path: string; pattern: RegExp; method: string; params: number }[] | undefined
  return (c) => {
    routes ??= app.routes
      .filter((route) => route.method !== "ALL")
      .map(({ path: routed, method }) => {
        const path = registry.pathOf(method, routed)
        return { path, pattern: patternOf(path), method, params: path.split(":").length }
      })
    const matching = isDoubleSlash(c) ? [] : routes.filter((route) => route.pattern.test(c.req.path))
    // A fixed path is another resource than the templated one that matches it, too (OpenAPI 3.1, Paths Object).
    const fewest = Math.min(...matching.map(({ params }) => params))
    const here = matching.filter(({ params }) => params === fewest)
    const allowed = new Set(here.map(({ method }) => method))
    if (allowed.has("GET")) allowed.add("HEAD")
    // The method is allowed: a route itself answered that there is no such thing.
    if (allowed.size === 0 || allowed.has(c.req.method)) return replyProblem(c, notFound())
    const allow = [...allowed].sort().join(", ")
    const detail = `${c.req.method} is not allowed here; ${allow} ${allowed.size > 1 ? "are" : "is"}`
    const patched = here.find(({ method }) => method === "PATCH")
    const types = patched ? registry.patchTypes(patched.path) : []
    const headers = { allow, ...(types.length ? acceptedHeader("PATCH", types) : {}) }
    return replyProblem(c, new Problem("method_not_allowed", detail, { headers }))
  }
}

/** Whether the path is `//`: Hono drops a slash at the end, and would take it for `/`. */
export const isDoubleSlash = (c: AppContext): boolean =>
  c.req.path === "/" && /\/\/$/.test(c.req.url.split("?", 1)[0] as string)

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.+^$()|[\]\\]/g, "\\$&")
      .replace(/:\w+(\{.*?\})?/g, "[^/]+")
      .replace(/\*/g, ".*")}/?$`,
  )
