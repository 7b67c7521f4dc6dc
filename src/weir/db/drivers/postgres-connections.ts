import type postgres from "postgres"
import type { Deadline } from "../deadline.ts"
import type { PoolLoad } from "../driver.ts"
import { Connection } from "./postgres-connection.ts"
import { connectTimeout, isLoss } from "./postgres-loss.ts"
import type { Pooler } from "./postgres-pooler.ts"
import { isForeignSession, Resendable } from "./postgres-resend.ts"
import { WaitingLine } from "./postgres-waiting.ts"

/** How long an unreachable database, or a further connection that the server refused, is not tried again, in ms. */
const retryAfterMs = 200
/** How long no further connection is tried after one that a pooler kept waiting in silence, in ms. */
const retrySilentAfterMs = 5_000

const tooManyConnections = "53300"
const protocolViolation = "08P01"

const unreachable = new Set([
  "ECONNREFUSED",
  connectTimeout,
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "57P03",
  tooManyConnections,
])

export interface ConnectionsOptions {
  /** Makes a client of one connection, on which the server cancels a statement after `statementTimeout` ms. */
  open(): postgres.Sql
  /** Most connections at a time. */
  max: number
  statementTimeout: number
  /** How long opening a connection may take, and how long a statement waits for one, in milliseconds. */
  connectTimeoutMs: number
  poolTimeoutMs: number | undefined
  pooler: Pooler
}

/**
 * The connections of a pool: they are opened as they are needed, handed to those who wait for one, and given up where
 * they are lost.
 */
export class Connections {
  list: Connection[] = []
  /** Called when there are more connections than before. */
  onOpened: () => void = () => {}
  /** Called when nobody who waits can be served. */
  onFailed: (error: unknown) => void = () => {}
  private readonly waiting = new WaitingLine<Connection>()
  private readonly options: ConnectionsOptions
  /** Number of connections that have not answered their check yet. */
  private opening = 0
  /** Until when every statement fails at once with `lastFailure`, by `performance.now()`. */
  private unreachableUntil = 0
  private lastFailure: unknown
  private answeredAt = 0
  /** Until when no further connection is opened if there is one already. */
  private fullUntil = 0
  /** Number of connections that the server gave when it refused a further one. */
  private limit: number

  constructor(options: ConnectionsOptions) {
    this.options = options
    this.limit = options.max
  }

  /** Whether callers wait for an idle connection. */
  get isAwaited(): boolean {
    return this.waiting.length > 0
  }

  get load(): PoolLoad {
    const open = this.list.filter(({ isDropped }) => !isDropped)
    return {
      open: open.length,
      busy: open.filter(({ load }) => load > 0).length,
      waiting: this.waiting.length,
    }
  }

  /** Number of connections that can be had: fewer than `max` where the server gives no more. */
  get total(): number {
    const { max } = this.options
    if (this.opening === 0 && this.limit === max) return max
    const { usable } = this
    // It gives more again.
    if (usable > this.limit) this.limit = max
    return Math.max(1, this.opening > 0 ? usable : this.limit)
  }

