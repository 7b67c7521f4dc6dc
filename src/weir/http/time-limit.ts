import type { Deadline } from "../db/deadline.ts"
import { unavailable } from "../problem.ts"
import type { AppContext, AppMiddleware } from "./context.ts"

/** How long the answer waits for a cancelled statement to end, in ms. */
const grace = 500

/**
 * Runs `work` for at most `ms`: then the deadline expires, which cancels its statements, and the result is a 503. It
 * waits up to `grace` for them to end, so that nothing answered with 503 is carried out afterwards.
 */
export function within<T>(ms: number, deadline: Deadline, work: () => Promise<T>): Promise<T> {
  // Not `Promise.race`, which costs several promises more for each request.
  return new Promise<T>((resolve, reject) => {
    const answer = (): void => {
      // What is being committed may not be answered as if it were not done.
      if (deadline.commits > 0) timer = setTimeout(answer, grace)
      else reject(unavailable("timeout", "The request took too long; try again"))
    }
    let timer = setTimeout(() => {
      if (deadline.expire()) timer = setTimeout(answer, grace)
      else answer()
    }, ms)
    work().then(
      (result) => {
        clearTimeout(timer)
        resolve(result)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/** Answers 503 when a request takes longer than `ms`, and cancels its statements. */
export const timeLimit =
  (ms: number): AppMiddleware =>
  (c, next) =>
    within(ms, (c as AppContext).get("deadline"), next)
