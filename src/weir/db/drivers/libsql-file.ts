import { inCohorts } from "../../lib/cohort.ts"
import type { Database } from "../driver.ts"
import { ForeignWrites } from "./foreign-writes.ts"
import { FileConnection } from "./libsql-connection.ts"
import { WriteQueue } from "./libsql-write-queue.ts"

/** How long a migration waits for another process, which may be migrating, in milliseconds. */
const migrationBusyTimeoutMs = 120_000

/**
 * A database file, by libSQL's engine in this process. One connection serves the process: reads run in cohorts from
 * prepared statements; writes queue and commit in groups, and resolve after the commit that made them durable (WAL,
 * `synchronous=FULL`).
 */
export function openLibsqlFile(url: string): Database {
  const path = url.replace(/^file:(\/\/(?=\/))?/, "")
  const connection = new FileConnection(path)
  const { db } = connection
  const read = inCohorts(connection.run.bind(connection))
  const foreign = new ForeignWrites(
    path,
    () => (connection.run({ text: "pragma data_version", params: [] })[0] as [number])[0],
  )
  const writes = new WriteQueue(connection, () => foreign.note())
  return {
    dialect: "sqlite",
    label: `libSQL file ${path}`,
    connect: (deadline) => ({ query: read, batch: (statements) => writes.add(statements, deadline) }),
    foreignWrites: () => foreign.version(),
    migrate: (statements) => migrate(connection, statements),
    close: async () => {
      await writes.drained()
      // Moves the WAL into the main file, so that a copy of that file is a copy of the database.
      db.exec("pragma wal_checkpoint(truncate)")
      db.close()
      // After db.close(): closing any descriptor of a file releases all locks of the process on it.
      foreign.close()
    },
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
