import type { Deadline } from "../deadline.ts"

/** The part of a postgres.js query that is used here. */
export type Query = Promise<unknown> & {
  cancel(): void
  reject(error: unknown): void
  /** The connection it was sent on, if it was. */
  state: unknown
}

/** How long an unreachable database is not tried again, in milliseconds. */
const restAfterFailure = 200

const unreachable = new Set([
  "ECONNREFUSED",
  "CONNECT_TIMEOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "57P03",
  "53300",
])

/**
 * The queries under way on a pool. postgres.js keeps what waits for a connection until there is one, and
 * tells only one of them when there is none: here all hear of it at once, and nothing is carried out
 * after its request was answered.
 */
export class PostgresPool {
  private readonly waiting = new Set<Query>()
  private awayUntil = 0
  private reason: unknown

  /** Throws at once while the database is known to be away. */
  requireNear(): void {
    if (performance.now() < this.awayUntil) throw this.reason
  }

  /** The query's result. It is cancelled at the deadline. */
  async watch(query: Query, deadline: Deadline | undefined): Promise<unknown> {
    this.requireNear()
    this.waiting.add(query)
    const release = deadline?.onExpire(() => cancel(query))
    try {
      return await query
    } catch (error) {
      if (unreachable.has(String((error as { code?: unknown }).code))) this.fail(error)
      throw error
    } finally {
      this.waiting.delete(query)
      release?.()
    }
  }

  private fail(error: unknown): void {
    this.awayUntil = performance.now() + restAfterFailure
    this.reason = error
    for (const query of this.waiting) {
      // What has a connection hears from that.
      if (query.state) continue
      query.reject(error)
      cancel(query)
    }
  }
}

/** Takes a query out of the queue, or asks the server to stop it. */
function cancel(query: Query): void {
  // There is nobody to tell when the server cannot be asked.
  Promise.resolve(query.cancel() as unknown).catch(() => {})
}
