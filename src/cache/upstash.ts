// The build for fetch alone, which every runtime has.
import { Redis } from "@upstash/redis/cloudflare"
import { Breaker } from "./breaker.ts"
import { decodeEntry, encodeEntry } from "./entry.ts"
import { wider } from "./stamps.ts"
import type { Entry, Look, Store } from "./store.ts"

export interface UpstashOptions {
  url: string
  token: string
  /** Keeps apart what several databases' APIs store in one Redis. */
  prefix: string
  /** How long an entry lives at the most, in milliseconds. */
  lifetime: number
  later(work: Promise<unknown>): void
}

/** How long Redis may take for anything that a request waits for, in milliseconds. */
const limit = 50
/** How long a probe may take, and the storing of an entry, which nobody waits for. */
const unhurried = 1000
/** Most stamps that wait to be told; beyond it they are widened to whole tables. */
const maxUntold = 1000

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
  private readonly hurried: Redis
  private readonly patient: Redis
  private readonly prefix: string
  private readonly stampLife: number
  private readonly breaker: Breaker
  private untold = new Set<string>()

  constructor({ url, token, prefix, lifetime, later }: UpstashOptions) {
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
    this.hurried = client(limit)
    this.patient = client(unhurried)
    this.prefix = prefix
    // A stamp that ends before its entries costs a miss, and no more.
    this.stampLife = 10 * lifetime
    this.breaker = new Breaker(() => this.probe(), later)
  }

  async look(key: string, names: string[]): Promise<Look | string> {
    if (this.away()) return "unreachable"
    let found: unknown
    try {
      const keys = [this.entryKey(key), ...names.map((name) => this.stampKey(name))]
      found = await this.hurried.eval(lookScript, keys, [crypto.randomUUID(), String(this.stampLife)])
    } catch (error) {
      // It answers at once, and serves what it has: it need not be spared.
      if (isFull(error)) return "full"
      this.breaker.trip()
      return "unreachable"
    }
    // What it could not be told while it was being asked.
    if (this.away()) return "unreachable"
    if (!Array.isArray(found) || found.length !== names.length + 1) return "unintelligible"
    const [value, ...stamps] = found as (string | null)[]
    const now = stamps.join(" ")
    const kept = typeof value === "string" ? decodeEntry(value) : undefined
    const entry = kept?.stamps === now ? kept.entry : undefined
    return { stamps: now, entry, outdated: kept !== undefined && !entry }
  }

  async keep(key: string, entry: Entry, stamps: string, ms: number): Promise<void> {
    if (ms < 1 || this.away()) return
    // Whether it was stored is nobody's concern but the next reader's, who will see.
    await this.patient
      .set(this.entryKey(key), encodeEntry(entry, stamps), { px: Math.ceil(ms) })
      .catch(() => {})
  }

  async move(names: string[]): Promise<boolean> {
    if (!this.away()) {
      try {
        await this.hurried.del(...names.map((name) => this.stampKey(name)))
        return true
      } catch {
        // It may have been carried out, or may be yet: it is told again.
      }
    }
    for (const name of names) this.untold.add(name)
    if (this.untold.size > maxUntold) this.untold = new Set([...this.untold].map(wider))
    this.breaker.trip()
    return false
  }

  async check(): Promise<string | undefined> {
    if (this.away()) return "unreachable"
    try {
      await this.hurried.ping()
      return undefined
    } catch {
      this.breaker.trip()
      return "unreachable"
    }
  }

  /** Whether requests do without; what Redis has not been told of must not be read from it. */
  private away(): boolean {
    if (this.untold.size) this.breaker.trip()
    return this.breaker.open
  }

  /** Tells Redis what it has missed, or asks whether it is there. */
  private async probe(): Promise<void> {
    do {
      const names = [...this.untold]
      if (names.length) await this.patient.del(...names.map((name) => this.stampKey(name)))
      else await this.patient.ping()
      for (const name of names) this.untold.delete(name)
    } while (this.untold.size)
  }

  private entryKey = (key: string): string => `${this.prefix}:entry:${key}`
  private stampKey = (name: string): string => `${this.prefix}:stamp:${name}`
}

/** Whether Redis is there, but has no room for what was to be written. */
const isFull = (error: unknown): boolean =>
  error instanceof Error && /\bOOM\b/.test(error.message.split(", command was:")[0] ?? "")
