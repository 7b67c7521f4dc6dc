/** Adds up the time in which at least one of several pieces of work runs, in milliseconds. */
export class Stopwatch {
  private running = 0
  private since = 0
  private sum = 0

  /** A piece of work begins. */
  start(): void {
    if (this.running++ === 0) this.since = performance.now()
  }

  /** A piece of work ends. */
  stop(): void {
    if (--this.running === 0) this.sum += performance.now() - this.since
  }

  /** The time so far, with that of work which still runs. */
  get ms(): number {
    return this.running === 0 ? this.sum : this.sum + (performance.now() - this.since)
  }
}
