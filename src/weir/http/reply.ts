import type { AppContext } from "./context.ts"
import { serverTiming, showsTimings } from "./timing-headers.ts"

/** A response with the common headers, built in one step. */
export function reply(
  c: AppContext,
  status: number,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Record<string, string> = {},
): Response {
  const all: Record<string, string> = { ...c.get("headers") }
  if (showsTimings(c)) all["server-timing"] = serverTiming(c)
  if (body !== null) all["content-type"] = "application/json"
  for (const name in headers) all[name] = headers[name] as string
  const response = new Response(body, { status, headers: all })
  c.set("replied", response)
  return response
}
