import type { Redis } from "@upstash/redis/cloudflare"
import { inBatches } from "../lib/batch.ts"
import { Breaker } from "./breaker.ts"
import { decodeEntry, encodeEntry } from "./entry.ts"
import { redisClient } from "./redis.ts"
import { wider } from "./stamps.ts"
import type { Entry, Look, Store } from "./store.ts"

export interface UpstashOptions {
  url: string
  token: string
  /** The prefix of all keys, which keeps databases apart that share one Redis. Called at the first use. */
  prefix: () => Promise<string> | string
  /** Longest lifetime of an entry, in milliseconds. */
  lifetime: number
  /** Whether lookups of several requests share a round trip. Not on Workers: no request may wait for another's socket. */
  pipelined?: boolean
  /** Timeout of commands that a request waits for, in milliseconds. Default: 50. */
  requestTimeoutMs?: number
  /** Keeps background work alive after the request that started it. */
  waitUntil(work: Promise<unknown>): void
}

interface Lookup {
  key: string
  names: string[]
}

/** Timeout of probes and of storing an entry, which no request waits for, in milliseconds. */
const backgroundTimeoutMs = 1000
/** Most pending invalidations. Beyond it, stamps of parts are widened to those of whole tables. */
const maxPending = 1000

/**
 * Reads an entry and its stamps in one step. It creates each missing stamp (new, moved, evicted, lost in a restart)
 * with a unique value, so that entries stored under an earlier value are never served again.
 */
const lookScript = `local r = redis.call('MGET', unpack(KEYS))
for i = 2, #KEYS do
  if not r[i] then
    redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
    r[i] = ARGV[1]
  end
end
return r`

/**
 * A store in Redis, over Upstash's HTTP protocol. A stamp is moved by deleting it, which works in a full Redis as well.
 * While Redis is slow or unreachable, requests do without it; pending invalidations are sent before it is read again.
 */
export class UpstashStore implements Store {
  readonly name = "upstash"
  readonly exact = false
  private readonly requestClient: Redis
  private readonly backgroundClient: Redis
  private readonly findPrefix: UpstashOptions["prefix"]
  private prefix: string | undefined
  /** Why Redis was last given up: `unreachable` or `refused`. */
  private reason = "unreachable"
  private readonly stampLifetimeMs: number
  private readonly breaker: Breaker
  private readonly lookUp: (lookup: Lookup) => Promise<Look | string>
  /** Moved stamps whose deletion Redis has not confirmed, each with the number of the last write that moved it. */
  private pendingInvalidations = new Map<string, number>()
  private failedWrites = 0

  constructor({
    url,
    token,
    prefix,
    lifetime,
    pipelined = false,
    requestTimeoutMs = 50,
    waitUntil,
  }: UpstashOptions) {
    const client = (ms: number) =>
      redisClient({ url, token }, ms, { responseEncoding: false, automaticDeserialization: false })
    this.requestClient = client(requestTimeoutMs)
    this.backgroundClient = client(backgroundTimeoutMs)
    this.findPrefix = prefix
    // Stamps expire, so that those of missing rows do not pile up. One that expires before its entry only costs a miss.
    this.stampLifetimeMs = lifetime + 60_000
    this.breaker = new Breaker(() => this.probe(), waitUntil)
    this.lookUp = pipelined
      ? inBatches((lookups) => this.lookUpAll(lookups))
      : async (lookup) => (await this.lookUpAll([lookup]))[0] ?? "unintelligible"
  }

  look(key: string, names: string[]): Promise<Look | string> {
    return this.lookUp({ key, names })
  }

  /** Runs several lookups in one round trip. Each result is a `Look`, or a string that says why there is none. */
  private async lookUpAll(lookups: Lookup[]): Promise<(Look | string)[]> {
    const pipeline = this.requestClient.pipeline()
    try {
      const prefix = await this.ready()
      for (const { key, names } of lookups)
        pipeline.eval(
          lookScript,
          [entryKey(prefix, key), ...names.map((name) => stampKey(prefix, name))],
          [crypto.randomUUID(), String(this.stampLifetimeMs)],
        )
      const replies = await pipeline.exec({ keepErrors: true })
      return lookups.map(({ names }, i) => this.lookOf(replies[i], names))
    } catch (error) {
      this.trip(error)
      return lookups.map(() => this.reason)
    }
  }

