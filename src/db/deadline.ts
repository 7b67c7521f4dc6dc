/** A request's time: when it is up, what waits is given up and what runs is cancelled. */
export class Deadline {
  expired = false
  private readonly cancels = new Set<() => void>()

  /** Calls `cancel` when the time is up; the answer takes it back. */
  onExpire(cancel: () => void): () => void {
    this.cancels.add(cancel)
    return () => this.cancels.delete(cancel)
  }

  expire(): void {
    this.expired = true
    for (const cancel of this.cancels) cancel()
    this.cancels.clear()
  }
}

/** What a statement fails with that comes after the answer has left: it must not be carried out. */
export class DeadlineExpired extends Error {
  override name = "DeadlineExpired"
  constructor() {
    super("The request's time was up before this statement began")
  }
}
