import type { Client, Row, Statement } from "../driver.ts"

/** Reads that wait for the next replay. */
interface Waiting {
  statement: Statement
  resolve(rows: Row[]): void
  reject(error: unknown): void
}

/**
 * The client of a rehearsal on a database that keeps no transaction open between two calls: each call begins anew with all
 * that was written before it. `undone` runs statements as one transaction, and rolls it back: one with a read that `isLong`
 * as a long one.
 */
export function replaying(
  query: Client["query"],
  undone: (statements: Statement[]) => Promise<Row[][]>,
  isLong?: Client["isLong"],
): Client {
  const written: Statement[] = []
  const keys: unknown[] = []
  let last: Promise<unknown> = Promise.resolve()
  let reads: Waiting[] = []

  const replay = async (statements: Statement[]): Promise<Row[][]> => {
    const results = await undone([...written, ...statements])
    // Its rows have been told with their keys: they must not be those of others by now.
    if (written.some((statement, i) => keyOf(statement, results[i]) !== keys[i])) throw new Outrun()
    return results.slice(written.length)
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
  const readAll = async (): Promise<void> => {
    const waiting = reads
    reads = []
    try {
      const results = await replay(waiting.map(({ statement }) => statement))
      for (const [i, { resolve }] of waiting.entries()) resolve(results[i] ?? [])
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
  return {
    query: (statement) => {
      if (written.length === 0) return query(statement)
      const read = isLong?.(statement) ? { ...statement, long: true } : statement
      return new Promise((resolve, reject) => {
        // Those of one turn share a replay.
        if (reads.push({ statement: read, resolve, reject }) === 1) setTimeout(() => void inTurn(readAll))
      })
    },
    ...(isLong ? { isLong } : {}),
    batch: (statements) =>
      inTurn(async () => {
        const results = await replay(statements)
        written.push(...statements)
        keys.push(...statements.map((statement, i) => keyOf(statement, results[i])))
        return results
      }),
  }
}

/** A write returns the key of a row in its second column. */
const keyOf = ({ change }: Statement, rows: Row[] | undefined): unknown => change && rows?.[0]?.[1]

/** Another write came between two replays. To those above it is a busy database: another try succeeds. */
class Outrun extends Error {
  readonly code = "SQLITE_BUSY"

  constructor() {
    super("Another request has changed what is rehearsed")
  }
}