  private lookOf(reply: { result?: unknown; error?: string } | undefined, names: string[]): Look | string {
    // A full Redis still serves the entries that it has: the breaker stays closed.
    if (reply?.error && /\bOOM\b/.test(reply.error)) return "full"
    // An invalidation may have failed while this lookup was under way; its reply may then be outdated.
    if (this.isAway()) return this.reason
    const values = reply?.result
    if (!Array.isArray(values) || values.length !== names.length + 1) {
      this.trip(undefined)
      return "unintelligible"
    }
    const [value, ...stampValues] = values as (string | null)[]
    const stamps = stampValues.join(" ")
    const stored = typeof value === "string" ? decodeEntry(value) : undefined
    const entry = stored?.stamps === stamps ? stored.entry : undefined
    return { stamps, entry, outdated: stored !== undefined && !entry }
  }

  keep(key: string, entry: Entry, stamps: string, ms: number): false | Promise<void> {
    if (ms < 1 || this.isAway() || this.prefix === undefined) return false
    const set = this.backgroundClient.set(entryKey(this.prefix, key), encodeEntry(entry, stamps), {
      px: Math.ceil(ms),
    })
    // A failure is ignored: the next request for the answer misses.
    return set.then(
      () => {},
      () => {},
    )
  }

  async move(names: string[]): Promise<boolean> {
    if (names.length === 0) return true
    if (!this.isAway()) {
      try {
        const prefix = await this.ready()
        await this.requestClient.del(...names.map((name) => stampKey(prefix, name)))
        return true
      } catch (error) {
        // Redis may have deleted the stamps, or may do so later. The deletion is repeated to be sure.
        this.trip(error)
      }
    }
    const write = ++this.failedWrites
    for (const name of names) this.pendingInvalidations.set(name, write)
    if (this.pendingInvalidations.size > maxPending)
      this.pendingInvalidations = new Map(
        [...this.pendingInvalidations.keys()].map((name) => [wider(name), write]),
      )
    this.breaker.trip()
    return false
  }

  trouble(): string | undefined {
    return this.isAway() ? this.reason : undefined
  }

  async check(): Promise<string | undefined> {
    if (this.isAway()) return this.reason
    try {
      await this.requestClient.ping()
      return undefined
    } catch (error) {
      this.trip(error)
      return this.reason
    }
  }

  /** Whether requests must do without Redis: it is unreachable, or invalidations are pending. */
  private isAway(): boolean {
    if (this.pendingInvalidations.size) this.breaker.trip()
    return this.breaker.open
  }

  private trip(error: unknown): void {
    // An UpstashError is a reply: the server refuses the command, for example because the token is wrong.
    this.reason = error instanceof Error && error.name === "UpstashError" ? "refused" : "unreachable"
    this.breaker.trip()
  }

  private async ready(): Promise<string> {
    this.prefix ??= await this.findPrefix()
    return this.prefix
  }

  /** Sends the pending invalidations, or a ping if there are none. Throws where Redis does not reply. */
  private async probe(): Promise<void> {
    const prefix = await this.ready()
    do {
      const batch = [...this.pendingInvalidations]
      if (batch.length) await this.backgroundClient.del(...batch.map(([name]) => stampKey(prefix, name)))
      else await this.backgroundClient.ping()
      // A later write may have moved the same stamp meanwhile: it stays pending.
      for (const [name, write] of batch)
        if (this.pendingInvalidations.get(name) === write) this.pendingInvalidations.delete(name)
    } while (this.pendingInvalidations.size)
  }
}

const entryKey = (prefix: string, key: string): string => `${prefix}:entry:${key}`
const stampKey = (prefix: string, name: string): string => `${prefix}:stamp:${name}`
