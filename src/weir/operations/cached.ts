import type { Ask, Make } from "../cache/cache.ts"
import { bindsClock, digestOf, type PartRead, type Reads, readsOf, stampsOfRead } from "../cache/stamps.ts"
import type { Statement } from "../db/driver.ts"
import { encoded, etagOf, isLarge } from "../lib/etag.ts"
import { notFound } from "../problem.ts"
import type { Call } from "./call.ts"
import { validatorOf } from "./validator.ts"

/** A read, as the cache sees it. */
export interface Reading {
  statement: Statement
  /** What the answer depends on besides the statement: a list's path and query string are in its links. */
  variant?: string
  /** The parts of tables that the statement reads: one row, or the rows that refer to it. */
  parts?(): PartRead[]
}

/** The content of an answer; undefined where there is no such row. */
export type Content =
  | {
      body: string
      headers: Record<string, string>
      /** What the validator is made of, where that is not the body. */
      whole?: string | undefined
    }
  | undefined

/** The result of a read: JSON text, the headers that belong to it (RFC 8288 links, the count), and its validator. */
export interface ReadResult {
  body: string
  /** The body in UTF-8, where it is large. */
  bytes?: Uint8Array<ArrayBuffer> | undefined
  headers: Record<string, string>
  etag: string
  /** The members of `Cache-Status` (RFC 9211). */
  cacheStatus: string
}

/** Reads through the cache. Throws a 404 where there is no such row. */
export async function readThrough(
  call: Call,
  { statement, variant = "", parts }: Reading,
  make: () => Promise<Content>,
): Promise<ReadResult> {
  const { cache, timings } = call
  const makeEntry: Make = async () => {
    const born = Date.now()
    const content = await make()
    if (!content) return undefined
    const { whole, body, headers } = content
    if (whole !== undefined)
      return { body, headers, etag: await validatorOf(whole, call.viewer), checksum: etagOf(content), born }
    if (isLarge(content)) return { body, headers, ...(await encoded(content)), born }
    return { body, headers, etag: etagOf(content), born }
  }
  const started = performance.now()
  const db = timings.db.ms
  const { entry, status } = await cache.answer(() => askOf(call, statement, variant, parts?.()), makeEntry)
  if (cache.store) {
    timings.cache = db - timings.db.ms + performance.now() - started
    timings.cacheStatus = status
  }
  if (!entry) throw notFound()
  if (entry.bytes) await call.caller.admitAnswer?.(entry.bytes.length)
  return {
    body: entry.body,
    bytes: entry.bytes,
    headers: entry.headers,
    etag: entry.etag,
    cacheStatus: status,
  }
}

function askOf({ bypass }: Call, statement: Statement, variant: string, parts?: PartRead[]): Ask {
  const reads = readsOf(statement.text)
  return {
    key: keyOf(reads.digest, statement, variant),
    stamps: stampsOfRead(reads, parts),
    bypass: isUnsteady(reads, statement) ? "unsteady" : bypass,
  }
}

/** Whether the statement asks for the time or for chance, so that its answer cannot be kept. */
const isUnsteady = ({ steady }: Reads, { params }: Statement): boolean => !steady || bindsClock(params)

/** Longest key that is used as it is, in characters. */
const maxKeyLength = 200

function keyOf(digest: string, { params }: Statement, variant: string): string {
  const key = `${digest}:${JSON.stringify(params)}${variant}`
  return key.length > maxKeyLength ? digestOf(key) : key
}
