import { matchedRoutes } from "hono/route"
import type { AppContext } from "./context.ts"

/** The patterns of Hono's paths, `/items/{id}` for `/items/:id`: one for each route. */
const patterns = new Map<string, string>()

/** The pattern of the route that a request found; undefined where it found none. */
export function patternOf(c: AppContext): string | undefined {
  const path = c.get("route") ?? matchedRoutes(c).at(-1)?.path
  // Middleware alone.
  if (path === undefined || path === "/*") return undefined
  let pattern = patterns.get(path)
  if (pattern === undefined) {
    pattern = path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}")
    patterns.set(path, pattern)
  }
  return pattern
}
