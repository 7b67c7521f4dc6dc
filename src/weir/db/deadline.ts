/** The deadline of a request. When it expires, waiting statements are abandoned and running ones cancelled. */
export class Deadline {
  expired = false
  /** Commits in progress, which cannot be stopped: what they come to is known soon, and is waited for. */
  commits = 0
  /** When the request began, by `performance.now()`. All have the same limit, so the first to begin expires first. */
  readonly since: number
  // Made on first use: many requests never wait for the database.
  private cancels: Set<() => void> | undefined

  constructor(since: number = performance.now()) {
    this.since = since
  }

  /** Registers `cancel` to be called on expiry. Returns a function that removes it again. */
  onExpire(cancel: () => void): () => void {
    this.cancels ??= new Set()
    this.cancels.add(cancel)
    return () => this.cancels?.delete(cancel)
  }

  /** Expires the deadline and calls every registered `cancel`. True if there was at least one. */
  expire(): boolean {
    this.expired = true
    const cancels = [...(this.cancels ?? [])]
    this.cancels = undefined
    for (const cancel of cancels) cancel()
    return cancels.length > 0
  }
}

/** Thrown for a statement that would begin after the deadline: its request was answered, so it must not run. */
export class DeadlineExpired extends Error {
  override name = "DeadlineExpired"
  constructor() {
    super("The request's deadline expired before this statement began")
  }
}

/** Whether there is a deadline, and time until it. */
export const hasTime = (deadline: Deadline | undefined): boolean => deadline?.expired === false
