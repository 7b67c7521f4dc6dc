import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import { Disturbed, isLoss, Line, type Query } from "./postgres-line.ts"
import type { Pace } from "./postgres-pace.ts"

/** Most reads that are sent together. */
const together = 16
/** Most quick statements that are under way on a connection where a write is sent after them. */
const writesTogether = 4
/** How long an unreachable database is not tried again, in milliseconds. */
const restAfterFailure = 200

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
 * Connections, and what is sent on which. Quick reads of one turn of the event loop are sent together on one
 * connection, which saves both sides most of their work on the socket. A process with little to do thus spreads what
 * it asks over all connections; a busy one, which waits for its own turns and not for the database, does not.
 *
 * Each is a postgres.js client of one connection: its own pool keeps the places of all connections that its queues
 * have ever held, and searches them at each statement, so that it slows down for as long as it lives. It also tells
 * only one of those who wait when there is no connection to be had: here all hear of it at once, and nothing is
 * carried out after its request was answered.
 */
export class PostgresPool {
  private lines: Line[] = []
  /** Those who wait for a connection to be idle. */
  private readonly queue: ((line: Line) => void)[] = []
  private readonly open: () => postgres.Sql
  private readonly max: number
  private readonly statementTimeout: number
  private sharing: Line | undefined
  private sent = 0
  private awayUntil = 0
  private reason: unknown
  private answeredAt = 0
  /** Until when no further connection is tried, where there is one. */
  private narrowUntil = 0

  /** `open` makes a client of one connection, on which the server ends a statement after `statementTimeout` ms. */
  constructor(open: () => postgres.Sql, max: number, statementTimeout: number) {
    this.open = open
    this.max = max
    this.statementTimeout = statementTimeout
  }

  /**
   * The result of a query, which is cancelled at the deadline. How long it took is added to its pace, if it has one.
   */
  query(
    send: (on: postgres.Sql) => Query,
    { isWrite, pace }: { isWrite: boolean; pace: Pace | undefined },
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    return undisturbed(() => this.send(send, isWrite, pace, deadline), deadline)
  }

  private async send(
    send: (on: postgres.Sql) => Query,
    isWrite: boolean,
    pace: Pace | undefined,
    deadline: Deadline | undefined,
  ): Promise<unknown> {
    this.requireNear()
    const isQuick = pace?.isQuick === true
    const line = this.find(isWrite, isQuick, deadline) ?? (await this.nextIdle(deadline))
    line.held = false
    if (isQuick && !isWrite) this.share(line)
    const isFirst = line.load === 0
    const sentAt = performance.now()
    try {
      return await this.on(line, () => line.query(send, deadline))
    } finally {
      if (isFirst) pace?.add(performance.now() - sentAt)
    }
  }

  /** A transaction, on a connection that nothing else is sent on until it has ended. */
  async transaction<T>(work: (tx: postgres.TransactionSql) => Promise<T>, deadline?: Deadline): Promise<T> {
    return await undisturbed(async () => {
      this.requireNear()
      const line = this.idle() ?? (await this.nextIdle(deadline))
      return await this.on(line, () => line.transaction(work, deadline))
    }, deadline)
  }

  /** Works on a connection and hands it on. Notices where there is none to be had, or no database at all. */
  private async on<T>(line: Line, work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    try {
      const result = await work()
      this.answeredAt = performance.now()
      return result
    } catch (error) {
      const code = String((error as { code?: unknown }).code)
      const isUnreachable = unreachable.has(code)
      // A postgres.js client whose connection was lost may not do what it is told any more.
      if (isUnreachable || isLoss(error)) line.drop(new Disturbed({ cause: error }))
      if (!isUnreachable) throw error
      const isThere = code === tooManyConnections || this.answeredAt > since
      if (isThere && this.lines.some(({ isGone }) => !isGone)) {
        // There is no further connection to be had: nothing was sent, and those that there are will do.
        this.narrowUntil = performance.now() + restAfterFailure
        throw new Disturbed({ cause: error })
      }
      this.fail(error)
      throw error
    } finally {
      this.handOver(line)
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

  /** The connection to send a statement on; undefined where it has to wait. */
  private find(isWrite: boolean, isQuick: boolean, deadline: Deadline | undefined): Line | undefined {
    if (!isWrite)
      return (isQuick && this.shared()) || (this.idle() ?? this.leastBusy(Number.POSITIVE_INFINITY))
    const line = this.idle() ?? (isQuick ? this.leastBusy(writesTogether) : undefined)
    return line?.endsBefore(deadline) ? line : undefined
  }

  /** The connection that quick reads of this turn are sent on. */
  private shared(): Line | undefined {
    const line = this.sharing
    return line && this.sent < together && this.takesMore(line) ? line : undefined
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
    const found = this.lines.find((line) => line.isIdle)
    if (found) return found
    const isNarrow = performance.now() < this.narrowUntil
    if (isNarrow || this.lines.length === this.max) this.forgetGone()
    if (this.lines.length === this.max || (isNarrow && this.lines.length > 0)) return undefined
    const line = new Line(this.open())
    this.lines.push(line)
    return line
  }

  /** The connection with the fewest statements under way, and with fewer than `below`. */
  private leastBusy(below: number): Line | undefined {
    let least: Line | undefined
    for (const line of this.lines)
      if (line.hasAnswered && this.takesMore(line) && line.load < (least?.load ?? below)) least = line
    return least
  }

  /** Whether a connection takes more than it is doing; one takes nothing while somebody waits for an idle one. */
  private takesMore(line: Line): boolean {
    if (!line.takesMore) return false
    return this.queue.length === 0 || line !== this.lines.find(({ held, isGone }) => !held && !isGone)
  }

  /** Makes room for new connections. Where the server's own time limit has not ended what one does, nobody is there. */
  private forgetGone(): void {
    for (const line of this.lines) if (line.isLost(this.statementTimeout)) line.drop(new Disturbed())
    this.lines = this.lines.filter(({ isGone }) => !isGone)
  }

  /**
   * The next connection that becomes idle, held. Throws where the database is known to be away by then, or the time is
   * up: nothing was sent yet.
   */
  private async nextIdle(deadline: Deadline | undefined): Promise<Line> {
    const line = await new Promise<Line>((resolve, reject) => {
      const release = deadline?.onExpire(() => {
        this.queue.splice(this.queue.indexOf(take), 1)
        reject(new DeadlineExpired())
      })
      const take = (found: Line) => {
        release?.()
        resolve(found)
      }
      this.queue.push(take)
    })
    if (performance.now() >= this.awayUntil) return line
    line.held = false
    this.handOver(line)
    throw this.reason
  }

  /** Gives an idle connection to who has waited longest, before anybody else can take it. */
  private handOver(done: Line): void {
    if (this.queue.length === 0) return
    const line = done.isGone ? this.idle() : done
    if (!line?.isIdle) return
    line.held = true
    this.queue.shift()?.(line)
  }

  /** The database is away. */
  private fail(error: unknown): void {
    this.awayUntil = performance.now() + restAfterFailure
    this.reason = error
    for (const line of this.lines) if (!line.isConnected) line.drop(error)
  }
}

/** Does once more what was stopped in another's place, or had no connection, unless its time is up. */
async function undisturbed<T>(work: () => Promise<T>, deadline: Deadline | undefined): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Disturbed)) throw error
      if (tries === 3 || deadline?.expired) throw error.cause ?? error
    }
  }
}
