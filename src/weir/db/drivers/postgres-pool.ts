import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { PoolLoad } from "../driver.ts"
import { CancelledByNeighbour, Connection, isLoss, type Query } from "./postgres-connection.ts"
import type { LatencyTracker } from "./postgres-latency.ts"

/** Most quick reads of one turn of the event loop that share a connection. */
const maxSharedReads = 16
/** A quick write is pipelined only on a connection with fewer statements in flight than this. */
const maxLoadBeforeWrite = 4
/** How long an unreachable database, or a further connection that the server refused, is not tried again, in ms. */
const retryAfterMs = 200

const tooManyConnections = "53300"

const unreachable = new Set([
  "ECONNREFUSED",
  "CONNECT_TIMEOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "57P03",
  tooManyConnections,
])

/**
 * A pool that chooses a connection for each statement. Quick reads of one turn of the event loop are pipelined on one
 * connection, which saves both sides most of their work on the socket. A quiet process, with one read in a turn, still
 * spreads its reads over all connections; a busy one waits for its own turns rather than for the database.
 *
 * Each connection is a postgres.js client of its own, for two reasons. The queues of a postgres.js pool keep an entry
 * for every connection that they have ever held and search them at each statement, so that the pool slows down over
 * its life. And when no connection can be opened, it fails only one of its waiting queries: here all fail at once, and
 * no statement runs after its request was answered.
 */
export class PostgresPool {
  private connections: Connection[] = []
  /** Callers waiting for an idle connection, the longest-waiting first. */
  private readonly queue: ((connection: Connection) => void)[] = []
  private readonly open: () => postgres.Sql
  private readonly max: number
  private readonly statementTimeout: number
  /** The connection that quick reads of this turn share, and how many of them it has. */
  private sharedConnection: Connection | undefined
  private sharedReads = 0
  /** Until when every statement fails at once with `lastFailure`, by `performance.now()`. */
  private unreachableUntil = 0
  private lastFailure: unknown
  private answeredAt = 0
  /** Until when no further connection is opened if there is one already. */
  private fullUntil = 0

  /** `open` makes a client of one connection, on which the server cancels a statement after `statementTimeout` ms. */
  constructor(open: () => postgres.Sql, max: number, statementTimeout: number) {
    this.open = open
    this.max = max
    this.statementTimeout = statementTimeout
  }

  /** Runs a query and returns its result. The deadline cancels it. `latency`, if given, learns how long it took. */
  query(
    send: (on: postgres.Sql) => Query,
    { isWrite, latency }: { isWrite: boolean; latency: LatencyTracker | undefined },
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    return retryCancelled(() => this.send(send, isWrite, latency, deadline), deadline)
  }

  private async send(
    send: (on: postgres.Sql) => Query,
    isWrite: boolean,
    latency: LatencyTracker | undefined,
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    this.requireReachable()
    const isQuick = latency?.isQuick === true
    const connection = this.choose(isWrite, isQuick, deadline) ?? (await this.nextIdle(deadline))
    connection.held = false
    if (isQuick && !isWrite) this.share(connection)
    const isFirst = connection.load === 0
    const sentAt = performance.now()
    try {
      return await this.runOn(connection, () => connection.query(send, deadline))
    } finally {
      if (isFirst) latency?.add(performance.now() - sentAt)
    }
  }

  /** Runs a transaction on a connection of its own. The deadline ends only the wait for that connection. */
  async transaction<T>(work: (tx: postgres.TransactionSql) => Promise<T>, deadline?: Deadline): Promise<T> {
    return await retryCancelled(async () => {
      this.requireReachable()
      const connection = this.idle() ?? (await this.nextIdle(deadline))
      return await this.runOn(connection, () => connection.transaction(work, deadline))
    }, deadline)
  }

