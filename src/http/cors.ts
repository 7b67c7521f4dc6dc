import { cors } from "hono/cors"
import type { AppMiddleware } from "../context.ts"

/** CORS for the origins of the setting. Requests without an `Origin` pass untouched. */
export function crossOrigin(origins: string[]): AppMiddleware {
  const middleware: AppMiddleware = cors({
    origin: origins.includes("*") ? "*" : origins,
    allowMethods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "X-Request-Id"],
    exposeHeaders: ["Link", "Location", "X-Request-Id", "X-Total-Count", "Server-Timing", "Retry-After"],
    maxAge: 600,
  })
  return (c, next) => (c.req.header("origin") === undefined ? next() : middleware(c, next))
}
