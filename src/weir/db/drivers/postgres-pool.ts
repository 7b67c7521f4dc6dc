import type postgres from "postgres"
import type { Deadline } from "../deadline.ts"
import type { PoolLoad } from "../driver.ts"
import type { Connection, Query } from "./postgres-connection.ts"
import { Connections, type ConnectionsOptions } from "./postgres-connections.ts"
import { type Lane, SlowLane, slowShare, unboundedShare } from "./postgres-lanes.ts"
import type { LatencyTracker } from "./postgres-latency.ts"
import { isRefusedPlan, Resendable } from "./postgres-resend.ts"

/** Most quick reads of one turn of the event loop that share a connection. */
const maxSharedReads = 16
/** A quick write is pipelined only on a connection with fewer statements in flight than this. */
const maxLoadBeforeWrite = 4

/** What the pool must know of a statement. */
export interface Traits {
  isWrite: boolean
  /** See `Statement.bounded`. */
  isBounded: boolean
  /** Learns how long the statement takes. Undefined for one that is not prepared. */
  latency: LatencyTracker | undefined
}

export interface PoolOptions extends ConnectionsOptions {
  /** Whether slow reads leave connections to the others. A pool of one request has nobody to leave them to. */
  isFair: boolean
}

/**
 * A pool that chooses a connection for each statement. Quick reads of one turn of the event loop are pipelined on one
 * connection, which saves both sides most of their work on the socket. A quiet process, with one read in a turn, still
 * spreads its reads over all connections; a busy one waits for its own turns rather than for the database. Slow reads
 * run on at most half of the connections, each on one of its own.
 *
 * Each connection is a postgres.js client of its own, for two reasons. The queues of a postgres.js pool keep an entry
 * for every connection that they have ever held and search them at each statement, so that the pool slows down over
 * its life. And when no connection can be opened, it fails only one of its waiting queries: here all fail at once, and
 * no statement runs after its request was answered.
 */
export class PostgresPool {
  private readonly connections: Connections
  private readonly slowLane: SlowLane
  private readonly options: PoolOptions
  /** The connections that quick reads of this turn share, for bounded and for other reads. */
  private readonly shares = { bounded: new Share(), quick: new Share() }

  constructor(options: PoolOptions) {
    this.options = options
    this.connections = new Connections(options)
    this.slowLane = new SlowLane(() => this.hasRoomForSlow(), options.poolTimeoutMs)
    this.connections.onOpened = () => this.slowLane.admit()
    this.connections.onFailed = (error) => this.slowLane.rejectAll(error)
  }

  /** Runs a query and returns its result. The deadline cancels it. */
  query(send: (on: postgres.Sql) => Query, traits: Traits, deadline: Deadline | undefined): Promise<unknown> {
    return retryResendable(() => this.send(send, traits, deadline), this.options.max, deadline)
  }

  private send(
    send: (on: postgres.Sql) => Query,
    traits: Traits,
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    const { connections } = this
    connections.requireReachable()
    const { latency } = traits
    const lane = this.laneOf(traits)
    const isQuick = lane === "write" ? latency?.isQuickWrite : latency?.isQuick
    const connection = lane === "slow" ? undefined : this.choose(lane, isQuick === true, deadline)
    if (connection) return this.sendOn(connection, send, lane, latency, deadline)
    if (lane === "slow" || lane === "quick") return this.sendSlow(send, latency, deadline)
    return connections.nextIdle(deadline).then((idle) => this.sendOn(idle, send, lane, latency, deadline))
  }

  private laneOf({ isWrite, isBounded, latency }: Traits): Lane {
    if (isWrite) return "write"
    if (isBounded || !this.options.isFair) return "bounded"
    return latency?.isQuick ? "quick" : "slow"
  }

  /** Sends a slow read, or a quick one that found no connection, when there is room for it. */
  private async sendSlow(
    send: (on: postgres.Sql) => Query,
    latency: LatencyTracker | undefined,
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    const { connections, slowLane } = this
    const admission = slowLane.enter(deadline)
    if (admission) await admission
    let connection: Connection
    try {
      connection = connections.idle() ?? (await connections.nextIdle(deadline))
    } finally {
      slowLane.pending--
    }
    return await this.sendOn(connection, send, "slow", latency, deadline)
  }

  private async sendOn(
    connection: Connection,
    send: (on: postgres.Sql) => Query,
    lane: Lane,
    latency: LatencyTracker | undefined,
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    connection.held = false
    if (latency?.isQuick && (lane === "bounded" || lane === "quick")) this.shares[lane].add(connection)
    const isFirst = connection.load === 0
    const sentAt = performance.now()
    try {
      return await this.connections.run(connection, () => connection.query(send, deadline, lane))
    } finally {
      if (isFirst) latency?.add(performance.now() - sentAt)
      if (lane === "quick" || lane === "slow") this.slowLane.admit()
    }
  }

