import type { AppContext, AppMiddleware } from "../context.ts"
import { unavailable } from "./problem.ts"

/** How long a cancelled statement may take to be gone, in milliseconds. */
const grace = 500

/**
 * Answers 503 when a request takes longer than `ms`, and stops what the database does for it. The answer waits
 * a moment for the database to have stopped, so that what is answered with 503 is not done afterwards.
 */
export function timeLimit(ms: number): AppMiddleware {
  return async (c, next) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      const answer = () => reject(unavailable("timeout", "The request took too long; try again"))
      timer = setTimeout(() => {
        const stopping = (c as AppContext).get("deadline").expire()
        if (stopping) timer = setTimeout(answer, grace)
        else answer()
      }, ms)
    })
    try {
      await Promise.race([next(), late])
    } finally {
      clearTimeout(timer)
    }
  }
}
