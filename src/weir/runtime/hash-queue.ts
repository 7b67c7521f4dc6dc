import type { HashScheduler } from "../auth/password.ts"
import { FairQueue } from "../lib/fair-queue.ts"
import { Problem } from "../problem.ts"

/** How many hashes run, and how many wait. */
export interface HashLoad {
  running: number
  waiting: number
}

/** A scheduler that has password hashes take turns between clients, and throws a 429 problem where a client has too many. */
export function hashQueue(): HashScheduler & { load(): HashLoad } {
  const queue = new FairQueue({
    // Node has four worker threads, and other work needs them too, such as signing tokens.
    concurrency: 2,
    // A hash takes about 0.2 s of a core: what waits beyond these would outlast its request.
    capacity: 100,
    capacityPerAddress: 40,
    full: () =>
      new Problem("too_many_requests", "Too many passwords are being checked now; try again", {
        headers: { "retry-after": "5" },
      }),
    abandoned: () => new Problem("timeout", "The client has gone", { status: 408 }),
  })
  const schedule: HashScheduler = (hash, waiter) =>
    queue.run(hash, waiter ?? { address: undefined, gone: false })
  return Object.assign(schedule, { load: () => queue.load })
}
