import type { IncomingMessage } from "node:http"
import { printable } from "../http/log-record.ts"
import type { Metrics } from "../http/metrics.ts"
import { type Log, requestIdOf, securityHeaders } from "../http/request.ts"
import type { Problem } from "../problem.ts"

/** The answer to a request that never reached the app. */
export interface Refusal {
  status: number
  headers: Record<string, string>
  body: string
}

/**
 * Makes the answer to a request that the app never sees, and logs and counts it as the app does. `incoming` is missing
 * where nothing of the request could be parsed; `reason` is for the log alone.
 */
export type Refuse = (problem: Problem, incoming?: IncomingMessage, reason?: unknown) => Refusal

/** A function that refuses requests before the app: with a problem, an id, a log line and a count. */
export function refusing(log: Log, metrics: Metrics | undefined): Refuse {
  return (problem, incoming, reason) => {
    const { status } = problem
    const method = incoming?.method
    const sentId = incoming?.headers["x-request-id"]
    const id = requestIdOf(typeof sentId === "string" ? sentId : undefined)
    const path = incoming?.url?.split("?")[0]
    metrics?.request({ method: method ?? "none", route: undefined, status, ms: 0, cache: undefined })
    log({
      level: status >= 500 ? "error" : "info",
      msg: "request",
      request_id: id,
      method: method ?? null,
      route: null,
      path: path === undefined ? null : printable(path),
      status,
      ms: 0,
      auth_ms: 0,
      db_ms: 0,
      viewer: null,
      ...(reason === undefined ? {} : { refused: String(reason) }),
    })
    const body = problem.body(id)
    const headers = {
      ...securityHeaders,
      "X-Request-Id": id,
      "Content-Type": "application/problem+json",
      "Content-Length": String(Buffer.byteLength(body)),
      "Cache-Control": "no-store",
      Connection: "close",
      ...problem.headers,
    }
    return { status, headers, body }
  }
}
