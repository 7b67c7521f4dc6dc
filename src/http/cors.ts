import { cors } from "hono/cors"
import type { AppMiddleware } from "../context.ts"

/** CORS for the origins of the setting. A request without an `Origin` learns only that it would matter. */
export function crossOrigin(origins: string[]): AppMiddleware {
  const middleware: AppMiddleware = cors({
    origin: origins.includes("*") ? "*" : origins,
    allowMethods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "X-Request-Id"],
    exposeHeaders: ["Link", "Location", "X-Request-Id", "X-Total-Count", "Server-Timing", "Retry-After"],
    maxAge: 600,
  })
  return (c, next) => {
    if (c.req.header("origin") !== undefined) return middleware(c, next)
    if (!origins.includes("*")) c.get("headers").vary = "Origin"
    return next()
  }
}
