import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Lane } from "./postgres-lanes.ts"
import { timedOut, unlessLost } from "./postgres-loss.ts"
import { type Findings, findings, type Pooler } from "./postgres-pooler.ts"
import { isRefusedPlan, queryCanceled, Resendable } from "./postgres-resend.ts"

/** The part of a postgres.js query that is used here. */
export type Query = Promise<unknown> & {
  /** Withdraws an unsent query; asks the server to cancel one that was sent. `cancel()` asks only once. */
  canceller(query: Query): Promise<void>
  reject(error: unknown): void
  /** The connection that the query was sent on; unset until it is sent. */
  state: unknown
}

interface Sent {
  query: Query
  deadline: Deadline | undefined
  isExpired: boolean
  /** Whether a neighbour's cancel request may hit it: Postgres cancels whatever the connection is running then. */
  isAtRisk: boolean
}

/** Nothing is pipelined behind a statement that has run for longer than this, in milliseconds. */
const maxHeadMs = 50

/** Most cancel requests for one statement, and the pause between two of them in milliseconds. */
const maxCancels = 10
const cancelPauseMs = 50

/** Behind a pooler, how long the cancel requests for a statement are waited for, in milliseconds. */
const abandonAfterMs = 300

/** One connection, with its statements in flight in the order they were sent. */
export class Connection {
  /** Whether it is reserved: by a transaction, or by a waiter that has been handed it and has not resumed yet. */
  held = false
  /** Whether it runs a slow statement: nothing is pipelined behind that. */
  isSlow = false
  /** Number of unbounded quick reads in flight. */
  unbounded = 0
  /** Whether it has ever answered. Statements are pipelined only on a connection that has. */
  hasAnswered = false
  /** Whether it was dropped: it is never used again. */
  isDropped = false
  readonly sql: postgres.Sql
  private readonly inFlight: Sent[] = []
  private cancels = 0
  /** When the statement at the head began to run, by `performance.now()`. */
  private headStartedAt = 0
  /** When the deadline of the head, or of the transaction, expired; infinity while it has not. */
  private expiredAt = Number.POSITIVE_INFINITY

  private readonly pooler: Pooler
  /** Whether it is opened with settings that some poolers refuse. */
  readonly hasSettings: boolean

  /** `sql` is a postgres.js client limited to one connection. */
  constructor(sql: postgres.Sql, pooler: Pooler) {
    this.sql = sql
    this.pooler = pooler
    this.hasSettings = pooler.takesSettings
  }

  /** Number of statements in flight. */
  get load(): number {
    return this.inFlight.length
  }

  /** Whether the socket is connected. Assumed while nothing is in flight. */
  get isConnected(): boolean {
    const [first] = this.inFlight
    return !first || Boolean(first.query.state)
  }

  /** Whether nothing is in flight and nobody holds the connection. */
  get isIdle(): boolean {
    return this.inFlight.length === 0 && !this.held && !this.isDropped
  }

  /** Whether another statement may be pipelined: no transaction holds the connection, and its head is not slow. */
  get takesMore(): boolean {
    if (this.inFlight.length > 0 && performance.now() - this.headStartedAt > maxHeadMs) return false
    return !this.held && !this.isSlow && !this.isDropped && this.expiredAt === Number.POSITIVE_INFINITY
  }

  /** Whether every statement in flight expires no later than `deadline`: a write behind them cannot run after it. */
  endsBefore(deadline: Deadline | undefined): boolean {
    return this.inFlight.every(
      (sent) => sent.deadline && sent.deadline.since <= (deadline?.since ?? Infinity),
    )
  }

  /** Whether the statement or transaction at the head expired more than `ms` milliseconds ago. */
  isLost(ms: number): boolean {
    return performance.now() - this.expiredAt > ms
  }

