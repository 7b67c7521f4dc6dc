/** How long a breaker stays open before it lets the next probe through, in milliseconds. */
const rest = 1000

/**
 * A circuit breaker: after one failure nothing is tried, until a probe beside the requests has gone well.
 * (Nygard, "Release It!", 2007.)
 */
export class Breaker {
  private nextProbe: number | undefined
  private readonly probe: () => Promise<void>
  private readonly waitUntil: (work: Promise<unknown>) => void

  /** `probe` throws while what it asks is not there. */
  constructor(probe: () => Promise<void>, waitUntil: (work: Promise<unknown>) => void) {
    this.probe = probe
    this.waitUntil = waitUntil
  }

  /** Whether requests do without; begins a probe when it is time for one. */
  get open(): boolean {
    if (this.nextProbe === undefined) return false
    if (performance.now() >= this.nextProbe) this.waitUntil(this.try())
    return true
  }

  /** Opens, and lets a probe follow although nobody may ask. */
  trip(): void {
    if (this.nextProbe !== undefined) return
    this.nextProbe = performance.now() + rest
    this.waitUntil(this.retry())
  }

  private async try(): Promise<void> {
    // Not a flag: the request that has begun a probe may be gone, and the probe with it.
    this.nextProbe = performance.now() + rest
    try {
      await this.probe()
      this.nextProbe = undefined
    } catch {
      this.nextProbe = performance.now() + rest
    }
  }

  /** Goes on for a minute; after that, whoever asks begins the probes. */
  private async retry(): Promise<void> {
    for (let tries = 0; tries < 60 && this.nextProbe !== undefined; tries++) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, rest) as unknown as { unref?: () => void }
        // A process that would end does not wait for a cache.
        timer.unref?.()
      })
      if (this.nextProbe !== undefined && performance.now() >= this.nextProbe) await this.try()
    }
  }
}
