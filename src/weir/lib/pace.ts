/** How long a part of some work may hold the event loop, in milliseconds. */
const partMs = 5

/** Work that is done in small parts, between which others get their turn. */
export class Pace {
  private until = performance.now() + partMs

  /** Resolves at once, or in the next turn of the event loop where a part of the work has taken its time. */
  async rest(): Promise<void> {
    if (performance.now() < this.until) return
    await new Promise((resolve) => {
      setTimeout(resolve, 0)
    })
    this.until = performance.now() + partMs
  }
}
