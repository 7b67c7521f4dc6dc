import * as z from "../lib/zod.ts"
import { requireHolds, requireScope } from "../operations/access.ts"
import { admin, anyone } from "../resource/rules.ts"
import type { AppMiddleware } from "./context.ts"
import { patternOf } from "./pattern.ts"
import type { Registry } from "./registry.ts"
import { reply } from "./reply.ts"

/** A request that was answered. */
export interface SeenRequest {
  method: string
  /** The pattern of its route; undefined where there is none. */
  route: string | undefined
  status: number
  ms: number
  /** The members of its `Cache-Status`, where a cache was asked. */
  cache: string | undefined
}

/** What counts the requests of an app, and tells the counts. */
export interface Metrics {
  /** Who may read them. */
  access: "admins" | "all"
  request(seen: SeenRequest): void
  /** All metrics as text, and its media type. */
  text(): Promise<string>
  contentType: string
}

/** Tells the metrics of each request: the outermost layer, so that it sees what is sent. */
export function observed({ request }: Metrics): AppMiddleware {
  return async (c, next) => {
    const started = performance.now()
    await next()
    request({
      method: c.req.method,
      route: patternOf(c),
      status: c.res.status,
      ms: performance.now() - started,
      cache: c.get("timings").cacheStatus,
    })
  }
}

/** `GET /metrics`, in the text format of Prometheus. */
export function metricsRoute(registry: Registry, { access, text, contentType }: Metrics): void {
  const rule = access === "admins" ? admin : anyone
  registry.add(
    "get",
    "/metrics",
    () => ({
      operationId: "metrics",
      summary: "Metrics of the process",
      description: "Counts of requests and what takes their time, in the text format of Prometheus.",
      tags: ["operation"],
      responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } } },
      errors: access === "admins" ? [401, 403] : [401],
      ...(access === "admins" ? { security: "required" as const } : {}),
    }),
    async (c) => {
      const call = c.get("call")
      requireHolds(call, rule)
      if (access === "admins") requireScope(call, "metrics", "read")
      return reply(c, 200, await text(), { "content-type": contentType, "cache-control": "no-store" })
    },
  )
}
