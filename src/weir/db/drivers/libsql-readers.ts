import type { ChildProcess } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { LRUCache } from "lru-cache"
import type { Waiter } from "../../lib/fair-queue.ts"
import { Turns } from "../../lib/turns.ts"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { ReaderLoad, Row, Statement } from "../driver.ts"
import { maxIdleMs, startBeside, waitFor } from "./libsql-subprocess.ts"

/** What a reader process is sent, and what it answers. */
export interface ReaderRequest
  extends Pick<Statement, "text" | "params" | "single" | "header" | "versions" | "maxBytes"> {
  /** Whether to say if all rows are found by their primary keys. */
  explain: boolean
}
export interface ReaderReply {
  rows?: Row[]
  /** Whether more rows of the same statement follow in another reply. */
  more?: boolean
  error?: { message: string; code: unknown }
  /** How long the statement ran, in milliseconds. */
  ms: number
  isKeyed?: boolean | undefined
  /** Whether the process has grown so much that another one is to go on. */
  isLarge?: boolean
}

interface Job {
  statement: Statement
  /** The address of whoever waits for it: clients take turns. */
  client: string
  resolve(rows: Row[]): void
  reject(error: unknown): void
  /** How often a process ended under it. */
  losses: number
  /** Stops listening to the deadline. */
  release: () => void
}

interface Reader {
  process: ChildProcess
  job: Job | undefined
  /** The rows of its job that have come. */
  rows: Row[]
  idleTimer: NodeJS.Timeout | undefined
}

const maxReaders = Math.max(2, Math.min(4, availableParallelism()))
/** A statement that took longer the last time, in milliseconds, leaves one reader to the others. */
const slowMs = 200
const program = fileURLToPath(new URL("./libsql-reader.ts", import.meta.url))

/** A reader process ended under a statement twice: what it asks for cannot be had. */
class ReaderEnded extends Error {
  readonly code = "SQLITE_NOMEM"
  constructor() {
    super("The process that ran this statement ended")
  }
}

/**
 * Processes that read a database file, each on a connection of its own, for statements that may be slow: the event loop
 * never waits for them. They are processes, since nothing else can be stopped: a statement holds the thread that runs
 * it, and ends with its process when its deadline expires.
 */
export class Readers {
  private readonly path: string
  private readonly learn: (text: string, isKeyed: boolean) => void
  private readonly readers = new Set<Reader>()
  private readonly queue = new Turns<Job>()
  private closed = false
  private afterExpiry: NodeJS.Immediate | undefined
  /** How long each statement took last, in milliseconds. */
  private readonly lastMs = new LRUCache<string, number>({ max: 1000 })

  /** `learn` is told of each statement whether all of its rows are found by their primary keys. */
  constructor(path: string, learn: (text: string, isKeyed: boolean) => void) {
    this.path = path
    this.learn = learn
  }