  /** Runs `work` on a connection, hands the connection over, and notes when a connection or the database is missing. */
  async run<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    try {
      const result = await work()
      this.answeredAt = performance.now()
      return result
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      const isUnreachable = unreachable.has(code)
      if (isForeignSession((error as Error).cause ?? error)) this.options.pooler.distrust()
      // A postgres.js client that has lost its connection no longer obeys reliably.
      if (isUnreachable || isLoss(error)) connection.drop(new Resendable({ cause: error }))
      if (this.isStartRefusal(connection, code)) throw new Resendable({ cause: error })
      if (!isUnreachable) throw error
      if (this.isServerUp(code, since)) {
        // The server takes no further connection. Nothing was sent, so another connection can run the statement.
        this.narrow(retryAfterMs)
        throw new Resendable({ cause: error })
      }
      this.fail(error)
      throw error
    } finally {
      this.handOver(connection)
    }
  }

  /** Throws the last failure while the database counts as unreachable. */
  requireReachable(): void {
    if (performance.now() < this.unreachableUntil) throw this.lastFailure
  }

  /**
   * The idle connection that was opened first, or a new one. Undefined where all are busy and no more may be opened,
   * and where the new one must answer first.
   */
  idle(): Connection | undefined {
    for (const connection of this.list) if (connection.isIdle) return connection
    const { max, pooler } = this.options
    const isServerFull = performance.now() < this.fullUntil
    if (isServerFull || this.list.length === max) this.removeLost()
    if (this.list.length === max || (isServerFull && this.list.length > 0)) return undefined
    const connection = this.create()
    if (!pooler.checks) return connection
    void this.check(connection)
    return undefined
  }

  /** Tries in the background whether the server gives more connections by now. */
  grow(): void {
    const { max } = this.options
    if (this.limit === max || this.opening > 0 || performance.now() < this.fullUntil) return
    if (this.list.length === max) return
    void this.check(this.create())
  }

  private create(): Connection {
    const connection = new Connection(this.options.open(), this.options.pooler)
    this.list.push(connection)
    return connection
  }

  /** Waits for the next connection that becomes idle, and holds it. Throws `DeadlineExpired` at the deadline. */
  nextIdle(deadline: Deadline | undefined): Promise<Connection> {
    return this.waiting.wait(deadline, this.options.poolTimeoutMs)
  }

  /** Closes every connection; statements in flight have `timeout` seconds to end. */
  async end(timeout: number): Promise<void> {
    await Promise.all(this.list.map(({ sql }) => sql.end({ timeout })))
  }

  /** Checks a new connection while callers wait for this or another one, so that none waits for a silent pooler. */
  private async check(connection: Connection): Promise<void> {
    const { pooler, connectTimeoutMs } = this.options
    const since = performance.now()
    connection.held = true
    this.opening++
    try {
      pooler.learn(await connection.check(connectTimeoutMs))
      this.answeredAt = performance.now()
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      connection.drop(error, 0)
      if (!this.isStartRefusal(connection, code)) {
        if (this.isServerUp(code, since))
          this.narrow(code === connectTimeout ? retrySilentAfterMs : retryAfterMs)
        else this.fail(error)
      }
    } finally {
      connection.held = false
      this.opening--
    }
    this.onOpened()
    this.handOver(connection)
  }

  private get usable(): number {
    return this.list.filter(({ hasAnswered, isDropped }) => hasAnswered && !isDropped).length
  }

  /** Does with the connections there are, and opens no further one for `ms` milliseconds. */
  private narrow(ms: number): void {
    this.fullUntil = performance.now() + ms
    // Those that are still being opened may be refused as well: the last refusal counts.
    this.limit = Math.max(1, this.list.filter(({ isDropped }) => !isDropped).length)
  }

  /** Whether another connection can do the work of one that was dropped because it cannot be opened. */
  private isServerUp(code: string, since: number): boolean {
    const isAnswering = code === tooManyConnections || this.answeredAt > since
    return isAnswering && this.list.some(({ isDropped }) => !isDropped)
  }

  /** Whether the server or a pooler refused a parameter with which the connection was opened. */
  private isStartRefusal(connection: Connection, code: string): boolean {
    if (code !== protocolViolation || connection.hasAnswered || !connection.hasSettings) return false
    this.options.pooler.refuseSettings()
    return true
  }

  /**
   * Makes room for new connections, and says whether there is some. One whose statement outlived the server's own
   * timeout has lost its server.
   */
  removeLost(): boolean {
    const before = this.list.length
    for (const connection of this.list)
      if (connection.isLost(this.options.statementTimeout)) connection.drop(new Resendable())
    this.list = this.list.filter(({ isDropped }) => !isDropped)
    return this.list.length < before
  }

  /** Holds an idle connection for the caller that has waited longest, before a new statement can take it. */
  private handOver(finished: Connection): void {
    if (!this.isAwaited) return
    const connection = finished.isDropped ? this.idle() : finished
    if (!connection?.isIdle) return
    connection.held = true
    this.waiting.next(connection)
  }

  /** Marks the database as unreachable, and drops the connections that are still being opened. */
  private fail(error: unknown): void {
    this.unreachableUntil = performance.now() + retryAfterMs
    this.lastFailure = error
    for (const connection of this.list) if (!connection.isConnected) connection.drop(error)
    this.waiting.rejectAll(error)
    this.onFailed(error)
  }
}
