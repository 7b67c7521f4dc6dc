import { isNoneOf } from "../lib/etag.ts"
import type { AppContext } from "./context.ts"
import { reply } from "./reply.ts"
import { showsTimings } from "./timing-headers.ts"

/** The answer to a read: its text, the headers that belong to it, and its validator. */
interface Answer {
  body: string
  /** The body in UTF-8, where it is large. */
  bytes?: Uint8Array<ArrayBuffer> | undefined
  headers: Record<string, string>
  etag: string
  /** The members of `Cache-Status` (RFC 9211), where a cache was asked. */
  cacheStatus?: string
}

/** Whether an answer may be its viewer's alone: by a token, and by a key or a cookie that has told who asks. */
const isPrivate = (c: AppContext): boolean =>
  c.req.header("authorization") !== undefined || c.get("viewer")?.id !== undefined

/**
 * Answers a read: 304 where the client has it already (RFC 9110, 13.1.2). `no-cache` lets clients keep it, and has
 * them ask each time whether it still holds; what was read with a token is for its owner's cache only.
 */
export function replyRead(c: AppContext, { body, bytes, headers, etag, cacheStatus }: Answer): Response {
  const { vary } = c.get("headers")
  const all = {
    etag,
    "cache-control": isPrivate(c) ? "private, no-cache" : "no-cache",
    vary: vary === undefined ? "Authorization" : `Authorization, ${vary}`,
    ...(cacheStatus !== undefined && showsTimings(c) ? { "cache-status": `Weir; ${cacheStatus}` } : {}),
    ...headers,
  }
  const held = c.req.header("if-none-match")
  if (held !== undefined && !isNoneOf(held, etag)) return reply(c, 304, null, all)
  return reply(c, 200, bytes ?? body, all)
}

/** Why the request asks past the cache, by its own `Cache-Control`; undefined where it does not. */
export function requestedBypass(c: AppContext): "request" | "no-store" | undefined {
  const directives = c.req.header("cache-control")
  if (directives === undefined) return undefined
  if (/\bno-store\b/i.test(directives)) return "no-store"
  // What `fetch` adds by itself to a request with a validator: the caller only asks whether its answer holds.
  if (
    c.req.header("if-none-match") !== undefined &&
    c.req.header("pragma") === "no-cache" &&
    directives === "no-cache"
  )
    return undefined
  return /\bno-cache\b|\bmax-age\s*=\s*"?0\b/i.test(directives) ? "request" : undefined
}
