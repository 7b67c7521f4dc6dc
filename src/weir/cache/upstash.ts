// The build for fetch alone, which every runtime has.
import { Redis } from "@upstash/redis/cloudflare"
import { inBatches } from "../lib/batch.ts"
import { Breaker } from "./breaker.ts"
import { decodeEntry, encodeEntry } from "./entry.ts"
import { wider } from "./stamps.ts"
import type { Entry, Look, Store } from "./store.ts"

export interface UpstashOptions {
  url: string
  token: string
  /** Keeps apart what several databases' APIs store in one Redis; asked for at the first use. */
  prefix: () => Promise<string> | string
  /** How long an entry lives at the most, in milliseconds. */
  lifetime: number
  /** Whether lookups of several requests may share a round trip: on Workers, no request waits for another's socket. */
  pipelined?: boolean
  /** How long Redis may take for anything that a request waits for, in milliseconds. Default: 50. */
  requestTimeoutMs?: number
  waitUntil(work: Promise<unknown>): void
}

interface Lookup {
  key: string
  names: string[]
}

/** How long a probe may take, and the storing of an entry, which nobody waits for. */
const backgroundTimeoutMs = 1000
/** Most stamps that wait to be told; beyond it they are widened to whole tables. */
const maxPending = 1000

/**
 * The entry and its stamps in one step. A stamp that is not there (new, moved, evicted, lost in a restart) is made
 * up at once, and is never the same again: what was stored under another is not served any more.
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
 * A store in Redis, by Upstash's HTTP protocol. A stamp is moved by deleting it, which works in a Redis that is
 * full, too. While Redis is slow or away nothing waits for it: what it could not be told is told before it is
 * asked again.
 */
export class UpstashStore implements Store {
  readonly name = "upstash"
  readonly exact = false
  private readonly requestClient: Redis
  private readonly backgroundClient: Redis
  private readonly findPrefix: UpstashOptions["prefix"]
  private prefix: string | undefined
  private reason = "unreachable"
  private readonly stampLife: number
  private readonly breaker: Breaker
  private readonly ask: (lookup: Lookup) => Promise<Look | string>
  /** Stamps that Redis does not know to have moved, each with the number of the last write that moved it. */
  private pendingInvalidations = new Map<string, number>()
  private writes = 0

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
      new Redis({
        url,
        token,
        // `false` would try twice.
        retry: { retries: 0 },
        // A function: with a bare signal the library answers "Aborted" as if Redis had.
        signal: () => AbortSignal.timeout(ms),
        responseEncoding: false,
        automaticDeserialization: false,
        enableTelemetry: false,
        enableAutoPipelining: false,
      })
    this.requestClient = client(requestTimeoutMs)
    this.backgroundClient = client(backgroundTimeoutMs)
    this.findPrefix = prefix
    // A stamp that ends before its entries costs a miss, and no more; one for what is not there should not stay.
    this.stampLife = lifetime + 60_000
    this.breaker = new Breaker(() => this.probe(), waitUntil)
    this.ask = pipelined
      ? inBatches((lookups) => this.askAll(lookups))
      : async (lookup) => (await this.askAll([lookup]))[0] ?? "unintelligible"
  }

  look(key: string, names: string[]): Promise<Look | string> {
    return this.ask({ key, names })
  }

  /** Several lookups in one round trip: an answer, or why there is none, for each. */
  private async askAll(lookups: Lookup[]): Promise<(Look | string)[]> {
    const pipeline = this.requestClient.pipeline()
    try {
      const prefix = await this.ready()
      for (const { key, names } of lookups)
        pipeline.eval(
          lookScript,
          [entryKey(prefix, key), ...names.map((name) => stampKey(prefix, name))],
          [crypto.randomUUID(), String(this.stampLife)],
        )
      const found = await pipeline.exec({ keepErrors: true })
      return lookups.map(({ names }, i) => this.lookOf(found[i], names))
    } catch (error) {
      this.trip(error)
      return lookups.map(() => this.reason)
    }
  }

  private lookOf(found: { result?: unknown; error?: string } | undefined, names: string[]): Look | string {
    // It answers, and serves what it has: it need not be spared.
    if (found?.error && /\bOOM\b/.test(found.error)) return "full"
    // What it could not be told while it was being asked.
    if (this.away()) return this.reason
    const values = found?.result
    if (!Array.isArray(values) || values.length !== names.length + 1) {
      this.trip(undefined)
      return "unintelligible"
    }
    const [value, ...stamps] = values as (string | null)[]
    const now = stamps.join(" ")
    const kept = typeof value === "string" ? decodeEntry(value) : undefined
    const entry = kept?.stamps === now ? kept.entry : undefined
    return { stamps: now, entry, outdated: kept !== undefined && !entry }
  }

  keep(key: string, entry: Entry, stamps: string, ms: number): false | Promise<void> {
    if (ms < 1 || this.away() || this.prefix === undefined) return false
    const set = this.backgroundClient.set(entryKey(this.prefix, key), encodeEntry(entry, stamps), {
      px: Math.ceil(ms),
    })
    // Whether it was stored is nobody's concern but the next reader's, who will see.
    return set.then(
      () => {},
      () => {},
    )
  }

  async move(names: string[]): Promise<boolean> {
    if (names.length === 0) return true
    if (!this.away()) {
      try {
        const prefix = await this.ready()
        await this.requestClient.del(...names.map((name) => stampKey(prefix, name)))
        return true
      } catch (error) {
        // It may have been carried out, or may be yet: it is told again.
        this.trip(error)
      }
    }
    const write = ++this.writes
    for (const name of names) this.pendingInvalidations.set(name, write)
    if (this.pendingInvalidations.size > maxPending)
      this.pendingInvalidations = new Map(
        [...this.pendingInvalidations.keys()].map((name) => [wider(name), write]),
      )
    this.breaker.trip()
    return false
  }

  trouble(): string | undefined {
    return this.away() ? this.reason : undefined
  }

  async check(): Promise<string | undefined> {
    if (this.away()) return this.reason
    try {
      await this.requestClient.ping()
      return undefined
    } catch (error) {
      this.trip(error)
      return this.reason
    }
  }

  /** Whether requests do without; what Redis has not been told of must not be read from it. */
  private away(): boolean {
    if (this.pendingInvalidations.size) this.breaker.trip()
    return this.breaker.open
  }

  private trip(error: unknown): void {
    // Upstash has answered, and will not: a wrong token, say.
    this.reason = error instanceof Error && error.name === "UpstashError" ? "refused" : "unreachable"
    this.breaker.trip()
  }

  private async ready(): Promise<string> {
    this.prefix ??= await this.findPrefix()
    return this.prefix
  }

  /** Tells Redis what it has missed, or asks whether it is there. */
  private async probe(): Promise<void> {
    const prefix = await this.ready()
    do {
      const telling = [...this.pendingInvalidations]
      if (telling.length) await this.backgroundClient.del(...telling.map(([name]) => stampKey(prefix, name)))
      else await this.backgroundClient.ping()
      // A write that came meanwhile is to be told as well, also where it was to the same row.
      for (const [name, write] of telling)
        if (this.pendingInvalidations.get(name) === write) this.pendingInvalidations.delete(name)
    } while (this.pendingInvalidations.size)
  }
}

const entryKey = (prefix: string, key: string): string => `${prefix}:entry:${key}`
const stampKey = (prefix: string, name: string): string => `${prefix}:stamp:${name}`
