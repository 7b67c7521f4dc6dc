import type { Ask, Make } from "../cache/cache.ts"
import { bindsClock, digestOf, type PartRead, type Reads, readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { Statement } from "../db/driver.ts"
import { replyRead } from "../http/conditional.ts"
import type { AppContext } from "../http/context.ts"
import { etagOf } from "../lib/etag.ts"
import { notFound } from "../problem.ts"

/** A read, as the cache sees it. */
export interface Reading {
  statement: Statement
  /** What the answer is made from besides the statement: a list's path and query string are in its links. */
  variant?: string
  /** The parts of tables that the statement is limited to: the row that is asked for, those that refer to it. */
  parts?(): PartRead[]
}

/** What a reading comes to; nothing where there is no such row. */
export type Made = { body: string; headers: Record<string, string> } | undefined

/** Answers a read from the cache or from the database, with its validator; 404 where there is no such row. */
export async function readThrough(
  c: AppContext,
  { statement, variant = "", parts }: Reading,
  make: () => Promise<Made>,
): Promise<Response> {
  const cache = c.get("cache")
  const makeEntry: Make = async () => {
    const born = Date.now()
    const made = await make()
    return made && { ...made, etag: etagOf(made), born }
  }
  const timings = c.get("timings")
  const started = performance.now()
  const { db } = timings
  const { entry, status } = await cache.answer(() => askOf(c, statement, variant, parts?.()), makeEntry)
  if (cache.store) {
    timings.cache = performance.now() - started - (timings.db - db)
    timings.cacheStatus = status
  }
  if (!entry) throw notFound()
  return replyRead(c, entry, entry.etag, status)
}

function askOf(c: AppContext, statement: Statement, variant: string, parts?: PartRead[]): Ask {
  const reads = readsOf(statement.text)
  return {
    key: keyOf(reads.digest, statement, variant),
    stamps: stampsOfRead(reads, parts),
    past: pastOf(c, reads, statement),
  }
}

/** Why a request goes past the cache, if it does: by its own `Cache-Control`, or for what it asks. */
function pastOf(c: AppContext, { steady }: Reads, { params }: Statement): string | undefined {
  if (!steady || bindsClock(params)) return "unsteady"
  const asked = c.req.header("cache-control")
  if (asked === undefined) return undefined
  if (/\bno-store\b/i.test(asked)) return "no-store"
  // What `fetch` adds by itself to a request with a validator: the caller asks whether its answer holds, no more.
  if (
    c.req.header("if-none-match") !== undefined &&
    c.req.header("pragma") === "no-cache" &&
    asked === "no-cache"
  )
    return undefined
  return /\bno-cache\b|\bmax-age\s*=\s*"?0\b/i.test(asked) ? "request" : undefined
}

const longestKey = 200

function keyOf(digest: string, { params }: Statement, variant: string): string {
  const key = `${digest}:${JSON.stringify(params)}${variant}`
  return key.length > longestKey ? digestOf(key) : key
}
