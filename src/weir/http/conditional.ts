import { isNoneOf } from "../lib/etag.ts"
import type { AppContext } from "./context.ts"
import { reply } from "./reply.ts"

/**
 * Answers a read: 304 where the client has it already (RFC 9110, 13.1.2). `no-cache` lets clients keep it, and has
 * them ask each time whether it still holds; what was read with a token is for its owner's cache only.
 */
export function replyRead(
  c: AppContext,
  { body, headers }: { body: string; headers: Record<string, string> },
  etag: string,
  cacheStatus?: string,
): Response {
  const { vary } = c.get("headers")
  const all = {
    etag,
    "cache-control": c.req.header("authorization") === undefined ? "no-cache" : "private, no-cache",
    vary: vary === undefined ? "Authorization" : `Authorization, ${vary}`,
    ...(cacheStatus === undefined ? {} : { "cache-status": `Weir; ${cacheStatus}` }),
    ...headers,
  }
  const held = c.req.header("if-none-match")
  if (held !== undefined && !isNoneOf(held, etag)) return reply(c, 304, null, all)
  return reply(c, 200, body, all)
}
