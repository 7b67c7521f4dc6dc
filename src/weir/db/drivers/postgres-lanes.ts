import type { Deadline } from "../deadline.ts"
import { WaitingLine } from "./postgres-waiting.ts"

/** How the pool treats a statement. */
export type Lane =
  /** A write. */
  | "write"
  /** A read whose own limits bound its cost. */
  | "bounded"
  /** Another read, quick so far. */
  | "quick"
  /** Another read, slow or not known yet. */
  | "slow"

/**
 * Most connections that may run slow reads at a time, of `total` connections. A transaction pooler may have far fewer to
 * the server than it lets us open, so that half of ours could be all of its own.
 */
export const slowShare = (total: number, keepsSession: boolean): number =>
  Math.max(1, total >> (keepsSession ? 1 : 2))

/** Most connections that may run unbounded reads at a time, slow and quick: the rest is for all other statements. */
export const unboundedShare = (total: number): number =>
  Math.max(1, total - Math.max(1, Math.floor(total / 5)))

/** Admits slow statements while there is room for them; the others wait in a line of their own. */
export class SlowLane {
  /** Number of admitted statements that have no connection yet. */
  pending = 0
  private readonly waiting = new WaitingLine<void>()
  private readonly hasRoom: () => boolean
  private readonly timeoutMs: number | undefined

  /** `timeoutMs` is how long a statement waits to be admitted. */
  constructor(hasRoom: () => boolean, timeoutMs?: number) {
    this.hasRoom = hasRoom
    this.timeoutMs = timeoutMs
  }

  /** Undefined where the statement is admitted at once. Otherwise resolves when it is. */
  enter(deadline: Deadline | undefined): Promise<void> | undefined {
    this.admit()
    if (this.waiting.length > 0 || !this.hasRoom()) return this.waiting.wait(deadline, this.timeoutMs)
    this.pending++
    return undefined
  }

  /** Admits those for whom there is room by now. */
  admit(): void {
    while (this.waiting.length > 0 && this.hasRoom()) {
      this.pending++
      this.waiting.next()
    }
  }

  /** Number of statements that wait. */
  get length(): number {
    return this.waiting.length
  }

  rejectAll(error: unknown): void {
    this.waiting.rejectAll(error)
  }
}
