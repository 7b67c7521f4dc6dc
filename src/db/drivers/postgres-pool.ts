import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"

/** The part of a postgres.js query that is used here. */
export type Query = Promise<unknown> & {
  cancel(): void
  reject(error: unknown): void
  /** The connection it was sent on, if it was. */
  state: unknown
}

/** What takes longer by itself is not sent together with others, in milliseconds. */
const quick = 2
/** Most statements that are sent together. */
const together = 16
/** A statement's latest uses, of which the quickest counts: what was in the way of the others says nothing of it. */
const uses = 64

/** How long a statement takes, as far as it is known. */
export class Pace {
  isQuick = false
  private quickest = Number.POSITIVE_INFINITY
  private left = 4

  add(ms: number): void {
    this.quickest = Math.min(this.quickest, ms)
    if (--this.left > 0) return
    this.isQuick = this.quickest <= quick
    this.quickest = Number.POSITIVE_INFINITY
    this.left = uses
  }
}

/** A connection, and what it is busy with. */
interface Line {
  sql: postgres.Sql
  underway: number
  /** Whether a transaction has it to itself. */
  held: boolean
}

/** How long an unreachable database is not tried again, in milliseconds. */
const restAfterFailure = 200

const unreachable = new Set([
  "ECONNREFUSED",
  "CONNECT_TIMEOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "57P03",
  "53300",
])

/**
 * Connections, and the queries under way on them. Quick ones of one turn of the event loop are sent together on one
 * connection, which saves both sides most of their work on the socket. A process with little to do thus spreads what
 * it asks over all connections; a busy one, which waits for its own turns and not for the database, does not.
 *
 * Each is a postgres.js client of one connection: its own pool keeps the places of all connections that its queues
 * have ever held, and searches them at each statement, so that it slows down for as long as it lives. It also tells
 * only one of those who wait when there is no connection to be had: here all hear of it at once, and nothing is
 * carried out after its request was answered.
 */
export class PostgresPool {
  private readonly lines: Line[] = []
  private readonly waiting = new Set<Query>()
  /** Those who wait for a connection to be idle. */
  private readonly queue: (() => void)[] = []
  private readonly open: () => postgres.Sql
  private readonly max: number
  private sharing: Line | undefined
  private sent = 0
  private awayUntil = 0
  private reason: unknown

  /** `open` makes a client of one connection. */
  constructor(open: () => postgres.Sql, max: number) {
    this.open = open
    this.max = max
  }

  /**
   * The result of a query, which is cancelled at the deadline. How long a read took is added to its pace, if it has
   * one. A write waits for an idle connection: Postgres cancels what a connection is doing, not what waits there.
   */
  async query(
    send: (on: postgres.Sql) => Query,
    { isWrite, pace }: { isWrite: boolean; pace: Pace | undefined },
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    this.requireNear()
    const quick = !isWrite && pace?.isQuick === true
    const line = (quick && this.shared()) || (isWrite ? this.idle() : this.free()) || (await this.nextIdle())
    if (deadline?.expired) {
      this.wake()
      throw new DeadlineExpired()
    }
    if (quick) this.share(line)
    const sent = line.underway++ === 0 ? performance.now() : undefined
    const query = send(line.sql)
    this.waiting.add(query)
    const release = deadline?.onExpire(() => cancel(query))
    try {
      return await query
    } catch (error) {
      if (unreachable.has(String((error as { code?: unknown }).code))) this.fail(error)
      throw error
    } finally {
      if (sent !== undefined && !isWrite) pace?.add(performance.now() - sent)
      if (--line.underway === 0) this.wake()
      this.waiting.delete(query)
      release?.()
    }
  }

  /** A transaction, on a connection that nothing else is sent on until it has ended. */
  async transaction<T>(work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
    this.requireNear()
    const line = this.idle() ?? (await this.nextIdle())
    line.held = true
    try {
      return (await line.sql.begin(work)) as T
    } finally {
      line.held = false
      this.wake()
    }
  }

  /** Closes every connection; what runs has `timeout` seconds to end. */
  async end(timeout: number): Promise<void> {
    await Promise.all(this.lines.map(({ sql }) => sql.end({ timeout })))
  }

  /** Throws at once while the database is known to be away. */
  private requireNear(): void {
    if (performance.now() < this.awayUntil) throw this.reason
  }

  /** The connection that quick statements of this turn are sent on. */
  private shared(): Line | undefined {
    const line = this.sharing
    return !line || line.held || this.sent === together || this.isKept(line) ? undefined : line
  }

  private share(line: Line): void {
    if (this.sharing === line) this.sent++
    else {
      if (!this.sharing) setImmediate(() => (this.sharing = undefined))
      this.sharing = line
      this.sent = 1
    }
  }

  /** The idle connection that was opened first, or a new one; none where all have something to do. */
  private idle(): Line | undefined {
    const found = this.lines.find((line) => line.underway === 0 && !line.held)
    if (found || this.lines.length === this.max) return found
    const line = { sql: this.open(), underway: 0, held: false }
    this.lines.push(line)
    return line
  }

  /** An idle connection, or the least busy; none where all are held. */
  private free(): Line | undefined {
    const idle = this.idle()
    if (idle) return idle
    let least: Line | undefined
    for (const line of this.lines)
      if (!line.held && !this.isKept(line) && (!least || line.underway < least.underway)) least = line
    return least
  }

  /** Whether a connection gets no more reads, so that those who wait have one that will be idle. */
  private isKept = (line: Line): boolean => this.queue.length > 0 && line === this.lines[0]

  private async nextIdle(): Promise<Line> {
    let line: Line | undefined
    while (!line) {
      await new Promise<void>((resolve) => this.queue.push(resolve))
      try {
        this.requireNear()
      } catch (error) {
        this.wake()
        throw error
      }
      line = this.idle()
    }
    return line
  }

  private wake(): void {
    this.queue.shift()?.()
  }

  private fail(error: unknown): void {
    this.awayUntil = performance.now() + restAfterFailure
    this.reason = error
    for (const query of this.waiting) {
      // What has a connection hears from that.
      if (query.state) continue
      query.reject(error)
      cancel(query)
    }
  }
}

/** Takes a query out of the queue, or asks the server to stop it. */
function cancel(query: Query): void {
  // There is nobody to tell when the server cannot be asked.
  Promise.resolve(query.cancel() as unknown).catch(() => {})
}
