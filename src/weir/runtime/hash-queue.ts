import pLimit from "p-limit"
import type { HashScheduler } from "../auth/password.ts"
import { Problem } from "../problem.ts"

/** Most hashes at a time. Node has four worker threads, and other work needs them too, such as signing tokens. */
const maxConcurrent = 2
const maxQueued = 200

/** A scheduler that queues password hashes, and throws a 429 problem when the queue is full. */
export function hashQueue(): HashScheduler {
  const limit = pLimit(maxConcurrent)
  return (hash) => {
    if (limit.pendingCount < maxQueued) return limit(hash)
    throw new Problem("too_many_requests", "Too many passwords are being checked now; try again", {
      headers: { "retry-after": "5" },
    })
  }
}
