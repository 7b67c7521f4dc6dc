import type { AppContext } from "./context.ts"
import { patternOf } from "./pattern.ts"

/** One line per request, as an object. */
export type Log = (
  record: Record<string, unknown> & { level: "info" | "warn" | "error"; msg: string },
) => void

/** The log line of a request that took `ms` milliseconds. */
export function logRecord(c: AppContext, ms: number): Parameters<Log>[0] {
  const { status } = c.res
  const timings = c.get("timings")
  return {
    level: status >= 500 ? "error" : "info",
    msg: "request",
    request_id: c.get("requestId"),
    method: c.req.method,
    route: patternOf(c) ?? null,
    path: printable(c.req.path),
    status,
    ms: round(ms),
    auth_ms: round(timings.auth),
    db_ms: round(timings.db.ms),
    ...(timings.cacheStatus ? { cache: timings.cacheStatus, cache_ms: round(timings.cache) } : {}),
    ...(timings.pendingInvalidations ? { cache_untold: true } : {}),
    ...viewerOf(c),
    ...rejectedIn(c),
    ...traceOf(c.req.header("traceparent")),
    ...c.get("logged"),
    ...(c.error && status >= 500 ? { error: describeError(c.error) } : {}),
  }
}

/** Who asks, and who acts as that viewer. */
function viewerOf(c: AppContext): Record<string, unknown> {
  const viewer = c.get("viewer")
  if (viewer?.id === undefined) return { viewer: null }
  return viewer.actor === undefined ? { viewer: viewer.id } : { viewer: viewer.id, actor: viewer.actor }
}

/** Why the token or key of a request did not hold: what somebody tries shows in the log. */
function rejectedIn(c: AppContext): Record<string, unknown> {
  // What comes before the session has no call.
  const rejected = (c.get("call") as AppContext["var"]["call"] | undefined)?.rejected
  return rejected === undefined ? {} : { rejected: printable(rejected) }
}

const maxPathLength = 200
const plain = /^[ -~]*$/

/** A path for the log: cut, and without characters that a terminal would obey, which it has percent-encoded. */
export function printable(path: string): string {
  if (path.length <= maxPathLength && plain.test(path)) return path
  const cut = path.length > maxPathLength ? `${path.slice(0, maxPathLength)}…` : path
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, encodeURIComponent)
}

/** The ids of a well-formed `traceparent`. https://www.w3.org/TR/trace-context/#traceparent-header */
export function traceOf(header: string | undefined): { trace_id: string; span_id: string } | undefined {
  if (header === undefined) return undefined
  const [, version, trace, span, rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header) ?? []
  const isOfVersion = version !== "ff" && (version !== "00" || rest === undefined)
  if (!trace || !span || !isOfVersion || /^0+$/.test(trace) || /^0+$/.test(span)) return undefined
  return { trace_id: trace, span_id: span }
}

/** An error for the log: name, message and five stack lines of it and its causes, never bound values. */
export function describeError(error: Error): Record<string, unknown> {
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
