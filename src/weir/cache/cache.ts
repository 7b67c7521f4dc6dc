import type { Row } from "../db/driver.ts"
import type { Entry, Look, Store } from "./store.ts"

export interface CacheOptions {
  /** How long an answer is fresh at most, in ms. A moved stamp outdates it earlier. */
  ttl: number
  /** Stale-while-revalidate window in ms: an expired answer is served this much longer while one refresh runs. */
  stale: number
  /** How long a request waits for another's identical read before it reads by itself, in ms. Default: no limit. */
  coalesceTimeoutMs?: number
  /** Keeps background work alive after the request that started it. */
  waitUntil(work: Promise<unknown>): void
}

/** A request to the cache. */
export interface Ask {
  key: string
  /** The names of the stamps that the answer depends on. */
  stamps: string[]
  /** Why the store must not answer. `request` (the client sent no-cache) still stores the result. */
  bypass: string | undefined
}

/** The cache's reply. */
export interface Answer {
  /** The answer; undefined where the row does not exist. */
  entry: Entry | undefined
  /** The parameters of its `Cache-Status` (RFC 9211). */
  status: string
}

/** Reads an answer from the database. Resolves to undefined where the row does not exist. */
export type Make = () => Promise<Entry | undefined>

/** Longest body that is stored, in characters. */
const maxStoredLength = 262_144

/**
 * Serves stored answers until a table or row that they depend on changes. A miss reads the database and stores the
 * answer under the stamps from before the read, so that a concurrent write outdates it. Requests that miss under the
 * same stamps share one read.
 */
export class Cache {
  readonly store: Store | undefined
  private readonly options: CacheOptions
  private readonly readsInFlight = new Map<string, ReturnType<Make>>()

  /** Without a store, every request reads the database. */
  constructor(store: Store | undefined, options: CacheOptions) {
    this.store = store
    this.options = options
  }

  /** The stored answer, or the one that `make` reads. Errors come from `make` only: a failing store is bypassed. */
  async answer(askOf: () => Ask, make: Make): Promise<Answer> {
    if (!this.store) return bypass(make, "off")
    const trouble = this.store.trouble()
    if (trouble) return bypass(make, trouble)
    const ask = askOf()
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
    if (left <= 0 && !this.readsInFlight.has(readKeyOf(ask, look)))
      this.options.waitUntil(this.refresh(ask, look, make))
    return { entry, status: `hit; ttl=${Math.ceil(left / 1000)}` }
  }

  /** A row that the server reads for its own use. It comes from the store only where that is exact. */
  async recall(
    askOf: () => Omit<Ask, "bypass">,
    read: () => Promise<Row | undefined>,
  ): Promise<Row | undefined> {
    if (!this.store?.exact) return read()
    const { entry } = await this.answer(
      () => ({ ...askOf(), bypass: undefined }),
      async () => {
        const born = Date.now()
        const row = await read()
        return row && { body: JSON.stringify(row), etag: "", headers: {}, born }
      },
    )
    return entry && JSON.parse(entry.body)
  }

  private async miss(ask: Ask, look: Look, make: Make, why: string): Promise<Answer> {
    // If a shared read fails, one of the waiting requests starts another, and the others wait for that one too.
    for (let waits = 0; waits < 2; waits++) {
      const read = this.readsInFlight.get(readKeyOf(ask, look))
      if (!read) break
      const shared = await this.resultOf(read)
      if (shared) return { entry: shared.entry, status: `fwd=${why}; collapsed` }
    }
    const entry = await this.read(ask, look, make)
    return { entry, status: `fwd=${why}${this.keep(ask, look, entry)}` }
  }

  private async refresh(ask: Ask, look: Look, make: Make): Promise<void> {
    // On failure, the next request for the answer starts another refresh.
    const entry = await this.read(ask, look, make).catch(() => undefined)
    this.keep(ask, look, entry)
  }

  /** Starts a read that requests with the same key and stamps share. */
  private read(ask: Ask, look: Look, make: Make): ReturnType<Make> {
    const key = readKeyOf(ask, look)
    const read = make()
    this.readsInFlight.set(key, read)
    const end = () => {
      if (this.readsInFlight.get(key) === read) this.readsInFlight.delete(key)
    }
    read.then(end, end)
    return read
  }

  /** The result of another request's read; undefined where it takes too long or fails, perhaps only for that request. */
  private async resultOf(read: ReturnType<Make>): Promise<{ entry: Entry | undefined } | undefined> {
    const { coalesceTimeoutMs } = this.options
    const result = read.then(
      (entry) => ({ entry }),
      () => undefined,
    )
    if (coalesceTimeoutMs === undefined) return result
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), coalesceTimeoutMs)
    })
    return Promise.race([result, timeout]).finally(() => clearTimeout(timer))
  }

  /** Stores an entry. Returns the parameter of `Cache-Status` that says so. */
  private keep(ask: Ask, look: Look, entry: Entry | undefined): string {
    if (!entry) return ""
    if (entry.body.length > maxStoredLength) return "; detail=large"
    const { ttl, stale } = this.options
    const stored = this.store?.keep(ask.key, entry, look.stamps, ttl + stale - (Date.now() - entry.born))
    if (!stored) return ""
    if (stored !== true) this.options.waitUntil(stored)
    return "; stored"
  }
}

const readKeyOf = (ask: Ask, look: Look): string => `${ask.key}\n${look.stamps}`

const bypass = async (make: Make, reason: string): Promise<Answer> => ({
  entry: await make(),
  status: `fwd=bypass; detail=${reason}`,
})
