import { Deadline } from "../db/deadline.ts"
import type { Timings } from "../operations/call.ts"
import type { AppMiddleware } from "./context.ts"
import { serverTiming } from "./reply.ts"

/** One line per request, as an object. */
export type Log = (
  record: Record<string, unknown> & { level: "info" | "warn" | "error"; msg: string },
) => void

/** Security headers for browsers: a JSON API is never a page, a frame or a script. */
const securityHeaders = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-site",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
}

/**
 * The outermost layer: a request's id, its clock, the headers of its response and its one log line.
 * A well-formed `X-Request-Id` of the client is kept, so that a request can be traced through several services.
 */
export function request(log: Log): AppMiddleware {
  return async (c, next) => {
    const sent = c.req.header("x-request-id")
    const id = sent && /^[\w.:/+=-]{1,128}$/.test(sent) ? sent : crypto.randomUUID()
    const timings: Timings = { started: performance.now(), auth: 0, cache: 0, db: 0 }
    c.set("requestId", id)
    c.set("timings", timings)
    c.set("deadline", new Deadline(timings.started))
    const headers: Record<string, string> = { ...securityHeaders, "x-request-id": id }
    c.set("headers", headers)
    await next()
    if (c.get("replied") !== c.res) finish(c.res.headers, { ...headers, "server-timing": serverTiming(c) })
    const { status } = c.res
    log({
      level: status >= 500 ? "error" : "info",
      msg: "request",
      request_id: id,
      method: c.req.method,
      path: c.req.path,
      status,
      ms: round(performance.now() - timings.started),
      auth_ms: round(timings.auth),
      db_ms: round(timings.db),
      ...(timings.cacheStatus ? { cache: timings.cacheStatus, cache_ms: round(timings.cache) } : {}),
      ...(timings.pendingInvalidations ? { cache_untold: true } : {}),
      viewer: c.get("viewer")?.id ?? null,
      ...(c.error && status >= 500 ? { error: describeError(c.error) } : {}),
    })
  }
}

/** Adds the common headers to a response that `reply` did not make. */
function finish(target: Headers, headers: Record<string, string>): void {
  for (const name in headers) if (!target.has(name)) target.set(name, headers[name] as string)
}

/** An error for the log: name, message and five stack lines of it and its causes, never bound values. */
function describeError(error: Error): Record<string, unknown> {
  const cause = error.cause instanceof Error ? describeError(error.cause) : undefined
  // Drizzle's message contains the statement and its values.
  const message = error.message.startsWith("Failed query") ? "Failed query" : error.message
  return {
    name: error.name,
    message,
    stack: error.stack
      ?.split("\n")
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 5),
    ...(cause ? { cause } : {}),
  }
}

const round = (ms: number): number => Math.round(ms * 100) / 100
