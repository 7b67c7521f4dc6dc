import { Deadline } from "../db/deadline.ts"
import { Stopwatch } from "../lib/stopwatch.ts"
import type { Timings } from "../operations/call.ts"
import type { AppMiddleware } from "./context.ts"
import { type Log, logRecord } from "./log-record.ts"
import { serverTiming, showsTimings, type TimingHeaders } from "./timing-headers.ts"

export type { Log } from "./log-record.ts"

/** Security headers for browsers: a JSON API is never a page, a frame or a script. */
export const securityHeaders: Record<string, string> = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-site",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
}

/** A request's id: the client's own where it is well-formed, so that it can be traced through several services. */
export const requestIdOf = (sent: string | undefined): string =>
  sent && /^[\w.:/+=-]{1,128}$/.test(sent) ? sent : crypto.randomUUID()

/** The outermost layer: a request's id, its clock, the headers of its response and its one log line. */
export function request(log: Log, shownTo: TimingHeaders, basePath: string): AppMiddleware {
  return async (c, next) => {
    const id = requestIdOf(c.req.header("x-request-id"))
    const timings: Timings = { started: performance.now(), auth: 0, cache: 0, db: new Stopwatch(), shownTo }
    c.set("requestId", id)
    c.set("basePath", basePath)
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
