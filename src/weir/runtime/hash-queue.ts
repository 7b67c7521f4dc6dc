import pLimit from "p-limit"
import type { HashScheduler } from "../auth/password.ts"
import { Problem } from "../problem.ts"

/** Most hashes at a time. Node has four worker threads, and other work needs them too, such as signing tokens. */
const maxConcurrent = 2
const maxQueued = 200

/** How many hashes run, and how many wait. */
export interface HashLoad {
  running: number
  waiting: number
}

/** A scheduler that queues password hashes, and throws a 429 problem when the queue is full. */
export function hashQueue(): HashScheduler & { load(): HashLoad } {
  const limit = pLimit(maxConcurrent)
  const schedule: HashScheduler = (hash) => {
    if (limit.pendingCount < maxQueued) return limit(hash)
    throw new Problem("too_many_requests", "Too many passwords are being checked now; try again", {
      headers: { "retry-after": "5" },
    })
  }
  return Object.assign(schedule, {
    load: () => ({ running: limit.activeCount, waiting: limit.pendingCount }),
  })
}
