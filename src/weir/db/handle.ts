import type { PgTable } from "drizzle-orm/pg-core"
import type { PgRemoteDatabase } from "drizzle-orm/pg-proxy"
import type { SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy"
import { dialectName } from "./dialect/choose.ts"
import { expressions } from "./dialect/expressions.ts"
import type { Client, Row, Statement } from "./driver.ts"
import { causes } from "./errors.ts"
import { postgresHandles } from "./handle/postgres.ts"
import type { HandleOptions, Run } from "./handle/queries.ts"
import { isRead } from "./handle/reads.ts"
import { sqliteHandles } from "./handle/sqlite.ts"

export type { HandleOptions } from "./handle/queries.ts"

/** A query of the handle that has not been run. */
type Query = PromiseLike<unknown>
type Results<Q extends readonly Query[]> = { -readonly [K in keyof Q]: Awaited<Q[K]> }

/** What every handle has beside Drizzle's own methods, and what it has not. */
interface Batching<Tx> {
  /**
   * Runs the queries as one transaction, all or nothing: `db.batch((tx) => [tx.insert(…), tx.update(…)])`, or
   * `db.batch([db.insert(…), db.update(…)])`.
   */
  batch<const Q extends readonly Query[]>(build: ((tx: Tx) => Q) | Q): Promise<Results<Q>>
  /** @deprecated There are no transactions: give what must happen together to `batch`. */
  transaction(...args: unknown[]): Promise<never>
}

/** The methods that both dialects share, typed as SQLite's: the vocabulary's tables are. */
export interface CommonDb
  extends Batching<CommonDb>,
    Pick<
      SqliteRemoteDatabase,
      "select" | "selectDistinct" | "with" | "$with" | "$count" | "insert" | "update" | "delete"
    > {}

/** Whether an export is a table of Postgres; one typed `any` is not taken for one. */
type IsPgTable<T> = 0 extends 1 & T ? false : T extends PgTable ? true : false
type HasPgTables<S> = true extends { [K in keyof S]: IsPgTable<S[K]> }[keyof S] ? true : false

/**
 * Drizzle's database over the request's own client, of the dialect of a schema's tables:
 * `Db<typeof schema>`. Without a schema, what both dialects share. Each query is one statement; a transaction goes
 * through `batch`.
 */
export type Db<S = unknown> = unknown extends S
  ? CommonDb
  : S extends Record<string, unknown>
    ? HasPgTables<S> extends true
      ? Batching<Db<S>> & PgRemoteDatabase<S>
      : Batching<Db<S>> & SqliteRemoteDatabase<S>
    : never

/** Drizzle's database for code about one table: of Postgres where the table is, else what both dialects share. */
export type DbFor<T> = PgTable extends T ? CommonDb : T extends PgTable ? Db<{ table: T }> : CommonDb

/**
 * A function that makes Drizzle's database over a client. The client is called for each query, never before. What a
 * schema means is found out once.
 */
export function handles(options: HandleOptions = {}): (client: () => Client) => Db {
  const open =
    (process.env.WEIR_DIALECT ?? dialectName) === "postgres"
      ? postgresHandles(options)
      : sqliteHandles(options)
  return (client) => {
    let batch: Batch | undefined
    const run: Run = (text, params, header) => {
      const statement: Statement = { text, params: params.map(expressions.param) }
      if (header) statement.header = true
      if (batch) return batch.collect(statement)
      return runAlone(client(), statement)
    }
    const db = Object.assign(open(run), {
      batch: async (queries: readonly Query[] | ((tx: unknown) => readonly Query[])) => {
        if (batch) throw new Error("A batch cannot hold another")
        const current = new Batch()
        batch = current
        try {
          current.begin(typeof queries === "function" ? queries(db) : queries)
        } finally {
          batch = undefined
        }
        return await current.send(client)
      },
    })
    return db as unknown as Db
  }
}

/** Drizzle over a client, without relations. */
export const handleOf: (client: () => Client) => Db = handles()

async function runAlone(client: Client, statement: Statement): Promise<Row[]> {
  if (isRead(statement.text)) return client.query(Object.assign(statement, { isRead: true }))
  const [rows = []] = await client.batch([statement])
  return rows
}

interface Collected {
  statement: Statement
  resolve(rows: Row[]): void
  reject(error: unknown): void
}

/**
 * The statements of the queries that are begun while it is the handle's batch. A query calls for its statement in the
 * same turn that it is begun in, so that no other query's gets among them.
 */
class Batch {
  private readonly collected: Collected[] = []
  private results: PromiseLike<unknown>[] = []

  collect(statement: Statement): Promise<Row[]> {
    return new Promise((resolve, reject) => this.collected.push({ statement, resolve, reject }))
  }

  begin(queries: readonly Query[]): void {
    this.results = queries.map((query) => query.then((result) => result))
  }

  /** Sends the statements, and lets Drizzle map the rows of each. */
  async send(client: () => Client): Promise<unknown[]> {
    const { collected, results } = this
    if (collected.length !== results.length) return await this.refuse()
    if (collected.length === 0) return []
    const all = Promise.all(results)
    client()
      .batch(collected.map(({ statement }) => statement))
      .then((lists) => {
        for (const [i, { resolve }] of collected.entries()) resolve(lists[i] ?? [])
      })
      .catch((error: unknown) => {
        // First the one that failed: the error then has its text.
        const { statementIndex = 0 } = error as { statementIndex?: number }
        collected[statementIndex]?.reject(error)
        for (const { reject } of collected) reject(error)
      })
    return await all
  }

  /** Throws once nothing of it runs any more: what cannot be collected has run by itself. */
  private async refuse(): Promise<never> {
    const { collected, results } = this
    const error = new Error(
      `A batch holds queries of its own c.var.db that have not been run: of ${results.length}, ${collected.length} are`,
    )
    for (const { reject } of collected) reject(error)
    for (const outcome of await Promise.allSettled(results)) {
      if (outcome.status === "fulfilled") continue
      // A query that cannot be begun has failed for a reason of its own.
      if (![...causes(outcome.reason)].some((cause) => (cause as unknown) === error)) throw outcome.reason
    }
    throw error
  }
}
