import type postgres from "postgres"
import type { Deadline } from "../deadline.ts"
import type { Client, Row, Statement } from "../driver.ts"
import { isRefusedPlan, isUndone } from "./postgres-resend.ts"

/** How often statements are tried that the server undoes for the sake of others. */
const maxTries = 5

/** Statements that are to be run together, or undone alone where one fails. */
interface Job {
  statements: Statement[]
  resolve(rows: Row[][]): void
  reject(error: unknown): void
}

interface RehearsalParts {
  query: Client["query"]
  /** Runs a transaction on a connection of its own. */
  transaction(work: (tx: postgres.TransactionSql) => Promise<never>): Promise<unknown>
  /** Runs statements within it. */
  run(tx: postgres.TransactionSql, statements: Statement[], isAgain: boolean): Promise<Row[][]>
  deadline: Deadline | undefined
}

/**
 * The client of a rehearsal: one transaction, which its first batch begins, and which is rolled back when it is closed. It is
 * kept open meanwhile, since the values of sequences are not undone: a second try would write other keys.
 */
export function rehearsing({
  query,
  transaction,
  run,
  deadline,
}: RehearsalParts): Client & Required<Pick<Client, "close">> {
  const jobs: Job[] = []
  let wake = () => {}
  let hasRun = false
  let isEnded = false
  let opened: Promise<void> | undefined
  let failure: { error: unknown } | undefined

  const work = async (tx: postgres.TransactionSql): Promise<never> => {
    for (;;) {
      const [job] = jobs
      if (job) await carryOut(tx, job)
      else if (isEnded) throw new RolledBack()
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const carryOut = async (tx: postgres.TransactionSql, job: Job): Promise<void> => {
    try {
      const rows = await repeatedly((isAgain) =>
        tx.savepoint((within) => run(within, job.statements, isAgain)),
      )
      hasRun = true
      job.resolve(rows as Row[][])
    } catch (error) {
      // The pool tries the transaction again, with the same jobs.
      if (!hasRun && isRefusedPlan(error)) throw error
      job.reject(error)
    }
    jobs.shift()
  }
  const failed = (error: unknown): void => {
    if (error instanceof RolledBack) return
    failure = { error }
    for (const { reject } of jobs.splice(0)) reject(error)
  }
  const together = (statements: Statement[]): Promise<Row[][]> => {
    if (failure) return Promise.reject(failure.error)
    if (isEnded) return Promise.reject(new Error("The rehearsal has ended"))
    opened ??= transaction(work).then(() => {}, failed)
    return new Promise((resolve, reject) => {
      jobs.push({ statements, resolve, reject })
      wake()
    })
  }
  const end = (): void => {
    isEnded = true
    wake()
  }
  const release = deadline?.onExpire(end)
  return {
    query: async (statement) => (opened ? ((await together([statement]))[0] ?? []) : query(statement)),
    batch: together,
    close: async () => {
      release?.()
      end()
      await opened
    },
  }
}

async function repeatedly<T>(work: (isAgain: boolean) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(tries > 1)
    } catch (error) {
      if (!isUndone(error) || tries === maxTries) throw error
    }
  }
}

/** What ends the transaction. */
class RolledBack extends Error {}
