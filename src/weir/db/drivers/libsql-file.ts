import { setTimeout as sleep } from "node:timers/promises"
import { inCohorts } from "../../lib/cohort.ts"
import type { Database } from "../driver.ts"
import { ForeignWrites } from "./foreign-writes.ts"
import { FileConnection } from "./libsql-connection.ts"
import { CostJudge } from "./libsql-cost.ts"
import { Readers } from "./libsql-readers.ts"
import { WriteQueue } from "./libsql-write-queue.ts"

/** How long a migration waits for another process, which may be migrating, in milliseconds. */
const migrationBusyTimeoutMs = 120_000

export interface LibsqlFileOptions {
  /** Whether reads that may be slow run in processes of their own. Default: true, except for a database in memory. */
  readers?: boolean
}

/**
 * A database file, by libSQL's engine in this process. One connection serves the process: reads that are cheap run in
 * cohorts from prepared statements, others in reader processes; writes queue and commit in groups, and resolve after
 * the commit that made them durable (WAL, `synchronous=FULL`).
 */
export function openLibsqlFile(url: string, { readers: wanted = true }: LibsqlFileOptions = {}): Database {
  const path = url.replace(/^file:(\/\/(?=\/))?/, "")
  const connection = new FileConnection(path)
  const { db } = connection
  const read = inCohorts(connection.run.bind(connection))
  const cost = new CostJudge(connection)
  const readers =
    wanted && !/^(:memory:|$)|mode=memory/.test(path) ? new Readers(path, cost.learn.bind(cost)) : undefined
  const foreign = new ForeignWrites(
    path,
    () => (connection.run({ text: "pragma data_version", params: [] })[0] as [number])[0],
  )
  const writes = new WriteQueue(connection, () => foreign.note())
  return {
    dialect: "sqlite",
    label: `libSQL file ${path}`,
    connect: (deadline, waiter) => ({
      query: (statement) =>
        !readers || cost.isCheap(statement) ? read(statement) : readers.query(statement, deadline, waiter),
      batch: (statements) => writes.add(statements, deadline),
    }),
    foreignWrites: () => foreign.version(),
    ...(readers ? { readers: () => readers.load } : {}),
    migrate: (statements) => migrate(connection, statements).finally(() => cost.forget()),
    close: async () => {
      await writes.drained()
      await readers?.close()
      await emptyWal(connection)
      db.close()
      // After db.close(): closing any descriptor of a file releases all locks of the process on it.
      foreign.close()
    },
  }
}

/**
 * Moves the WAL into the main file, so that a copy of that file is a copy of the database. Another process may hold the
 * locks that this takes; after a while, the WAL stays, and the next to open the file reads it.
 */
async function emptyWal({ db }: FileConnection): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    try {
      db.exec("pragma wal_checkpoint(truncate)")
      return
    } catch (error) {
      if (!/^SQLITE_(BUSY|LOCKED)/.test(String((error as { code?: unknown }).code))) throw error
      await sleep(25)
    }
  }
}

/** Runs a migration's statements as one transaction with foreign keys off. */
async function migrate(connection: FileConnection, statements: string[]): Promise<void> {
  const { db } = connection
  // Before the transaction: inside one, the pragma has no effect.
  db.exec("pragma foreign_keys = off")
  let done = 0
  try {
    await connection.begin(migrationBusyTimeoutMs)
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
    connection.forgetPrepared()
  }
}
