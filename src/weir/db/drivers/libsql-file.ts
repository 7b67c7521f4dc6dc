import { setTimeout as sleep } from "node:timers/promises"
import type Sqlite from "libsql"
import { LRUCache } from "lru-cache"
import { inCohorts } from "../../lib/cohort.ts"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import { ForeignWrites } from "./foreign-writes.ts"
import { isBusy, openFile, patience } from "./libsql-open.ts"

/** Writes that wait together, each all or nothing. */
interface Waiting {
  statements: Statement[]
  deadline: Deadline | undefined
  resolve(rows: Row[][]): void
  reject(error: unknown): void
}

/** A kept statement; `reader` is asked of the engine once. */
interface Prepared {
  statement: Sqlite.Statement
  reader: boolean
}

/** The same for a migration, which another process may be at. */
const migrationPatience = 120_000
/** Most writes that share a commit: it bounds how long the event loop is held. */
const groupSize = 200

/**
 * A database file in this process, by libSQL's own engine. One connection serves the process: reads run in
 * cohorts from kept prepared statements, writes queue and commit in groups, each answered after the commit
 * that made it durable (WAL, `synchronous=FULL`).
 */
export function openLibsqlFile(url: string): Database {
  const path = url.replace(/^file:(\/\/(?=\/))?/, "")
  const db = openFile(path)
  const prepared = new LRUCache<string, Prepared>({ max: 500 })
  const queue: Waiting[] = []
  let flushing = false

  const prepare = (text: string): Prepared => {
    const known = prepared.get(text)
    if (known) return known
    const statement = db.prepare(text)
    const { reader } = statement
    const made = { statement: reader ? statement.raw() : statement, reader }
    prepared.set(text, made)
    return made
  }

  const run = ({ text, params, single }: Statement): Row[] => {
    const { statement, reader } = prepare(text)
    if (!reader) {
      statement.run(params)
      return []
    }
    // One step and no iterator: half the time of a small read.
    if (!single) return statement.all(params) as Row[]
    const row = statement.get(params) as Row | undefined
    return row ? [row] : []
  }

  const begin = async (ms = patience): Promise<void> => {
    const until = performance.now() + ms
    for (;;) {
      try {
        db.exec("begin immediate")
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error
        await sleep(2 + Math.random() * 20)
      }
    }
  }

  const flush = async (): Promise<void> => {
    try {
      while (queue.length) await commitGroup()
    } finally {
      // In the same turn as the last look at the queue: a write that comes later starts a flush of its own.
      flushing = false
    }
  }

  const commitGroup = async (): Promise<void> => {
    try {
      await begin()
    } catch (error) {
      for (const waiting of queue.splice(0)) waiting.reject(error)
      return
    }
    const group = queue.splice(0, groupSize)
    const outcomes = group.map((waiting) => attempt(db, waiting, run))
    try {
      db.exec("commit")
      foreign.note()
      for (const [i, outcome] of outcomes.entries())
        if (outcome.ok) group[i]?.resolve(outcome.rows)
        else group[i]?.reject(outcome.error)
    } catch (error) {
      // Nothing of the group is in the file; who failed for a reason of its own keeps it.
      if (db.inTransaction) db.exec("rollback")
      for (const [i, outcome] of outcomes.entries()) group[i]?.reject(outcome.ok ? error : outcome.error)
    }
  }

  const read = inCohorts(run)
  const foreign = new ForeignWrites(
    path,
    () => (run({ text: "pragma data_version", params: [] })[0] as [number])[0],
  )

  const clientOf = (deadline?: Deadline): Client => ({
    query: read,
    batch: (statements) =>
      new Promise((resolve, reject) => {
        queue.push({ statements, deadline, resolve, reject })
        if (flushing) return
        flushing = true
        // Whoever arrives in this turn of the event loop shares the commit.
        setImmediate(flush)
      }),
  })
  return {
    dialect: "sqlite",
    label: `libSQL file ${path}`,
    connect: clientOf,
    foreignWrites: () => foreign.version(),
    migrate: async (statements) => {
      // Inside a transaction the pragma does nothing.
      db.exec("pragma foreign_keys = off")
      let done = 0
      try {
        await begin(migrationPatience)
        for (const statement of statements) {
          db.exec(statement)
          done += 1
        }
        db.exec("commit")
      } catch (error) {
        if (db.inTransaction) db.exec("rollback")
        throw Object.assign(error as object, { statementIndex: done })
      } finally {
        db.exec("pragma foreign_keys = on")
        prepared.clear()
      }
    },
    close: async () => {
      while (flushing) await sleep(1)
      // So that the file alone is the database: whoever copies it copies everything.
      db.exec("pragma wal_checkpoint(truncate)")
      db.close()
      // Not before: closing any descriptor of a file lets go of all locks that the process has on it.
      foreign.close()
    },
  }
}

type Outcome = { ok: true; rows: Row[][] } | { ok: false; error: unknown }

/** Runs one write inside the group's transaction; what fails undoes itself alone. */
function attempt(
  db: Sqlite.Database,
  { statements, deadline }: Waiting,
  run: (s: Statement) => Row[],
): Outcome {
  const rows: Row[][] = []
  const atomic = statements.length > 1
  try {
    if (deadline?.expired) throw new DeadlineExpired()
    if (!db.inTransaction) throw new Error("The transaction of this group of writes was rolled back")
    if (atomic) db.exec("savepoint one_of_group")
    for (const statement of statements) rows.push(run(statement))
    if (atomic) db.exec("release one_of_group")
    return { ok: true, rows }
  } catch (error) {
    if (atomic && db.inTransaction) db.exec("rollback to one_of_group; release one_of_group")
    if (typeof error === "object" && error !== null) Object.assign(error, { statementIndex: rows.length })
    return { ok: false, error }
  }
}
