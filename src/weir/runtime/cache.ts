import { hash } from "node:crypto"
import { Cache, type CacheOptions } from "../cache/cache.ts"
import { invalidating } from "../cache/invalidating.ts"
import { MemoryStore } from "../cache/memory.ts"
import type { Store } from "../cache/store.ts"
import { UpstashStore } from "../cache/upstash.ts"
import type { Database } from "../db/driver.ts"
import { cacheOf, type Settings } from "./settings.ts"

/** The options that depend on the runtime. */
interface RuntimeOptions extends Pick<CacheOptions, "waitUntil" | "coalesceTimeoutMs"> {
  /** Whether requests may share a round trip to Redis. */
  pipelined?: boolean
  /** How long a request waits for Redis, in ms. Default: 50. */
  requestTimeoutMs?: number
}

/** A text that identifies a database among all that share a Redis, or a function that queries the database for it. */
type Identity = string | (() => Promise<string>)

/** Identifies a Postgres by its address and the schema of its tables: each schema is a database of its own. */
export const withSchema =
  (address: string, database: Database): Identity =>
  async () => {
    const client = database.connect()
    try {
      const [row] = await client.query({ text: "select current_schema()", params: [], bounded: true })
      return row?.[0] === "public" ? address : `${address} ${row?.[0]}`
    } finally {
      await client.close?.()
    }
  }

/** Opens the cache that the settings ask for. Writes of the returned database invalidate it. */
export function openCache(
  settings: Settings,
  database: Database,
  identity: Identity,
  options: RuntimeOptions,
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
  options: RuntimeOptions,
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
 * The prefix of all keys in Redis, which keeps apart databases that share it. It includes a hash of AUTH_SECRET, which
 * all servers of one database have in common, and which differs between databases with equal names.
 */
async function prefixOf({ CACHE_PREFIX, AUTH_SECRET = "" }: Settings, identity: Identity): Promise<string> {
  if (CACHE_PREFIX !== undefined) return CACHE_PREFIX
  const name = typeof identity === "string" ? identity : await identity()
  return `weir:${hash("sha256", `${name}\n${AUTH_SECRET}`, "base64url").slice(0, 16)}`
}
