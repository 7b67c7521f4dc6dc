// First: in a worker it chooses the dialect, before anything loads a table.

import { afterEach, beforeEach, expect, inject, vi } from "vitest"
import { cacheRuntime } from "#fresh"
import type { Cache, CacheOptions } from "../../../src/weir/cache/cache.ts"
import { invalidating } from "../../../src/weir/cache/invalidating.ts"
import { UpstashStore } from "../../../src/weir/cache/upstash.ts"
import type { Client, Database, Statement } from "../../../src/weir/db/driver.ts"
import { type Answer, type Call, caller } from "./client.ts"
import { appOver, cacheOver, type Subject } from "./fresh.ts"
import type { Fault } from "./upstash-server.ts"
import type { World } from "./world.ts"

/** A server of Upstash's protocol, and what may be done to it from any runtime. */
export interface Door {
  url: string
  token: string
  fault(fault: Fault | null): Promise<void>
  /** How many requests it has had, and the commands that went on to Redis. */
  state(): Promise<{ requests: number; commands: string[][] }>
  requests(): Promise<number>
  /** Runs commands in Redis itself, whatever the fault. */
  redis(...commands: string[][]): Promise<unknown[]>
}

/** A proxy with faults and counters of its own, before the Redis that only this worker of vitest uses. */
export async function openProxy(): Promise<Door> {
  const urls = inject("upstashUrls")
  const worker = Number(process.env.VITEST_POOL_ID ?? 1)
  const twin = await post(`${urls[worker % urls.length]}/test/twin`)
  const { url, token } = twin as { url: string; token: string }
  const state = async () => (await post(`${url}/test/state`)) as Awaited<ReturnType<Door["state"]>>
  return {
    url,
    token,
    fault: async (fault) => void (await post(`${url}/test/fault`, fault)),
    state,
    requests: async () => (await state()).requests,
    redis: async (...commands) => {
      const replies = (await post(`${url}/test/redis`, commands)) as { result?: unknown; error?: string }[]
      return replies.map(({ result, error }) => {
        if (error !== undefined) throw new Error(error)
        return result
      })
    },
  }
}

async function post(url: string, body: unknown = null): Promise<unknown> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) })
  return response.json()
}

/** One of several processes that serve the same database: an app with a cache and a store of its own. */
export interface Side {
  proxy: Door
  cache: Cache
  logs: Record<string, unknown>[]
  /** The statements that it has sent to the database. */
  asked: string[]
  /** What is read is stored when it answers. */
  call: Call
}

export interface SideOptions extends Partial<CacheOptions> {
  proxy?: Door
  prefix?: string
  subject?: Subject
}

/** A side over the world's database, which itself keeps nothing. */
export async function sideOf(w: World, prefix: string, options: SideOptions = {}): Promise<Side> {
  const { proxy = await openProxy(), subject, ...rest } = options
  const storing: Promise<unknown>[] = []
  const cacheLater = (work: Promise<unknown>) => {
    storing.push(work)
    cacheRuntime.waitUntil(work)
  }
  const { url, token } = proxy
  const lifetime = (rest.ttl ?? 60_000) + (rest.stale ?? 0)
  const store = new UpstashStore({ url, token, prefix: () => prefix, lifetime, ...cacheRuntime })
  const cache = cacheOver(store, { waitUntil: cacheLater, ...rest })
  const asked: string[] = []
  const database = invalidating(overheard(w.database, asked), store)
  const { app, logs } = appOver(database, { cache, ...(subject ? { subject } : {}) })
  const plainCall = caller(app)
  const call: Call = async (...request) => {
    const answer = await plainCall(...request)
    await Promise.all(storing.splice(0))
    return answer
  }
  return { proxy, cache, logs, asked, call }
}

/** The same database, whose statements are written down on their way. */
function overheard(database: Database, asked: string[]): Database {
  const note = (statement: Statement) => {
    asked.push(statement.text)
    return statement
  }
  const hear = (client: Client): Client => ({
    ...client,
    query: (statement) => client.query(note(statement)),
    batch: (statements) => client.batch(statements.map(note)),
  })
  return { ...database, connect: (deadline) => hear(database.connect(deadline)) }
}

/**
 * Gives Redis all the time it needs, in each test of the file: on a machine that is busy with other suites it may
 * look slow, which is the matter of the scenarios about faults alone.
 */
export function unhurried(): void {
  const timeout = AbortSignal.timeout
  beforeEach(() => {
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout.call(AbortSignal, ms * 100))
  })
  afterEach(() => void vi.restoreAllMocks())
}

/** What an answer says of the cache, without the part that counts seconds. */
export const cacheStatus = (answer: Answer): string | undefined =>
  answer.headers
    .get("cache-status")
    ?.replace(/^Weir; /, "")
    .replace(/; ttl=\d+$/, "")

/** All of an answer that the cache may not change. */
export const essence = ({ status, text, headers }: Answer) => ({
  status,
  ...(status < 400 && { text }),
  ...Object.fromEntries(
    ["etag", "link", "x-total-count", "vary", "cache-control"].map((n) => [n, headers.get(n)]),
  ),
})

/** Gets paths at once: what each says of the cache. */
export async function statuses(
  side: Pick<Side, "call">,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const answers = await Promise.all(paths.map((path) => side.call("GET", path)))
  return Object.fromEntries(answers.map((answer, i) => [paths[i], cacheStatus(answer) ?? "none"]))
}

/** The same, where each answer must be what the database says now, as an app without a cache has it. */
export async function trueStatuses(
  w: World,
  side: Side,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const plain = await Promise.all(paths.map((path) => w.call("GET", path)))
  const answers = await Promise.all(paths.map((path) => side.call("GET", path)))
  for (const [i, answer] of answers.entries())
    expect(essence(answer), paths[i]).toEqual(essence(plain[i] as Answer))
  for (const record of side.logs) expect(record, JSON.stringify(record)).toMatchObject({ level: "info" })
  return Object.fromEntries(answers.map((answer, i) => [paths[i], cacheStatus(answer) ?? "none"]))
}

/** That all of these say the same. */
export const all = (paths: readonly string[], status: string): Record<string, string> =>
  Object.fromEntries(paths.map((path) => [path, status]))

/** The keys in Redis under a prefix, sorted. */
export async function keysOf(proxy: Door, prefix: string): Promise<string[]> {
  const [keys] = await proxy.redis(["KEYS", `${prefix}:*`])
  return (keys as string[]).sort()
}
