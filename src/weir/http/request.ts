import { Deadline } from "../db/deadline.ts"
import type { Timings } from "../operations/call.ts"
import type { AppMiddleware } from "./context.ts"
import { type Log, logRecord } from "./log-record.ts"
import { serverTiming, showsTimings, type TimingHeaders } from "./timing-headers.ts"

export type { Log } from "./log-record.ts"

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
export function request(log: Log, shownTo: TimingHeaders): AppMiddleware {
  return async (c, next) => {
    const sent = c.req.header("x-request-id")
    const id = sent && /^[\w.:/+=-]{1,128}$/.test(sent) ? sent : crypto.randomUUID()
    const timings: Timings = { started: performance.now(), auth: 0, cache: 0, db: 0, shownTo }
    c.set("requestId", id)
    c.set("timings", timings)
    c.set("deadline", new Deadline(timings.started))
    const headers: Record<string, string> = { ...securityHeaders, "x-request-id": id }
    c.set("headers", headers)
    await next()
    if (c.get("replied") !== c.res) {
      finish(c.res.headers, headers)
      if (showsTimings(c)) c.res.headers.set("server-timing", serverTiming(c))
    }
    log(logRecord(c, performance.now() - timings.started))
  }
}

/** Adds the common headers to a response that `reply` did not make. */
function finish(target: Headers, headers: Record<string, string>): void {
  for (const name in headers) if (!target.has(name)) target.set(name, headers[name] as string)
}
