import type { Context, MiddlewareHandler } from "hono"
import type { Cache } from "../cache/cache.ts"
import type { Deadline } from "../db/deadline.ts"
import type { Client } from "../db/driver.ts"
import type { Db } from "../db/handle.ts"
import type { Unconfirmed, Viewer } from "../resource/rules.ts"

/** Milliseconds spent on behalf of one request, for `Server-Timing` and the log. */
export interface Timings {
  started: number
  auth: number
  cache: number
  db: number
  /** What the cache said of a read: the members of its `Cache-Status`. */
  cacheStatus?: string
  /** Whether a write could not be told to the cache: others may see what was before it, until the TTL has passed. */
  untold?: boolean
}

/** Everything on the Hono context. */
export interface AppEnv {
  Variables: {
    requestId: string
    timings: Timings
    /** When the request's time is up. */
    deadline: Deadline
    /** Headers of every response, as a plain record: far cheaper than a `Headers` that is written to. */
    headers: Record<string, string>
    cache: Cache
    /** The request's database client, opened at the first call. */
    client: () => Client
    /** The same client as a Drizzle handle, for hand-written routes. */
    db: Db
    /** Who asks; anonymous when there is no token, or none that holds. */
    viewer: Viewer
    /** There while the viewer is unconfirmed, which it only is for routes that see to it themselves. */
    unconfirmed: Unconfirmed | undefined
    /** Why there is no viewer although a token was sent. */
    rejected: string | undefined
    /** The response that `reply` made, so that it is not finished twice. */
    replied: Response | undefined
  }
}

export type AppContext = Context<AppEnv>
export type AppMiddleware = MiddlewareHandler<AppEnv>
