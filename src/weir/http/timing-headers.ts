import type { AppContext } from "./context.ts"

/** Who gets `Server-Timing` and `Cache-Status`: they tell what others must not learn, such as who has an account. */
export type TimingHeaders = "all" | "admins" | "off"

/** Whether the response may have `Server-Timing` and `Cache-Status`. */
export function showsTimings(c: AppContext): boolean {
  const { shownTo } = c.get("timings")
  return shownTo === "all" || (shownTo === "admins" && c.get("viewer")?.kind === "admin")
}

/** The `Server-Timing` of the request so far. https://www.w3.org/TR/server-timing/ */
export function serverTiming(c: AppContext): string {
  const { auth, cache, db, started } = c.get("timings")
  const total = performance.now() - started
  return `auth;dur=${auth.toFixed(2)}, cache;dur=${cache.toFixed(2)}, db;dur=${db.ms.toFixed(2)}, total;dur=${total.toFixed(2)}`
}
