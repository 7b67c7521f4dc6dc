/** A request's time: when it is up, what waits is given up and what runs is cancelled. */
export class Deadline {
  expired = false
  /** All requests have the same time: who began first is cancelled first. By `performance.now()`. */
  readonly since: number
  // Most requests ask for one thing at a time, or for nothing.
  private cancels: Set<() => void> | undefined

  constructor(since: number = performance.now()) {
    this.since = since
  }

  /** Calls `cancel` when the time is up; the answer takes it back. */
  onExpire(cancel: () => void): () => void {
    this.cancels ??= new Set()
    this.cancels.add(cancel)
    return () => this.cancels?.delete(cancel)
  }

  /** Whether anything was under way that is now being cancelled. */
  expire(): boolean {
    this.expired = true
    const cancels = [...(this.cancels ?? [])]
    this.cancels = undefined
    for (const cancel of cancels) cancel()
    return cancels.length > 0
  }
}

/** What a statement fails with that comes after the answer has left: it must not be carried out. */
export class DeadlineExpired extends Error {
  override name = "DeadlineExpired"
  constructor() {
    super("The request's time was up before this statement began")
  }
}
