import type { Cache } from "../cache/cache.ts"
import { type Deadline, DeadlineExpired } from "../db/deadline.ts"
import type { Client, Database, Row, Statement } from "../db/driver.ts"
import { type Db, handleOf } from "../db/handle.ts"
import type { AppContext, AppMiddleware, Timings } from "./context.ts"

/**
 * A client per request: opened at its first use, given back after the response, whatever happens.
 */
export function session(
  database: Database,
  cache: Cache,
  waitUntil: (c: AppContext, work: Promise<void>) => void,
): AppMiddleware {
  return async (c, next) => {
    let opened: Client | undefined
    const client = () => {
      opened ??= new TimedClient(database.connect(c.get("deadline")), c.get("deadline"), c.get("timings"))
      return opened
    }
    c.set("client", client)
    c.set("cache", cache)
    c.set("db", new Proxy(client, handle) as unknown as Db)
    try {
      await next()
    } finally {
      if (opened?.untold) c.get("timings").untold = true
      // A client that cannot be closed is gone already.
      if (opened?.close)
        waitUntil(
          c,
          opened.close().catch(() => {}),
        )
    }
  }
}

/** A client that adds up the time it takes, and begins nothing after the request's time is up. */
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

  get untold(): boolean {
    return this.client.untold === true
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

/** A Drizzle handle that is made when it is first touched: most requests never ask for it. */
const handle: ProxyHandler<() => Client> = {
  get(client, name) {
    const made = handles.get(client) ?? handleOf(client)
    handles.set(client, made)
    return Reflect.get(made, name)
  },
}
