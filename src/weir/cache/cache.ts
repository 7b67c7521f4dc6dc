import type { Entry, Look, Store } from "./store.ts"

export interface CacheOptions {
  /** How long an answer holds, whatever its stamps say, in milliseconds. */
  ttl: number
  /** Stale-while-revalidate window in ms: an expired answer is served this much longer while one refresh runs. */
  stale: number
  /** How long a reader waits for another's identical read before it starts its own, in ms. Default: without limit. */
  coalesceTimeoutMs?: number
  /** Lets work outlive the request that began it. */
  waitUntil(work: Promise<unknown>): void
}

/** What is asked of the cache. */
export interface Ask {
  key: string
  /** The names of the stamps that the answer depends on. */
  stamps: string[]
  /** Why the store must not answer. `request` (the client sent no-cache) still stores the result. */
  bypass: string | undefined
}

/** An answer, if there is one, and the members of its `Cache-Status` (RFC 9211). */
export interface Answer {
  entry: Entry | undefined
  status: string
}

/** Reads an answer from the database; nothing where there is no such row. */
export type Make = () => Promise<Entry | undefined>

/** Longest body that is kept, in characters. */
const longestKept = 262_144

/**
 * Answers that are served while nothing that they depend on has changed. What a miss reads is stored under the
 * stamps from before the reading, so that a write in between outdates it; readers who see the same stamps share
 * one reading.
 */
export class Cache {
  readonly store: Store | undefined
  private readonly options: CacheOptions
  private readonly flights = new Map<string, ReturnType<Make>>()

  /** Without a store, everything is read. */
  constructor(store: Store | undefined, options: CacheOptions) {
    this.store = store
    this.options = options
  }

  /** The stored answer, or the one that `make` reads. An error is always one of `make`. */
  async answer(asked: () => Ask, make: Make): Promise<Answer> {
    if (!this.store) return bypass(make, "off")
    const trouble = this.store.trouble()
    if (trouble) return bypass(make, trouble)
    const ask = asked()
    if (ask.bypass !== undefined && ask.bypass !== "request") return bypass(make, ask.bypass)
    const look = await this.store.look(ask.key, ask.stamps)
    if (typeof look === "string") return bypass(make, look)
    if (ask.bypass) {
      const entry = await make()
      return { entry, status: `fwd=request${this.keep(ask, look, entry)}` }
    }
    const { entry } = look
    if (!entry) return this.miss(ask, look, make, look.outdated ? "stale" : "uri-miss")
    const left = this.options.ttl - (Date.now() - entry.born)
    if (left <= -this.options.stale) return this.miss(ask, look, make, "stale")
    if (left <= 0 && !this.flights.has(flightOf(ask, look)))
      this.options.waitUntil(this.refresh(ask, look, make))
    return { entry, status: `hit; ttl=${Math.ceil(left / 1000)}` }
  }

  /** What is read for the process's own use: from the store where that is exact, each time elsewhere. */
  async recall(
    asked: () => Omit<Ask, "bypass">,
    read: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    if (!this.store?.exact) return read()
    const { entry } = await this.answer(
      () => ({ ...asked(), bypass: undefined }),
      async () => {
        const born = Date.now()
        const body = await read()
        return body === undefined ? undefined : { body, etag: "", headers: {}, born }
      },
    )
    return entry?.body
  }

  private async miss(ask: Ask, look: Look, make: Make, why: string): Promise<Answer> {
    // Where a reading fails, one of those who waited begins another, and the rest wait once more.
    for (let flights = 0; flights < 2; flights++) {
      const flight = this.flights.get(flightOf(ask, look))
      if (!flight) break
      const landed = await this.landed(flight)
      if (landed) return { entry: landed.entry, status: `fwd=${why}; collapsed` }
    }
    const entry = await this.read(ask, look, make)
    return { entry, status: `fwd=${why}${this.keep(ask, look, entry)}` }
  }

  private async refresh(ask: Ask, look: Look, make: Make): Promise<void> {
    // What fails now is tried again by the next who asks.
    const entry = await this.read(ask, look, make).catch(() => undefined)
    this.keep(ask, look, entry)
  }

  /** Reads for all who ask for the same under the same stamps. */
  private read(ask: Ask, look: Look, make: Make): ReturnType<Make> {
    const name = flightOf(ask, look)
    const flight = make()
    this.flights.set(name, flight)
    const end = () => {
      if (this.flights.get(name) === flight) this.flights.delete(name)
    }
    flight.then(end, end)
    return flight
  }

  /** What another's reading came to; nothing where it failed, for reasons that may be its own, or takes too long. */
  private async landed(flight: ReturnType<Make>): Promise<{ entry: Entry | undefined } | undefined> {
    const { coalesceTimeoutMs } = this.options
    const result = flight.then(
      (entry) => ({ entry }),
      () => undefined,
    )
    if (coalesceTimeoutMs === undefined) return result
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), coalesceTimeoutMs)
    })
    return Promise.race([result, late]).finally(() => clearTimeout(timer))
  }

  /** Stores what was read, and says for `Cache-Status` whether it did. */
  private keep(ask: Ask, look: Look, entry: Entry | undefined): string {
    if (!entry) return ""
    if (entry.body.length > longestKept) return "; detail=large"
    const { ttl, stale } = this.options
    const kept = this.store?.keep(ask.key, entry, look.stamps, ttl + stale - (Date.now() - entry.born))
    if (!kept) return ""
    if (kept !== true) this.options.waitUntil(kept)
    return "; stored"
  }
}

const flightOf = (ask: Ask, look: Look): string => `${ask.key}\n${look.stamps}`

const bypass = async (make: Make, reason: string): Promise<Answer> => ({
  entry: await make(),
  status: `fwd=bypass; detail=${reason}`,
})
