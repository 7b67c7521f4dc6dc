import type { Context, MiddlewareHandler } from "hono"
import type { Deadline } from "../db/deadline.ts"
import type { Db } from "../db/handle.ts"
import type { Call, Timings } from "../operations/call.ts"
import type { RouteViewer } from "../resource/viewer.ts"

/**
 * The variables of Weir's Hono context. Hand-written routes use `db` and `viewer`; `db` is typed by the schema `S`.
 */
export interface AppEnv<S = unknown> {
  Variables: {
    requestId: string
    /** The path below which clients see the API, or nothing: what links begin with. */
    basePath: string
    /** The path of the route, where it is served within that of another. */
    route?: string
    timings: Timings
    /** When the request's time is up. */
    deadline: Deadline
    /** What a route adds to the request's log line. */
    logged: Record<string, unknown> | undefined
    /** Headers of every response, as a plain record: far cheaper than a `Headers` that is written to. */
    headers: Record<string, string>
    /** What operations need of the request. */
    call: Call
    /** The request's database client as a Drizzle handle. */
    db: Db<S>
    /** Who asks; anonymous when there is no token, or none that holds. */
    viewer: RouteViewer
    /** The response that `reply` made, so that it is not finished twice. */
    replied: Response | undefined
    /** Of a write that is done once: the answer that the first request got, if it was kept, and what keeps it. */
    kept?: { answer: string | undefined; keep(body: string): Promise<void> }
    /** Whether the answer embeds rows that were created within others. */
    embedsCreated?: boolean
  }
}

export type AppContext = Context<AppEnv>
export type AppMiddleware = MiddlewareHandler<AppEnv>
/** Middleware of any hand-written route, whatever its `db` is. */
export type RouteMiddleware = MiddlewareHandler<{ Variables: object }>
export type { AnswerLimits } from "../operations/call.ts"