  /** Runs a transaction on a connection of its own. The deadline ends only the wait for that connection. */
  async transaction<T>(work: (tx: postgres.TransactionSql) => Promise<T>, deadline?: Deadline): Promise<T> {
    const { connections } = this
    return await retryResendable(
      async () => {
        connections.requireReachable()
        const connection = connections.idle() ?? (await connections.nextIdle(deadline))
        return await connections.run(connection, () => connection.transaction(work, deadline))
      },
      this.options.max,
      deadline,
    )
  }

  get load(): PoolLoad {
    const { open, busy, waiting } = this.connections.load
    return { open, busy, waiting: waiting + this.slowLane.length }
  }

  /** Closes every connection; statements in flight have `timeout` seconds to end. */
  end(timeout: number): Promise<void> {
    return this.connections.end(timeout)
  }

  /** The connection to send a statement on; undefined where the statement must wait. */
  private choose(
    lane: "write" | "bounded" | "quick",
    isQuick: boolean,
    deadline: Deadline | undefined,
  ): Connection | undefined {
    const { connections } = this
    const mayTakeIdle = lane !== "quick" || this.hasRoomForUnbounded()
    if (!this.options.pooler.keepsSession) return mayTakeIdle ? connections.idle() : undefined
    if (lane === "write") {
      const connection =
        connections.idle() ?? (isQuick ? this.leastBusy(lane, maxLoadBeforeWrite) : undefined)
      return connection?.endsBefore(deadline) ? connection : undefined
    }
    const shared = isQuick ? this.shares[lane].connection : undefined
    if (shared && this.takesMore(shared)) return shared
    return (mayTakeIdle ? connections.idle() : undefined) ?? this.leastBusy(lane, Number.POSITIVE_INFINITY)
  }

  /**
   * Of the connections with fewer than `below` statements in flight, the one with the fewest. Unbounded reads keep to
   * connections that have some, the others keep to those without, as far as there are any.
   */
  private leastBusy(lane: "write" | "bounded" | "quick", below: number): Connection | undefined {
    let least: Connection | undefined
    let leastOfOthers: Connection | undefined
    for (const connection of this.connections.list) {
      if (!connection.hasAnswered || connection.load >= below || !this.takesMore(connection)) continue
      const { load } = connection
      if (connection.unbounded > 0 === (lane === "quick")) {
        if (load < (least?.load ?? below)) least = connection
      } else if (load < (leastOfOthers?.load ?? below)) leastOfOthers = connection
    }
    return least ?? (lane !== "quick" || this.hasRoomForUnbounded() ? leastOfOthers : undefined)
  }

  /** Whether a statement may be pipelined on a connection. While a caller waits, the first one is left to become idle. */
  private takesMore(connection: Connection): boolean {
    if (!connection.takesMore) return false
    const { list, isAwaited } = this.connections
    return !isAwaited || connection !== list.find(({ held, isDropped }) => !held && !isDropped)
  }

  private hasRoomForSlow(): boolean {
    const { connections } = this
    if (this.hasRoomForUnbounded(true)) return true
    connections.grow()
    // A lost connection never ends its statement.
    return connections.removeLost() && this.hasRoomForUnbounded(true)
  }

  /** Whether another connection may be taken by an unbounded read: by a slow one, or by any. */
  private hasRoomForUnbounded(isSlow = false): boolean {
    const { list, total } = this.connections
    let slow = this.slowLane.pending
    let quick = 0
    for (const connection of list) {
      if (connection.isDropped) continue
      if (connection.isSlow) slow++
      else if (connection.unbounded > 0) quick++
    }
    return (
      slow + quick < unboundedShare(total) &&
      !(isSlow && slow >= slowShare(total, this.options.pooler.keepsSession))
    )
  }
}

/** The connection that quick reads of one turn of the event loop share. */
class Share {
  private current: Connection | undefined
  private reads = 0

  /** Undefined where no further read may share. */
  get connection(): Connection | undefined {
    return this.reads < maxSharedReads ? this.current : undefined
  }

  add(connection: Connection): void {
    if (this.current === connection) {
      this.reads++
      return
    }
    if (!this.current) setImmediate(() => (this.current = undefined))
    this.current = connection
    this.reads = 1
  }
}

/**
 * Runs `work` again where it throws `Resendable`: up to three times, or once for each of `max` connections where a
 * prepared statement is refused, since each of them may hold an old one. Stops at the deadline.
 */
async function retryResendable<T>(
  work: () => Promise<T>,
  max: number,
  deadline: Deadline | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Resendable)) throw error
      const attempts = isRefusedPlan(error.cause) ? max + 2 : 3
      if (attempt >= attempts || deadline?.expired) throw error.cause ?? error
    }
  }
}
