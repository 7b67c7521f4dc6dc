import type { Hono } from "hono"
import { notFound, Problem } from "../problem.ts"
import type { AppContext, AppEnv } from "./context.ts"
import { replyProblem } from "./errors.ts"

/**
 * 404 for an unknown path, 405 with `Allow` for a known one (RFC 9110, 15.5.6). Hono's router knows only
 * method and path together, so the paths are matched here, after a request has found no route.
 */
export function notFoundOf(app: Hono<AppEnv>): (c: AppContext) => Response {
  let routes: { pattern: RegExp; method: string }[] | undefined
  return (c) => {
    routes ??= app.routes
      .filter((route) => route.method !== "ALL")
      .map((route) => ({ pattern: patternOf(route.path), method: route.method }))
    const path = c.req.path
    const allowed = new Set(routes.filter((route) => route.pattern.test(path)).map((route) => route.method))
    if (allowed.has("GET")) allowed.add("HEAD")
    // The method is allowed: a route itself answered that there is no such thing.
    if (allowed.size === 0 || allowed.has(c.req.method)) return replyProblem(c, notFound())
    const allow = [...allowed].sort().join(", ")
    const detail = `${c.req.method} is not allowed here; ${allow} ${allowed.size > 1 ? "are" : "is"}`
    return replyProblem(c, new Problem("method_not_allowed", detail, { headers: { allow } }))
  }
}

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.+^$()|[\]\\]/g, "\\$&")
      .replace(/:\w+(\{.*?\})?/g, "[^/]+")
      .replace(/\*/g, ".*")}/?$`,
  )
