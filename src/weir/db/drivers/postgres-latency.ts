/** A statement is quick if its fastest run took at most this long, in milliseconds. */
export const defaultQuickMs = 2
/** A write may take longer: it waits for the disk. While one does, the next on its connection can be on their way. */
const quickWriteMs = 25
/** Runs per window. Only the fastest counts: a slower one may have waited for its neighbours. */
const windowSize = 64
/** The first window is short, so that a new statement is judged soon. So is the one after a slow run. */
const firstWindowSize = 4
/** After a run of more than this, in milliseconds, a statement is not quick until a window says so again. */
const slowMs = 50

/** Learns from the runs of a statement whether it is quick. */
export class LatencyTracker {
  isQuick = false
  isQuickWrite = false
  private readonly quickMs: number
  private fastestMs = Number.POSITIVE_INFINITY
  /** Runs until the window ends. */
  private remaining = firstWindowSize

  constructor(quickMs: number = defaultQuickMs) {
    this.quickMs = quickMs
  }

  /** Adds a run of `ms` milliseconds. */
  add(ms: number): void {
    if (ms > slowMs) {
      this.reset()
      return
    }
    this.fastestMs = Math.min(this.fastestMs, ms)
    if (--this.remaining > 0) return
    this.isQuick = this.fastestMs <= this.quickMs
    this.isQuickWrite = this.fastestMs <= Math.max(quickWriteMs, this.quickMs)
    this.fastestMs = Number.POSITIVE_INFINITY
    this.remaining = windowSize
  }

  /** Forgets that the statement was quick. */
  private reset(): void {
    this.isQuick = false
    this.isQuickWrite = false
    this.fastestMs = Number.POSITIVE_INFINITY
    this.remaining = firstWindowSize
  }
}
