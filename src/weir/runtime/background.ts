import type { Log } from "../http/request.ts"

/** Work that goes on after the answers of a process, which waits for it before it ends. */
export class Background {
  private readonly running = new Set<Promise<void>>()
  private readonly log: Log

  constructor(log: Log) {
    this.log = log
  }

  add(work: Promise<void>): void {
    this.running.add(work)
    const end = () => this.running.delete(work)
    work.then(end, end)
  }

  /** Resolves when none is left. */
  async ended(): Promise<void> {
    while (this.running.size) await Promise.allSettled(this.running)
  }

  /** Says how much of it has not ended, where there is any. */
  report(): void {
    const { size } = this.running
    if (size)
      this.log({ level: "warn", msg: `The process ends while the hooks after ${size} writes still run` })
  }
}
