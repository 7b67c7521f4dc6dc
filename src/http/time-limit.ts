import { timeout } from "hono/timeout"
import type { AppContext, AppMiddleware } from "../context.ts"
import { unavailable } from "./problem.ts"

/** Answers 503 when a request takes longer than `ms`, and stops what the database does for it. */
export function timeLimit(ms: number): AppMiddleware {
  return timeout(ms, (c) => {
    ;(c as AppContext).get("deadline").expire()
    return unavailable("timeout", "The request took too long; try again")
  })
}
