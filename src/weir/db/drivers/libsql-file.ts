import { setTimeout as sleep } from "node:timers/promises"
import { inCohorts } from "../../lib/cohort.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import { readOnlyCode } from "../errors.ts"
import { ForeignWrites } from "./foreign-writes.ts"
import { FileConnection } from "./libsql-connection.ts"
import { CostJudge } from "./libsql-cost.ts"
import { Readers } from "./libsql-readers.ts"
import { parseFileUrl } from "./libsql-url.ts"
import { WriteQueue } from "./libsql-write-queue.ts"
import { type CommitCount, WriterProcess } from "./libsql-writer-process.ts"
import { replaying } from "./replaying.ts"

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
  const { path, isReadOnly, mustExist } = parseFileUrl(url)
  const connection = new FileConnection(path, { isReadOnly, mustExist })
  const { db } = connection
  const read = inCohorts(connection.run.bind(connection))
  const cost = new CostJudge(connection)
  const readers = wanted && path !== ":memory:" ? new Readers(path, cost.learn.bind(cost)) : undefined
  const foreign = new ForeignWrites(
    path,
    () => (connection.run({ text: "pragma data_version", params: [] })[0] as [number])[0],
  )
  // A database in memory is another one for each connection.
  const openAnother = path === ":memory:" ? undefined : () => new FileConnection(path, { mustExist: true })
  const writer = readers && !isReadOnly ? new WriterProcess(path, countOf(connection, foreign)) : undefined
  const writes = new WriteQueue(connection, () => foreign.note(), { openAnother, writer })
  return {
    dialect: "sqlite",
    label: `libSQL file ${path}`,
    connect: (deadline, waiter) => {
      const query: Client["query"] = (statement) =>
        !readers || cost.isCheap(statement) ? read(statement) : readers.query(statement, deadline, waiter)
      const write = (statements: Statement[], isUndone: boolean) =>
        isReadOnly ? readTogether(connection, statements) : writes.add(statements, deadline, isUndone)
      const isLong = (statement: Statement) => readers !== undefined && !cost.isCheap(statement)
      return {
        query,
        isLong,
        batch: (statements) => write(statements, false),
        rehearse: () => replaying(query, (statements) => write(statements, true), isLong),
      }
    },
    foreignWrites: () => foreign.version(),
    ...(readers ? { readers: () => readers.load } : {}),
    migrate: async (statements) => {
      if (isReadOnly) throw readOnly()
      // Its prepared statements may be of tables that change.
      await writes.drained()
      await writes.close()
      await migrate(connection, statements).finally(() => cost.forget())
    },
    close: async () => {
      await writes.drained()
      await writes.close()
      await readers?.close()
      if (!isReadOnly) await emptyWal(connection)
      db.close()
      // After db.close(): closing any descriptor of a file releases all locks of the process on it.
      foreign.close()
    },
  }
}

/** Counts the commits of a file: certainly, while a transaction of its own keeps others from committing. */
const countOf = (connection: FileConnection, foreign: ForeignWrites): CommitCount => ({
  commits: () => {
    foreign.version()
    return foreign.commits()
  },
  committed: (counted) => foreign.takeOver(counted),
  settled: async () => {
    try {
      await connection.begin()
    } catch {
      return undefined
    }
    const count = foreign.commits()
    connection.db.exec("rollback")
    return count
  },
})

const readOnly = (cause?: unknown): Error =>
  Object.assign(new Error("DATABASE_URL has mode=ro", { cause }), { code: readOnlyCode })

/** Runs statements that may only read, in one transaction. */
async function readTogether(connection: FileConnection, statements: Statement[]): Promise<Row[][]> {
  connection.db.exec("begin")
  try {
    return statements.map((statement) => connection.run(statement))
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith("SQLITE_READONLY")) throw error
    throw readOnly(error)
  } finally {
    connection.db.exec("rollback")
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
  let done: number | undefined
  try {
    await connection.begin(migrationBusyTimeoutMs)
    done = 0
    for (const statement of statements) {
      db.exec(statement)
      done += 1
    }
    db.exec("commit")
  } catch (error) {
    if (db.inTransaction) db.exec("rollback")
    // Without an index, no statement failed: another process kept the write lock.
    throw Object.assign(error as object, done === undefined ? {} : { statementIndex: done })
  } finally {
    db.exec("pragma foreign_keys = on")
    connection.forgetPrepared()
  }
}
