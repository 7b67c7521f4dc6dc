import { type Problem, unavailable } from "../problem.ts"
import type { AppContext, AppMiddleware } from "./context.ts"

/** How long the answer waits for a cancelled statement to end, in ms. */
export const grace = 500

/**
 * Answers 503 when a request takes longer than `ms`, and cancels its statements. The answer waits up to `grace`
 * for them to end, so that nothing answered with 503 is carried out afterwards.
 */
export function timeLimit(ms: number): AppMiddleware {
  // Not `Promise.race`, which costs several promises more for each request.
  return (c, next) =>
    new Promise<void>((resolve, reject) => {
      const answer = () => reject(tookTooLong())
      let timer = setTimeout(() => {
        const stopping = (c as AppContext).get("deadline").expire()
        if (stopping) timer = setTimeout(answer, grace)
        else answer()
      }, ms)
      next().then(
        () => {
          clearTimeout(timer)
          resolve()
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(error)
        },
      )
    })
}

/** The 503 of a request whose time is up. */
export const tookTooLong = (): Problem => unavailable("timeout", "The request took too long; try again")
