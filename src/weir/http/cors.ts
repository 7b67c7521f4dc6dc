import { cors } from "hono/cors"
import type { AppMiddleware } from "./context.ts"

/** CORS for the allowed origins, with `headers` of requests besides the usual ones, and with cookies where these are named. A request without `Origin` gets `Vary: Origin` only. */
export function crossOrigin(origins: string[], headers: string[] = [], cookies = false): AppMiddleware {
  const middleware: AppMiddleware = cors({
    origin: origins.includes("*") ? "*" : origins,
    credentials: cookies && !origins.includes("*"),
    allowMethods: ["GET", "HEAD", "QUERY", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: [
      "Authorization",
      "Cache-Control",
      "Content-Type",
      "Idempotency-Key",
      "If-Match",
      "If-None-Match",
      "If-Unmodified-Since",
      "Prefer",
      "X-API-Key",
      "X-Request-Id",
      ...headers,
    ],
    exposeHeaders: [
      "Cache-Status",
      "ETag",
      "Idempotency-Replayed",
      "Link",
      "Location",
      "Preference-Applied",
      "RateLimit",
      "RateLimit-Policy",
      "Retry-After",
      "Server-Timing",
      "X-Request-Id",
      "X-Total-Count",
    ],
    maxAge: 600,
  })
  return (c, next) => {
    if (c.req.header("origin") !== undefined) return middleware(c, next)
    if (!origins.includes("*")) c.get("headers").vary = "Origin"
    return next()
  }
}
