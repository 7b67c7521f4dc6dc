/** Pause between two probes, in milliseconds. */
const probePauseMs = 1000
/** Probes that an open breaker starts by itself, one per pause: for about a minute. */
const maxOwnProbes = 60

/**
 * A circuit breaker. One failure opens it: requests then do without the service, until a probe in the background has
 * succeeded. (Nygard, "Release It!", 2007.)
 */
export class Breaker {
  /** When the next probe is due, by `performance.now()`; undefined while the breaker is closed. */
  private nextProbe: number | undefined
  private readonly probe: () => Promise<void>
  private readonly waitUntil: (work: Promise<unknown>) => void

  /** `probe` throws while the service is unavailable. `waitUntil` keeps background work alive on Workers. */
  constructor(probe: () => Promise<void>, waitUntil: (work: Promise<unknown>) => void) {
    this.probe = probe
    this.waitUntil = waitUntil
  }

  /** Whether requests must do without the service. Starts a probe when one is due. */
  get open(): boolean {
    if (this.nextProbe === undefined) return false
    if (performance.now() >= this.nextProbe) this.waitUntil(this.try())
    return true
  }

  /** Opens the breaker, and starts probes that do not depend on further requests. */
  trip(): void {
    if (this.nextProbe !== undefined) return
    this.nextProbe = performance.now() + probePauseMs
    this.waitUntil(this.retry())
  }

  private async try(): Promise<void> {
    // A time and not a flag: a Worker may end the request that started a probe, and the probe with it.
    this.nextProbe = performance.now() + probePauseMs
    try {
      await this.probe()
      this.nextProbe = undefined
    } catch {
      this.nextProbe = performance.now() + probePauseMs
    }
  }

  /** Probes until the service is back, for a minute at most; after that, requests start the probes. */
  private async retry(): Promise<void> {
    for (let probes = 0; probes < maxOwnProbes && this.nextProbe !== undefined; probes++) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, probePauseMs) as unknown as { unref?: () => void }
        // The timer must not keep an ending process alive.
        timer.unref?.()
      })
      if (this.nextProbe !== undefined && performance.now() >= this.nextProbe) await this.try()
    }
  }
}
