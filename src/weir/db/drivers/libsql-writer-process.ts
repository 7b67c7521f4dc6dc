import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Row, Statement } from "../driver.ts"
import { maxIdleMs, startBeside, waitFor } from "./libsql-subprocess.ts"
import {
  Lost,
  OutcomeUnknown,
  WriterEnded,
  type WriterReply,
  type WriterRequest,
} from "./libsql-writer-messages.ts"

/** A write in the process. */
interface Job {
  results: Row[][]
  isUndone: boolean
  deadline: Deadline | undefined
  /** What the index of the WAL counted when the commit was sent; undefined before. */
  counted?: number | undefined
  isCommitting: boolean
  resolve(rows: Row[][]): void
  reject(error: unknown): void
  /** Stops listening to the deadline. */
  release(): void
}

/** How the process knows what others have committed. */
export interface CommitCount {
  /** Commits of all connections so far; undefined where they cannot be counted. */
  commits(): number | undefined
  /** Is told of the commit of a write, before which so many were counted. */
  committed(counted: number | undefined): void
  /** The same as `commits`, when no other connection is about to commit. */
  settled(): Promise<number | undefined>
}

const program = fileURLToPath(new URL("./libsql-writer.ts", import.meta.url))
/** How long a write without a deadline waits for those of other processes, in milliseconds. */
const maxWaitMs = 120_000

/**
 * A process that carries out writes of a database file which take long, one at a time, each as one transaction: the event
 * loop never waits for them. It reports when all statements have run, and commits when it is told so, so that what is
 * stopped by its deadline before, which ends the process, was never done.
 */
export class WriterProcess {
  private readonly path: string
  private readonly count: CommitCount
  private child: ChildProcess | undefined
  private job: Job | undefined
  private idleTimer: NodeJS.Timeout | undefined
  private resting: { promise: Promise<void>; end(): void } | undefined

  constructor(path: string, count: CommitCount) {
    this.path = path
    this.count = count
  }

  /** The id of the process, where there is one. */
  get pid(): number | undefined {
    return this.child?.pid
  }

  /**
   * Runs statements as one transaction, and has it undone at its end if `isUndone`. Resolves to one list of rows per
   * statement, after the commit. An error has the index of the failed statement. Rejects with `DeadlineExpired` when the
   * deadline expires before the commit.
   */
  async run(statements: Statement[], deadline: Deadline | undefined, isUndone: boolean): Promise<Row[][]> {
    for (let losses = 0; ; losses++) {
      const rows = await this.attempt(statements, deadline, isUndone)
      if (rows) return rows
      if (losses > 0) throw new WriterEnded()
    }
  }

  /** Resolves when nothing that the process does stands in the way of another's commit. */
  async rested(): Promise<void> {
    await this.resting?.promise
  }

  /** Ends the process, and resolves when it has ended: a later write starts another. */
  async close(): Promise<void> {
    const { child } = this
    if (!child) return
    const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve))
    this.stop()
    await ended
  }

  /** Undefined where the process ended, and nothing was done. */
  private async attempt(
    statements: Statement[],
    deadline: Deadline | undefined,
    isUndone: boolean,
  ): Promise<Row[][] | undefined> {
    await this.rested()
    if (deadline?.expired) throw new DeadlineExpired()
    const child = this.started()
    let job: Job | undefined
    const waitMs = deadline ? Number.MAX_SAFE_INTEGER : maxWaitMs
    try {
      return await new Promise<Row[][]>((resolve, reject) => {
        job = {
          results: statements.map(() => []),
          isUndone,
          deadline,
          isCommitting: false,
          resolve,
          reject,
          release: () => {},
        }
        this.job = job
        const release = deadline?.onExpire(() => this.expire())
        if (release) job.release = () => void release()
        const sent = statements.map(({ text, params, single = false, header = false }) => ({
          text,
          params,
          single,
          header,
        }))
        this.send(child, { statements: sent, isUndone, waitMs })
      })
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      if (!job?.isCommitting) return undefined
      const settled = await this.count.settled()
      if (job.counted === undefined || settled !== job.counted) throw new OutcomeUnknown()
      return undefined
    } finally {
      job?.release()
      if (job?.isCommitting && deadline) deadline.commits -= 1
    }
  }

  private started(): ChildProcess {
    clearTimeout(this.idleTimer)
    const child = this.child ?? this.start()
    waitFor(child, true)
    return child
  }

  private start(): ChildProcess {
    const child = startBeside(program, this.path)
    this.child = child
    child.on("message", (reply: WriterReply) => {
      if (this.child === child) this.receive(child, reply)
    })
    child.on("error", () => this.lose(child))
    child.on("exit", () => this.lose(child))
    return child
  }

  /** A process that has ended reports that as well. */
  private send(child: ChildProcess, request: WriterRequest): void {
    child.send(request, () => {})
  }

  private receive(child: ChildProcess, { rows = [], numbers = [], ...reply }: WriterReply): void {
    const { job } = this
    const { ran, committed, rested, error } = reply
    if (rested) this.rest(child)
    if (!job) return
    for (const [i, row] of rows.entries()) job.results[numbers[i] as number]?.push(row)
    if (error) {
      const { message, ...rest } = error
      this.job = undefined
      this.rest(child)
      job.reject(Object.assign(new Error(message), rest))
    } else if (committed) {
      this.job = undefined
      this.count.committed(job.counted)
      job.resolve(job.results)
    } else if (ran && job.isUndone) {
      this.job = undefined
      this.rest(child)
      job.resolve(job.results)
    } else if (ran) this.commit(child, job)
  }

  /** From now on, the deadline ends nothing. */
  private commit(child: ChildProcess, job: Job): void {
    job.release()
    if (job.deadline) job.deadline.commits += 1
    job.isCommitting = true
    // The process holds the lock: nobody else commits meanwhile.
    job.counted = this.count.commits()
    let end = () => {}
    const promise = new Promise<void>((resolve) => {
      end = resolve
    })
    this.resting = { promise, end }
    this.send(child, { commit: true })
  }

  private rest(child: ChildProcess): void {
    this.resting?.end()
    this.resting = undefined
    waitFor(child, false)
    clearTimeout(this.idleTimer)
    this.idleTimer = setTimeout(() => this.stop(), maxIdleMs).unref()
  }

  private expire(): void {
    const { job } = this
    if (!job || job.isCommitting) return
    this.job = undefined
    this.stop()
    job.reject(new DeadlineExpired())
  }

  private stop(): void {
    const { child } = this
    clearTimeout(this.idleTimer)
    this.child = undefined
    child?.kill("SIGKILL")
    this.forget()
  }

  private lose(child: ChildProcess): void {
    if (this.child !== child) return
    this.child = undefined
    clearTimeout(this.idleTimer)
    this.forget()
  }

  /** Whoever waits for a process that has ended is told so. */
  private forget(): void {
    const { job } = this
    this.job = undefined
    this.resting?.end()
    this.resting = undefined
    job?.reject(new Lost())
  }
}
