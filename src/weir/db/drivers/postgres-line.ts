import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"

/** The part of a postgres.js query that is used here. */
export type Query = Promise<unknown> & {
  /** Takes it back where it was not sent, else asks the server to stop it. `cancel()` would do so only once. */
  canceller(query: Query): Promise<void>
  reject(error: unknown): void
  /** The connection it was sent on, if it was. */
  state: unknown
}

interface Sent {
  query: Query
  deadline: Deadline | undefined
  isExpired: boolean
  /** Whether another's cancelling may have hit it: Postgres stops what a connection does then, whatever it is. */
  isDisturbed: boolean
}

const queryCanceled = "57014"

/** What has run for longer is not waited for on its connection, in milliseconds. */
const patience = 50

/** How often the server is asked to stop a statement, and after how many milliseconds again. */
const maxCancels = 10
const betweenCancels = 50

/** How long a client that is given up may take for what it is doing, in seconds: longer than to connect. */
const endTimeout = 6

/** What a statement fails with that was stopped in another's place. Nothing of it was done: it can be sent again. */
export class Disturbed extends Error {
  readonly code = queryCanceled
  constructor(options?: ErrorOptions) {
    super("canceled in another's place", options)
  }
}

/** A connection, and what was sent on it and is not answered, in order. */
export class Line {
  /** Whether somebody has it to himself: a transaction, or who waited for it and has not gone on yet. */
  held = false
  /** Whether it was there once, so that it is worth waiting for. */
  hasAnswered = false
  /** Whether it was given up: it is not used again. */
  isGone = false
  readonly sql: postgres.Sql
  private readonly underway: Sent[] = []
  private cancels = 0
  /** Since when it has done what it is doing, by `performance.now()`. */
  private firstSince = 0
  private expiredAt = Number.POSITIVE_INFINITY

  /** `sql` has a single connection. */
  constructor(sql: postgres.Sql) {
    this.sql = sql
  }

  /** How many statements were sent and are not answered. */
  get load(): number {
    return this.underway.length
  }

  /** Whether there is a connection, as far as it is known. */
  get isConnected(): boolean {
    const [first] = this.underway
    return !first || Boolean(first.query.state)
  }

  /** Whether it does nothing, and nobody has it. */
  get isIdle(): boolean {
    return this.underway.length === 0 && !this.held && !this.isGone
  }

  /** Whether something may be sent after what is under way: that is no transaction, and seems to end soon. */
  get takesMore(): boolean {
    if (this.underway.length > 0 && performance.now() - this.firstSince > patience) return false
    return !this.held && !this.isGone && this.expiredAt === Number.POSITIVE_INFINITY
  }

  /** Whether all that is under way is cancelled before what has the deadline: a write after it is not done later. */
  endsBefore(deadline: Deadline | undefined): boolean {
    return this.underway.every(
      (sent) => sent.deadline && sent.deadline.since <= (deadline?.since ?? Infinity),
    )
  }

  /** Whether what it does should have ended more than `ms` milliseconds ago. */
  isLost(ms: number): boolean {
    return performance.now() - this.expiredAt > ms
  }

  /** Sends a query and gives its result; it is cancelled at the deadline. */
  async query(send: (on: postgres.Sql) => Query, deadline: Deadline | undefined): Promise<unknown> {
    const sent: Sent = { query: send(this.sql), deadline, isExpired: false, isDisturbed: this.cancels > 0 }
    if (this.underway.push(sent) === 1) this.firstSince = performance.now()
    const release = deadline?.onExpire(() => this.expire(sent))
    try {
      const result = await sent.query
      this.hasAnswered = true
      return result
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code === queryCanceled && sent.isDisturbed && !sent.isExpired) throw new Disturbed()
      throw error
    } finally {
      release?.()
      this.underway.splice(this.underway.indexOf(sent), 1)
      this.expiredAt = Number.POSITIVE_INFINITY
      this.firstSince = performance.now()
      const [next] = this.underway
      if (next?.isExpired) this.expire(next)
    }
  }

  /** A transaction; nothing else is sent until it has ended. It is not cancelled: that could hit its rollback. */
  async transaction<T>(
    work: (tx: postgres.TransactionSql) => Promise<T>,
    deadline: Deadline | undefined,
  ): Promise<T> {
    this.held = true
    const release = deadline?.onExpire(() => {
      this.expiredAt = performance.now()
    })
    try {
      return (await this.sql.begin((tx) => work(tx).catch(unlessLost))) as T
    } finally {
      release?.()
      this.expiredAt = Number.POSITIVE_INFINITY
      this.held = false
    }
  }

  /** Gives the connection up. What has not ended in a while is failed, what was not sent at once. */
  drop(error: unknown): void {
    this.isGone = true
    for (const { query } of this.underway) {
      if (query.state) continue
      query.reject(error)
      // Rejected only, it would still be done once there is a connection.
      query.canceller(query)
    }
    this.sql.end({ timeout: endTimeout }).catch(() => {})
  }

  /**
   * What waits behind another is cancelled when its turn comes: before, it would be the other that is hit, and
   * postgres.js takes the answers that follow for those of the next ones.
   */
  private expire(sent: Sent): void {
    sent.isExpired = true
    const [first] = this.underway
    if (!this.isConnected) {
      // A postgres.js client is of no use any more when what it connects for is taken back.
      sent.query.reject(new DeadlineExpired())
      this.drop(new Disturbed())
      return
    }
    if (sent.query.state && sent !== first) return
    if (sent === first) this.expiredAt = performance.now()
    void this.stop(sent)
  }

  /** Asks the server to stop a statement until it has: asked before the statement has begun, it does nothing. */
  private async stop(sent: Sent): Promise<void> {
    for (let tries = 0; tries < maxCancels; tries++) {
      for (const other of this.underway) other.isDisturbed = true
      this.cancels++
      // There is nobody to tell when the server cannot be asked.
      await sent.query.canceller(sent.query).catch(() => {})
      this.cancels--
      await sleep(betweenCancels)
      if (this.isGone || this.underway[0] !== sent) return
    }
  }
}

/** Whether an error says that its connection is gone. */
export const isLoss = (error: unknown): boolean =>
  /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|08|57P0)/.test(String((error as { code?: unknown }).code))

/**
 * A connection that is gone ends the transaction by itself. postgres.js would send a rollback on it once it heard of
 * the error, and throw where nobody can catch.
 */
function unlessLost(error: unknown): Promise<never> {
  if (isLoss(error)) return new Promise(() => {})
  throw error
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
