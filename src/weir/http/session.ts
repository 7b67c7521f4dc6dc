import type { Cache } from "../cache/cache.ts"
import { type Deadline, DeadlineExpired } from "../db/deadline.ts"
import type { Client, Database, Row, Statement } from "../db/driver.ts"
import { type Db, handleOf } from "../db/handle.ts"
import type { AnswerLimits, Call, Timings } from "../operations/call.ts"
import { anonymous } from "../resource/viewer.ts"
import { type CallerOptions, RequestCaller } from "./caller.ts"
import type { AppContext, AppMiddleware } from "./context.ts"

/**
 * Gives each request its call, anonymous at first, with a client that is opened at its first use and released
 * after the response, whatever happens.
 */
export function session(
  database: Database,
  cache: Cache,
  limits: AnswerLimits,
  waitUntil: (c: AppContext, work: Promise<void>) => void,
  callers: CallerOptions = {},
): AppMiddleware {
  return async (c, next) => {
    let opened: Client | undefined
    const client = () => {
      opened ??= new TimedClient(database.connect(call.deadline), call.deadline, call.timings)
      return opened
    }
    const call: Call = {
      viewer: anonymous,
      recalled: undefined,
      rejected: undefined,
      caller: new RequestCaller(c, callers),
      client,
      cache,
      deadline: c.get("deadline"),
      limits,
      timings: c.get("timings"),
      bypass: undefined,
    }
    c.set("call", call)
    c.set("viewer", anonymous)
    c.set("db", new Proxy(client, handle) as unknown as Db)
    try {
      await next()
    } finally {
      if (opened?.pendingInvalidations) call.timings.pendingInvalidations = true
      // A client that cannot be closed is gone already.
      if (opened?.close)
        waitUntil(
          c,
          opened.close().catch(() => {}),
        )
    }
  }
}

/** A client that adds up its time, and starts no statement after the deadline. */
class TimedClient implements Client {
  readonly close?: () => Promise<void>
  private readonly client: Client
  private readonly deadline: Deadline
  private readonly timings: Timings

  constructor(client: Client, deadline: Deadline, timings: Timings) {
    this.client = client
    this.deadline = deadline
    this.timings = timings
    if (client.close) this.close = client.close
  }

  get pendingInvalidations(): boolean {
    return this.client.pendingInvalidations === true
  }

  async query(statement: Statement): Promise<Row[]> {
    if (this.deadline.expired) throw new DeadlineExpired()
    const started = performance.now()
    try {
      return await this.client.query(statement)
    } finally {
      this.timings.db += performance.now() - started
    }
  }

  async batch(statements: Statement[]): Promise<Row[][]> {
    if (this.deadline.expired) throw new DeadlineExpired()
    const started = performance.now()
    try {
      return await this.client.batch(statements)
    } finally {
      this.timings.db += performance.now() - started
    }
  }
}

const handles = new WeakMap<() => Client, Db>()

/** Creates the Drizzle handle at its first use: most requests never need it. */
const handle: ProxyHandler<() => Client> = {
  get(client, name) {
    const db = handles.get(client) ?? handleOf(client)
    handles.set(client, db)
    return Reflect.get(db, name)
  },
}
