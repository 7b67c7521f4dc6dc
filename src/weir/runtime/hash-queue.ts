import pLimit from "p-limit"
import type { HashScheduler } from "../auth/password.ts"
import { Problem } from "../problem.ts"

/** Hashes at once: Node's four threads have other work, too, tokens among it. */
const atOnce = 2
const mostWaiting = 200

/** Password hashes take turns; beyond the queue, 429. */
export function hashQueue(): HashScheduler {
  const limit = pLimit(atOnce)
  return (hash) => {
    if (limit.pendingCount < mostWaiting) return limit(hash)
    throw new Problem("too_many_requests", "Too many passwords are being checked now; try again", {
      headers: { "retry-after": "5" },
    })
  }
}
