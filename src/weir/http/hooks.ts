import type { Client } from "../db/driver.ts"
import type { Db } from "../db/handle.ts"
import type { HookRuntime } from "../operations/call.ts"
import type { AppContext } from "./context.ts"
import { describeError } from "./log-record.ts"
import type { MakeHandle, SessionOptions } from "./session.ts"

type Options = Pick<SessionOptions, "database" | "log" | "waitUntil">

/** What hooks are given in a request, and how those run that outlive it. */
export class RequestHooks implements HookRuntime {
  /** Whether the request's writes are undone: then no hook is told of them. */
  isRehearsal = false
  private readonly c: AppContext
  private readonly options: Options
  private readonly makeHandle: MakeHandle

  constructor(c: AppContext, options: Options, makeHandle: MakeHandle) {
    this.c = c
    this.options = options
    this.makeHandle = makeHandle
  }

  get db(): Db {
    return this.c.get("db")
  }

  afterwards(work: (db: Db) => Promise<void>): void {
    const { c, options, makeHandle } = this
    if (this.isRehearsal) return
    options.waitUntil(
      c,
      afterAnswer(options, (client) => work(makeHandle(client))),
    )
  }

  later(what: string, work: (client: Client) => Promise<void>): void {
    const { c, options } = this
    if (this.isRehearsal) return
    options.waitUntil(
      c,
      afterAnswer(options, (client) => work(client())).catch((error: unknown) => {
        this.noted(`${what} was not written`, error)
      }),
    )
  }

  noted(what: string, error: unknown): void {
    this.options.log({
      level: "warn",
      msg: what,
      request_id: this.c.get("requestId"),
      error: error instanceof Error ? describeError(error) : { message: String(error) },
    })
  }

  failed(hook: string, key: unknown, error: unknown): void {
    const described =
      error instanceof Error ? describeError(error) : { name: typeof error, message: String(error) }
    this.options.log({
      level: "error",
      msg: `The hook ${hook} failed`,
      request_id: this.c.get("requestId"),
      key,
      error: described,
    })
  }
}

/** The request's own client is closed with its answer. */
async function afterAnswer(
  { database }: Options,
  work: (client: () => Client) => Promise<void>,
): Promise<void> {
  // A hook that computes must not delay the answer.
  await new Promise((resolve) => setTimeout(resolve))
  let client: Client | undefined
  try {
    await work(() => {
      client ??= database.connect()
      return client
    })
  } finally {
    await client?.close?.().catch(() => {})
  }
}
