import { hash } from "node:crypto"
import { Cache, type CacheOptions } from "../cache/cache.ts"
import { invalidating } from "../cache/invalidating.ts"
import { MemoryStore } from "../cache/memory.ts"
import type { Store } from "../cache/store.ts"
import { UpstashStore } from "../cache/upstash.ts"
import type { Database } from "../db/driver.ts"
import { cacheOf, type Settings } from "./settings.ts"

/** What a runtime can do, and cannot. */
interface Runtime extends Pick<CacheOptions, "waitUntil" | "coalesceTimeoutMs"> {
  /** Whether requests may share a round trip to Redis. */
  pipelined?: boolean
  /** How long a request waits for Redis, in ms. Default: 50. */
  requestTimeoutMs?: number
}

/** What tells a database from all others. Some must be asked. */
type Identity = string | (() => Promise<string>)

/** The cache of the settings, and the database whose writes invalidate it. */
export function openCache(
  settings: Settings,
  database: Database,
  identity: Identity,
  options: Runtime,
): { cache: Cache; database: Database } {
  const ttl = settings.CACHE_TTL * 1000
  const stale = settings.CACHE_STALE * 1000
  const store = openStore(settings, database, identity, ttl + stale, options)
  return { cache: new Cache(store, { ttl, stale, ...options }), database: invalidating(database, store) }
}

function openStore(
  settings: Settings,
  database: Database,
  identity: Identity,
  lifetime: number,
  options: Runtime,
): Store | undefined {
  const { UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" } = settings
  switch (cacheOf(settings, database.foreignWrites ? "memory" : "off")) {
    case "off":
      return undefined
    case "memory":
      return new MemoryStore(settings.CACHE_MEMORY, database.foreignWrites)
    case "upstash":
      return new UpstashStore({
        url,
        token,
        prefix: () => prefixOf(settings, identity),
        lifetime,
        ...options,
      })
  }
}

/**
 * Keeps databases apart that share a Redis. The secret is the same for all who serve one database, and tells those
 * apart whose names are alike; it cannot be got back from its hash.
 */
async function prefixOf({ CACHE_PREFIX, AUTH_SECRET = "" }: Settings, identity: Identity): Promise<string> {
  if (CACHE_PREFIX !== undefined) return CACHE_PREFIX
  const name = typeof identity === "string" ? identity : await identity()
  return `weir:${hash("sha256", `${name}\n${AUTH_SECRET}`, "base64url").slice(0, 16)}`
}
