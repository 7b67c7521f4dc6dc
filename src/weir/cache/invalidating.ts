import type { Client, Database, Row, Statement } from "../db/driver.ts"
import { stampsOfTables, stampsOfWrite } from "./stamps.ts"
import type { Store } from "./store.ts"

/** Wraps a database so that every write invalidates the store: after its commit, and before it resolves. */
export function invalidating(database: Database, store: Store | undefined): Database {
  if (!store) return database
  return {
    ...database,
    connect: (...request) => new InvalidatingClient(database.connect(...request), store),
    migrate: async (statements) => {
      try {
        await database.migrate(statements)
      } finally {
        await store.move(stampsOfTables())
      }
    },
  }
}

class InvalidatingClient implements Client {
  pendingInvalidations = false
  readonly query: Client["query"]
  readonly isLong?: (statement: Statement) => boolean
  readonly close?: () => Promise<void>
  readonly rehearse?: () => Client
  private readonly client: Client
  private readonly store: Store

  constructor(client: Client, store: Store) {
    this.client = client
    this.store = store
    this.query = client.query
    if (client.isLong) this.isLong = client.isLong
    if (client.close) this.close = client.close
    // What is undone invalidates nothing.
    if (client.rehearse) this.rehearse = client.rehearse
  }

  /** A failed batch invalidates as well: it may have been committed, with only the reply lost. */
  async batch(statements: Parameters<Client["batch"]>[0]): ReturnType<Client["batch"]> {
    let results: Row[][] | undefined
    try {
      results = await this.client.batch(statements)
      return results
    } finally {
      const stamps = statements.flatMap((statement, i) => stampsOfWrite(statement, results?.[i]))
      const moved = this.store.move([...new Set(stamps)])
      if (moved !== true && !(await moved)) this.pendingInvalidations = true
    }
  }
}
