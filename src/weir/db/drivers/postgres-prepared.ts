import { LRUCache } from "lru-cache"
import { LatencyTracker } from "./postgres-latency.ts"

/** The use from which on a statement is prepared, and most prepared statements. */
const preparedFromUse = 3
const maxPrepared = 300

/**
 * Decides which statements are prepared. A connection keeps a prepared statement for its whole life, and clients
 * choose the shapes of statements: only repeated ones are prepared, up to a limit.
 */
export class Prepared {
  private readonly useCounts = new LRUCache<string, number>({ max: 1000 })
  private readonly latencies = new Map<string, LatencyTracker>()
  private readonly quickMs: number | undefined

  constructor(quickMs?: number) {
    this.quickMs = quickMs
  }

  /** The latency tracker of a prepared statement; undefined for a statement that is not prepared. Counts a use. */
  latencyOf(text: string): LatencyTracker | undefined {
    const existing = this.latencies.get(text)
    if (existing) return existing
    const uses = (this.useCounts.get(text) ?? 0) + 1
    this.useCounts.set(text, uses)
    if (uses < preparedFromUse || this.latencies.size >= maxPrepared) return undefined
    const latency = new LatencyTracker(this.quickMs)
    this.latencies.set(text, latency)
    return latency
  }
}
