/** How long a part of some work may hold the event loop, in milliseconds. */
const partMs = 5

/** Work that is done in small parts, between which others get their turn. */
export class Pace {
  private until = performance.now() + partMs

  /** Whether a part of the work has taken its time. To wait for what need not rest would cost more than many a part. */
  get isOver(): boolean {
    return performance.now() >= this.until
  }

  /** Resolves in the next turn of the event loop. */
  async rest(): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, 0)
    })
    this.until = performance.now() + partMs
  }
}
