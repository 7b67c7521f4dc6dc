import type { AppContext } from "./context.ts"

/** The `Server-Timing` of the request so far. https://www.w3.org/TR/server-timing/ */
export function serverTiming(c: AppContext): string {
  const { auth, cache, db, started } = c.get("timings")
  const total = performance.now() - started
  return `auth;dur=${auth.toFixed(2)}, cache;dur=${cache.toFixed(2)}, db;dur=${db.toFixed(2)}, total;dur=${total.toFixed(2)}`
}

/** A response with the common headers, built in one step. */
export function reply(
  c: AppContext,
  status: number,
  body: string | null,
  headers: Record<string, string> = {},
): Response {
  const all: Record<string, string> = { ...c.get("headers"), "server-timing": serverTiming(c) }
  if (body !== null) all["content-type"] = "application/json"
  for (const name in headers) all[name] = headers[name] as string
  const response = new Response(body, { status, headers: all })
  c.set("replied", response)
  return response
}
