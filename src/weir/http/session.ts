import type { Cache } from "../cache/cache.ts"
import { type Deadline, DeadlineExpired } from "../db/deadline.ts"
import type { Client, Database, Row, Statement } from "../db/driver.ts"
import type { Db } from "../db/handle.ts"
import type { AnswerLimits, Call, Timings } from "../operations/call.ts"
import { anonymous, isAdmin } from "../resource/viewer.ts"
import { type CallerOptions, RequestCaller } from "./caller.ts"
import type { AppContext, AppMiddleware } from "./context.ts"
import { RequestHooks } from "./hooks.ts"
import type { Log } from "./log-record.ts"
import { within } from "./time-limit.ts"

export interface SessionOptions extends CallerOptions {
  database: Database
  cache: Cache
  requestTimeoutMs: number
  /** How long a read may take that is not bounded, and whose viewer is no admin. */
  queryTimeoutMs: number
  answerLimits: AnswerLimits
  log: Log
  /** Whether the API keeps records of writes. */
  records: boolean
  waitUntil(c: AppContext, work: Promise<void>): void
}

/** Makes a Drizzle handle over a client. */
export type MakeHandle = (client: () => Client) => Db

/**
 * Gives each request its call, anonymous at first, with a client that is opened at its first use and released
 * after the response, whatever happens.
 */
export function session(options: SessionOptions, makeHandle: MakeHandle): AppMiddleware {
  const {
    database,
    cache,
    requestTimeoutMs,
    queryTimeoutMs,
    answerLimits: limits,
    records,
    waitUntil,
  } = options
  // The request's own limit comes first otherwise.
  const limitMs = queryTimeoutMs < requestTimeoutMs ? queryTimeoutMs : undefined
  return async (c, next) => {
    let opened: Client | undefined
    let rehearsal: Client | undefined
    const client = () => {
      if (rehearsal) return rehearsal
      opened ??= new TimedClient(database.connect(call.deadline, call.caller), call, limitMs)
      return opened
    }
    const hooks = new RequestHooks(c, options, makeHandle)
    const call: Call = {
      viewer: anonymous,
      recalled: undefined,
      rejected: undefined,
      caller: new RequestCaller(c, options),
      client,
      cache,
      deadline: c.get("deadline"),
      limits,
      hooks,
      timings: c.get("timings"),
      bypass: undefined,
      records,
      rehearse: () => {
        rehearsal ??= (client() as TimedClient).rehearse()
        hooks.isRehearsal = true
        call.isRehearsal = true
        call.bypass = "no-store"
      },
    }
    c.set("call", call)
    c.set("viewer", { kind: "anonymous" })
    c.set("db", new Proxy({ client, makeHandle, db: undefined }, lazily) as unknown as Db)
    try {
      await next()
    } catch (thrown) {
      // Hono answers errors alone.
      throw thrown instanceof Error ? thrown : new Error(`It threw ${String(thrown)}`, { cause: thrown })
    } finally {
      // Before the answer: it holds what others may wait for.
      await rehearsal?.close?.().catch(() => {})
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

/**
 * A client that adds up its time, and starts no statement after the deadline. A read that is not bounded has less
 * time than the request, so that many of them cannot keep the database from others for long.
 */
class TimedClient implements Client {
  readonly close?: () => Promise<void>
  private readonly client: Client
  private readonly call: Call
  private readonly deadline: Deadline
  private readonly timings: Timings
  private readonly limitMs: number | undefined

  constructor(client: Client, call: Call, limitMs: number | undefined) {
    this.client = client
    this.call = call
    this.deadline = call.deadline
    this.timings = call.timings
    this.limitMs = limitMs
    if (client.close) this.close = client.close
  }

  get pendingInvalidations(): boolean {
    return this.client.pendingInvalidations === true
  }

  rehearse(): Client {
    const rehearsal = this.client.rehearse?.()
    if (!rehearsal) throw new Error("This database cannot undo what it has written")
    return new TimedClient(rehearsal, this.call, this.limitMs)
  }

  isLong(statement: Statement): boolean {
    return this.client.isLong?.(statement) ?? false
  }

  async query(statement: Statement): Promise<Row[]> {
    if (this.deadline.expired) throw new DeadlineExpired()
    this.timings.db.start()
    try {
      const { limitMs } = this
      const isLimited = limitMs !== undefined && !statement.bounded && !isAdmin(this.call.viewer.kind)
      return await (isLimited
        ? within(limitMs, this.deadline, () => this.client.query(statement))
        : this.client.query(statement))
    } finally {
      this.timings.db.stop()
    }
  }

  async batch(statements: Statement[]): Promise<Row[][]> {
    if (this.deadline.expired) throw new DeadlineExpired()
    this.timings.db.start()
    try {
      return await this.client.batch(statements)
    } finally {
      this.timings.db.stop()
    }
  }
}

interface LazyHandle {
  client: () => Client
  makeHandle: MakeHandle
  db: Db | undefined
}

const opened = (handle: LazyHandle): Db => {
  handle.db ??= handle.makeHandle(handle.client)
  return handle.db
}

/** Creates the Drizzle handle at its first use: most requests never need it. */
const lazily: ProxyHandler<LazyHandle> = {
  get: (handle, name) => Reflect.get(opened(handle), name),
  has: (handle, name) => Reflect.has(opened(handle), name),
  // Drizzle's `is(db, PgDatabase)` looks at it.
  getPrototypeOf: (handle) => Reflect.getPrototypeOf(opened(handle)),
}
