import type { Table } from "drizzle-orm"
import { classify } from "../db/dialect/errors.ts"
import { quotedName } from "../db/dialect/table-name.ts"
import * as z from "../lib/zod.ts"
import { text } from "./conditional-docs.ts"
import type { AppContext } from "./context.ts"
import type { Registry } from "./registry.ts"
import { reply } from "./reply.ts"

const state = z.object({ status: z.enum(["up", "down"]), ms: z.number(), reason: z.string().optional() })
const ready = z
  .object({
    status: z.enum(["ready", "degraded", "down"]),
    dependencies: z.object({
      database: state,
      cache: state.optional().openapi({ description: "Where it is another server. Requests do without" }),
    }),
  })
  .openapi("Readiness", {
    example: { status: "ready", dependencies: { database: { status: "up", ms: 0.4 } } },
  })
const alive = z.object({ status: z.literal("ok") }).openapi("Health", { example: { status: "ok" } })

/** `GET /health`: the process is alive. `GET /ready`: its dependencies answer, and `table` exists. */
export function healthRoutes(registry: Registry, table: Table | undefined): void {
  registry.add(
    "get",
    "/health",
    () => ({
      operationId: "health",
      summary: "Liveness of the process",
      description: "Answers as long as the process serves requests, whatever its dependencies do.",
      tags: ["operation"],
      responses: { 200: { description: "Alive", content: { "application/json": { schema: alive } } } },
      errors: [],
    }),
    (c) => reply(c, 200, '{"status":"ok"}', { "cache-control": "no-store" }),
  )
  registry.add(
    "get",
    "/ready",
    () => ({
      operationId: "ready",
      summary: "Readiness of each dependency",
      description:
        "Asks the database, and the cache where it is another server, with a time limit of a second.",
      tags: ["operation"],
      responses: {
        200: { description: "Ready", content: { "application/json": { schema: ready } } },
        503: {
          description: "A dependency that is needed is down",
          headers: { "Retry-After": text("Seconds to wait") },
          content: { "application/json": { schema: ready } },
        },
      },
      errors: [],
    }),
    (c) => readiness(c, table),
  )
}

/** How long the database may take to answer a probe, in ms. */
const probeLimit = 1000

/** The result of the work, or `late` after the limit. */
async function inTime(work: Promise<unknown> | unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, probeLimit, "late")
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

interface State {
  status: "up" | "down"
  ms: number
  reason?: string
}

/** The state of a dependency; `ask` returns the reason why it is down, or undefined. */
async function stateOf(ask: () => Promise<string | undefined> | string | undefined): Promise<State> {
  const started = performance.now()
  const reason = await ask()
  const ms = Math.round((performance.now() - started) * 100) / 100
  return reason ? { status: "down", ms, reason } : { status: "up", ms }
}

async function askDatabase(c: AppContext, table: Table | undefined): Promise<string | undefined> {
  try {
    const text = table === undefined ? "select 1" : `select 1 from ${quotedName(table)} limit 1`
    const answer = c.get("call").client().query({ text, params: [], bounded: true })
    return (await inTime(answer)) === "late" ? "timeout" : undefined
  } catch (error) {
    const failure = classify(error)
    if (!failure) throw error
    return failure.kind === "unmigrated" ? "not migrated" : failure.kind
  }
}

async function readiness(c: AppContext, table: Table | undefined): Promise<Response> {
  const { store } = c.get("call").cache
  const [database, cache] = await Promise.all([
    stateOf(() => askDatabase(c, table)),
    store && store.name !== "memory" ? stateOf(() => store.check()) : undefined,
  ])
  const down = database.status === "down"
  const status = down ? "down" : cache?.status === "down" ? "degraded" : "ready"
  const headers: Record<string, string> = { "cache-control": "no-store" }
  if (down) headers["retry-after"] = "1"
  return reply(c, down ? 503 : 200, JSON.stringify({ status, dependencies: { database, cache } }), headers)
}