  /** Runs a read. Rejects with `DeadlineExpired` when the deadline expires, and stops it. */
  query(
    statement: Statement,
    deadline: Deadline | undefined,
    waiter?: Pick<Waiter, "address">,
  ): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const client = waiter?.address ?? ""
      const job: Job = { statement, client, resolve, reject, losses: 0, release: () => {} }
      const release = deadline?.onExpire(() => this.expire(job))
      if (release) job.release = () => void release()
      this.queue.add(client, job)
      this.dispatch()
    })
  }

  /** Ends all processes, and resolves when they have ended. */
  async close(): Promise<void> {
    this.closed = true
    const ended = [...this.readers].map(
      ({ process }) => new Promise((resolve) => process.once("exit", resolve).once("error", resolve)),
    )
    for (const reader of this.readers) this.stop(reader)
    for (const job of this.queue.drain()) this.fail(job, new DeadlineExpired())
    await Promise.all(ended)
  }

  /** Hands waiting statements to idle readers. Those known to be slow leave one reader to the others. */
  private dispatch(): void {
    if (this.closed) return
    while (this.queue.size > 0 && this.running() < maxReaders) {
      const mayBeSlow = this.running((job) => this.isSlow(job)) < maxReaders - 1
      const job = this.queue.take((job) => mayBeSlow || !this.isSlow(job))
      if (!job) return
      this.run(this.idle() ?? this.start(), job)
    }
  }

  /** How many statements run, and how many wait. */
  get load(): ReaderLoad {
    return { running: this.running(), waiting: this.queue.size }
  }

  private isSlow({ statement }: Job): boolean {
    return (this.lastMs.get(statement.text) ?? 0) > slowMs
  }

  private running(counts: (job: Job) => boolean = () => true): number {
    let running = 0
    for (const { job } of this.readers) if (job && counts(job)) running++
    return running
  }

  private idle(): Reader | undefined {
    for (const reader of this.readers) if (!reader.job) return reader
    return undefined
  }

  private start(): Reader {
    const child = startBeside(program, this.path)
    const reader: Reader = { process: child, job: undefined, rows: [], idleTimer: undefined }
    this.readers.add(reader)
    child.on("message", (reply: ReaderReply) => {
      // Node itself may send messages of its own.
      if (typeof reply.ms === "number") this.settle(reader, reply)
    })
    child.on("error", () => this.lose(reader))
    child.on("exit", () => this.lose(reader))
    return reader
  }

  private run(reader: Reader, job: Job): void {
    clearTimeout(reader.idleTimer)
    reader.job = job
    reader.rows = []
    waitFor(reader.process, true)
    const { text, params, single = false, header = false, scans, versions, maxBytes } = job.statement
    const explain = scans === undefined && !this.lastMs.has(text)
    // A process that has ended reports that as well.
    const request: ReaderRequest = { text, params, single, header, versions, maxBytes, explain }
    reader.process.send(request, () => {})
  }

  private settle(reader: Reader, { rows = [], more, error, ms, isKeyed, isLarge }: ReaderReply): void {
    for (const row of rows) reader.rows.push(row)
    if (more) return
    const { job, rows: all } = reader
    reader.job = undefined
    reader.rows = []
    waitFor(reader.process, false)
    if (isLarge) this.stop(reader)
    else reader.idleTimer = setTimeout(() => this.stop(reader), maxIdleMs).unref()
    if (job) {
      this.lastMs.set(job.statement.text, ms)
      if (isKeyed !== undefined) this.learn(job.statement.text, isKeyed)
      job.release()
      if (error) job.reject(Object.assign(new Error(error.message), { code: error.code }))
      else job.resolve(all)
    }
    this.dispatch()
  }

  /** Ends what runs or awaits a statement whose time is up. */
  private expire(job: Job): void {
    this.queue.remove(job.client, job)
    for (const reader of this.readers)
      if (reader.job === job) {
        this.lastMs.set(job.statement.text, Number.POSITIVE_INFINITY)
        this.stop(reader)
      }
    job.reject(new DeadlineExpired())
    // Deadlines expire together: what waits is handed out when all of them have, or each would start a process to end it.
    this.afterExpiry ??= setImmediate(() => {
      this.afterExpiry = undefined
      this.dispatch()
    })
  }

  private stop(reader: Reader): void {
    clearTimeout(reader.idleTimer)
    this.readers.delete(reader)
    reader.job = undefined
    reader.process.kill("SIGKILL")
  }

  /** A process that ended by itself: its statement, which changes nothing, is run once more. */
  private lose(reader: Reader): void {
    clearTimeout(reader.idleTimer)
    if (!this.readers.delete(reader)) return
    const { job } = reader
    if (job && (job.losses > 0 || this.closed)) this.fail(job, new ReaderEnded())
    else if (job) {
      job.losses += 1
      this.queue.addFirst(job.client, job)
    }
    this.dispatch()
  }

  private fail(job: Job, error: unknown): void {
    job.release()
    job.reject(error)
  }
}
