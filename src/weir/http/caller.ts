import { networkOf } from "../lib/address.ts"
import type { ClientLimits } from "../limits/client-limits.ts"
import type { Attempt, Caller } from "../operations/call.ts"
import type { AppContext, AppMiddleware } from "./context.ts"

/** How the clients of an app are told apart, and limited. */
export interface CallerOptions {
  /** The address of a request's client. */
  addressOf?: ((c: AppContext) => string | undefined) | undefined
  limits?: ClientLimits | undefined
  /** Waits until there is room for a large answer, of so many bytes. Absent where the platform bounds its memory. */
  admitAnswer?: ((c: AppContext, bytes: number, address: string) => Promise<void> | undefined) | undefined
}

/** The client of a request. Address and signal are looked up only where they are needed. */
export class RequestCaller implements Caller {
  private readonly c: AppContext
  private readonly options: CallerOptions
  private network: string | undefined

  constructor(c: AppContext, options: CallerOptions) {
    this.c = c
    this.options = options
  }

  get address(): string | undefined {
    this.network ??= networkOf(this.options.addressOf?.(this.c) ?? "")
    return this.network
  }

  get client(): string | undefined {
    return this.options.addressOf?.(this.c)?.replace(/^::ffff:(?=[\d.]+$)/i, "")
  }

  get gone(): boolean {
    return this.c.get("deadline").expired || this.c.req.raw.signal.aborted
  }

  admitAnswer(bytes: number): Promise<void> | undefined {
    return this.options.admitAnswer?.(this.c, bytes, this.address ?? "")
  }

  count(attempt: Attempt): Promise<void> | undefined {
    return this.options.limits?.count(attempt, this.address, this.c.get("headers"))
  }
}

/** What a load balancer asks all the time. */
const probes = new Set(["/health", "/ready"])

/** Limits requests as a whole by address. */
export const limitAddresses: AppMiddleware = async (c, next) => {
  if (!probes.has(c.req.path)) await c.get("call").caller.count({ kind: "request" })
  await next()
}

/** Limits requests as a whole by viewer. */
export const limitViewers: AppMiddleware = async (c, next) => {
  const { caller, viewer } = c.get("call")
  if (viewer.id !== undefined) await caller.count({ kind: "request", viewer: viewer.id })
  await next()
}