  /**
   * Opens the connection, and resolves to what is found out about it. Rejects after `limitMs`; the connection must be
   * dropped then.
   */
  async check(limitMs: number): Promise<Findings> {
    const query = this.sql.unsafe(findings).values() as unknown as Query
    const timer = setTimeout(() => query.reject(timedOut()), limitMs)
    try {
      const [row] = (await query) as unknown[][]
      this.hasAnswered = true
      return {
        openedWith: (query.state as { pid: number }).pid,
        answeredBy: Number(row?.[0]),
        hasTimeout: row?.[1] !== "0",
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Sends a query and returns its result. The deadline cancels it. Throws `Resendable` where it may be
   * sent again.
   */
  async query(
    send: (on: postgres.Sql) => Query,
    deadline: Deadline | undefined,
    lane: Lane,
  ): Promise<unknown> {
    const sent: Sent = { query: send(this.sql), deadline, isExpired: false, isAtRisk: this.cancels > 0 }
    if (this.inFlight.push(sent) === 1) this.headStartedAt = performance.now()
    if (lane === "slow") this.isSlow = true
    if (lane === "quick") this.unbounded++
    const release = deadline?.onExpire(() => this.expire(sent))
    try {
      const result = await sent.query
      this.hasAnswered = true
      return result
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code === queryCanceled && sent.isAtRisk && !sent.isExpired) throw new Resendable()
      if (isRefusedPlan(error)) throw new Resendable({ cause: error })
      if (sent.isExpired && this.isDropped) throw new DeadlineExpired()
      throw error
    } finally {
      release?.()
      if (lane === "slow") this.isSlow = false
      if (lane === "quick") this.unbounded--
      this.inFlight.splice(this.inFlight.indexOf(sent), 1)
      this.expiredAt = Number.POSITIVE_INFINITY
      this.headStartedAt = performance.now()
      const [next] = this.inFlight
      if (next?.isExpired) this.expire(next)
    }
  }

  /**
   * Runs a transaction; nothing else is sent on the connection until it ends. The deadline does not cancel it: the
   * cancel request could hit its rollback.
   */
  async transaction<T>(
    work: (tx: postgres.TransactionSql) => Promise<T>,
    deadline: Deadline | undefined,
  ): Promise<T> {
    this.held = true
    let hasBegun = false
    const release = deadline?.onExpire(() => {
      this.expiredAt = performance.now()
      // A pooler keeps it waiting for a connection to the server.
      if (!hasBegun && !this.pooler.keepsSession) this.drop(new DeadlineExpired(), 0)
    })
    try {
      return (await this.sql.begin((tx) => {
        hasBegun = true
        return work(tx).catch(unlessLost)
      })) as T
    } catch (error) {
      if (!hasBegun && this.isDropped && deadline?.expired) throw new DeadlineExpired()
      if (!isRefusedPlan(error)) throw error
      // The rollback may have been refused as well. The server rolls back when the connection ends.
      const resendable = new Resendable({ cause: error })
      this.drop(resendable)
      throw resendable
    } finally {
      release?.()
      this.expiredAt = Number.POSITIVE_INFINITY
      this.held = false
    }
  }

  /**
   * Drops the connection: rejects unsent statements with `error` at once, sent ones when `endSeconds` are over: by
   * default, longer than the connect timeout.
   */
  drop(error: unknown, endSeconds = 6): void {
    this.isDropped = true
    for (const { query } of this.inFlight) {
      if (query.state) continue
      query.reject(error)
      // Without this, postgres.js would still send the rejected query once it has connected.
      query.canceller(query)
    }
    this.sql.end({ timeout: endSeconds }).catch(() => {})
  }

  /**
   * Cancels a statement whose deadline has expired. One that is pipelined behind others is cancelled when it becomes
   * the head: earlier, the request would hit the head, and postgres.js would match later answers to the wrong queries.
   */
  private expire(sent: Sent): void {
    sent.isExpired = true
    const [first] = this.inFlight
    if (!this.isConnected) {
      // A postgres.js client is unusable once the query that it connects for is withdrawn.
      sent.query.reject(new DeadlineExpired())
      this.drop(new Resendable())
      return
    }
    if (sent.query.state && sent !== first) return
    if (sent === first) this.expiredAt = performance.now()
    if (!this.pooler.keepsSession) setTimeout(() => this.abandon(sent), abandonAfterMs)
    void this.cancelUntilEnded(sent)
  }

  /**
   * Drops the connection if a statement has outlived its cancel requests: a pooler ignores those for a statement that
   * waits for a connection to the server. It is sent in two parts, and the second one never leaves then.
   */
  private abandon(sent: Sent): void {
    if (this.inFlight[0] === sent && !this.isDropped) this.drop(new DeadlineExpired(), 0)
  }

  /** Repeats the cancel request until the statement ends: the server ignores one that arrives before the statement. */
  private async cancelUntilEnded(sent: Sent): Promise<void> {
    for (let attempts = 0; attempts < maxCancels; attempts++) {
      for (const other of this.inFlight) other.isAtRisk = true
      this.cancels++
      // A cancel request that fails is repeated like one that came too early.
      await sent.query.canceller(sent.query).catch(() => {})
      this.cancels--
      await sleep(cancelPauseMs)
      if (this.isDropped || this.inFlight[0] !== sent) return
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