  /** Runs `work` on a connection, hands the connection over, and notes when a connection or the database is missing. */
  private async runOn<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    try {
      const result = await work()
      this.answeredAt = performance.now()
      return result
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      const isUnreachable = unreachable.has(code)
      // A postgres.js client that has lost its connection no longer obeys reliably.
      if (isUnreachable || isLoss(error)) connection.drop(new CancelledByNeighbour({ cause: error }))
      if (!isUnreachable) throw error
      const isServerUp = code === tooManyConnections || this.answeredAt > since
      if (isServerUp && this.connections.some(({ isDropped }) => !isDropped)) {
        // The server takes no further connection. Nothing was sent, so another connection can run the statement.
        this.fullUntil = performance.now() + retryAfterMs
        throw new CancelledByNeighbour({ cause: error })
      }
      this.fail(error)
      throw error
    } finally {
      this.handOver(connection)
    }
  }

  get load(): PoolLoad {
    const open = this.connections.filter(({ isDropped }) => !isDropped)
    return { open: open.length, busy: open.filter(({ load }) => load > 0).length, waiting: this.queue.length }
  }

  /** Closes every connection; statements in flight have `timeout` seconds to end. */
  async end(timeout: number): Promise<void> {
    await Promise.all(this.connections.map(({ sql }) => sql.end({ timeout })))
  }

  /** Throws the last failure while the database counts as unreachable. */
  private requireReachable(): void {
    if (performance.now() < this.unreachableUntil) throw this.lastFailure
  }

  /** The connection to send a statement on; undefined where the statement must wait for an idle one. */
  private choose(isWrite: boolean, isQuick: boolean, deadline: Deadline | undefined): Connection | undefined {
    if (!isWrite)
      return (isQuick && this.shared()) || (this.idle() ?? this.leastBusy(Number.POSITIVE_INFINITY))
    const connection = this.idle() ?? (isQuick ? this.leastBusy(maxLoadBeforeWrite) : undefined)
    return connection?.endsBefore(deadline) ? connection : undefined
  }

  /** The connection that quick reads of this turn share, while it takes more of them. */
  private shared(): Connection | undefined {
    const connection = this.sharedConnection
    return connection && this.sharedReads < maxSharedReads && this.takesMore(connection)
      ? connection
      : undefined
  }

  private share(connection: Connection): void {
    if (this.sharedConnection === connection) this.sharedReads++
    else {
      if (!this.sharedConnection) setImmediate(() => (this.sharedConnection = undefined))
      this.sharedConnection = connection
      this.sharedReads = 1
    }
  }

  /** The idle connection that was opened first, or a new one; undefined where all are busy and no more may be opened. */
  private idle(): Connection | undefined {
    const firstIdle = this.connections.find((connection) => connection.isIdle)
    if (firstIdle) return firstIdle
    const isServerFull = performance.now() < this.fullUntil
    if (isServerFull || this.connections.length === this.max) this.removeDropped()
    if (this.connections.length === this.max || (isServerFull && this.connections.length > 0))
      return undefined
    const connection = new Connection(this.open())
    this.connections.push(connection)
    return connection
  }

  /** Of the connections with fewer than `below` statements in flight, the one with the fewest. */
  private leastBusy(below: number): Connection | undefined {
    let least: Connection | undefined
    for (const connection of this.connections)
      if (connection.hasAnswered && this.takesMore(connection) && connection.load < (least?.load ?? below))
        least = connection
    return least
  }

  /** Whether a statement may be pipelined on a connection. While a caller waits, the first one is left to become idle. */
  private takesMore(connection: Connection): boolean {
    if (!connection.takesMore) return false
    if (this.queue.length === 0) return true
    return connection !== this.connections.find(({ held, isDropped }) => !held && !isDropped)
  }

  /** Makes room for new connections. One whose statement outlived the server's own timeout has lost its server. */
  private removeDropped(): void {
    for (const connection of this.connections)
      if (connection.isLost(this.statementTimeout)) connection.drop(new CancelledByNeighbour())
    this.connections = this.connections.filter(({ isDropped }) => !isDropped)
  }

  /**
   * Waits for the next connection that becomes idle, and holds it. Throws where the database counts as unreachable by
   * then, and `DeadlineExpired` at the deadline: nothing was sent in either case.
   */
  private async nextIdle(deadline: Deadline | undefined): Promise<Connection> {
    const connection = await new Promise<Connection>((resolve, reject) => {
      const release = deadline?.onExpire(() => {
        this.queue.splice(this.queue.indexOf(take), 1)
        reject(new DeadlineExpired())
      })
      const take = (idle: Connection) => {
        release?.()
        resolve(idle)
      }
      this.queue.push(take)
    })
    if (performance.now() >= this.unreachableUntil) return connection
    connection.held = false
    this.handOver(connection)
    throw this.lastFailure
  }

  /** Holds an idle connection for the caller that has waited longest, before a new statement can take it. */
  private handOver(finished: Connection): void {
    if (this.queue.length === 0) return
    const connection = finished.isDropped ? this.idle() : finished
    if (!connection?.isIdle) return
    connection.held = true
    this.queue.shift()?.(connection)
  }

  /** Marks the database as unreachable, and drops the connections that are still being opened. */
  private fail(error: unknown): void {
    this.unreachableUntil = performance.now() + retryAfterMs
    this.lastFailure = error
    for (const connection of this.connections) if (!connection.isConnected) connection.drop(error)
  }
}

/** Runs `work` up to three times, until it does not throw `CancelledByNeighbour` or the deadline has expired. */
async function retryCancelled<T>(work: () => Promise<T>, deadline: Deadline | undefined): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CancelledByNeighbour)) throw error
      if (attempt === 3 || deadline?.expired) throw error.cause ?? error
    }
  }
}
