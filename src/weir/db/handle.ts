import { count, type SQL } from "drizzle-orm"
import { drizzle as drizzlePg } from "drizzle-orm/pg-proxy"
import type { SQLiteSelectBuilder, SQLiteTable } from "drizzle-orm/sqlite-core"
import { drizzle as drizzleSqlite, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy"
import { dialectName } from "./dialect/choose.ts"
import { expressions } from "./dialect/expressions.ts"
import type { Client, Row, Statement } from "./driver.ts"

type Remote = SqliteRemoteDatabase
/** A query of the handle that has not been run. */
type Query = PromiseLike<unknown>

/**
 * Drizzle over the request's own client, for hand-written routes: the methods that both dialects share. Each query
 * is one statement; a transaction goes through `batch`.
 */
export interface Db extends Pick<Remote, "select" | "selectDistinct" | "insert" | "update" | "delete"> {
  /** The number of rows in a table that match the filter. */
  $count(source: SQLiteTable, filter?: SQL): Promise<number>
  /** Runs the queries as one transaction, all or nothing: `db.batch((tx) => [tx.insert(…), tx.update(…)])`. */
  batch<const Q extends readonly Query[]>(
    build: (tx: Db) => Q,
  ): Promise<{ -readonly [K in keyof Q]: Awaited<Q[K]> }>
}

const reads = /^\s*\(?\s*select\b/i

/** Drizzle over a client. `client` is called for each query, never before. */
export function handleOf(client: () => Client): Db {
  const run = async (statement: Statement): Promise<Row[]> => {
    if (reads.test(statement.text)) return client().query(statement)
    const results = await client().batch([statement])
    return results[0] ?? []
  }
  return { ...methodsOf(run), batch: (build) => batch(client, build) }
}

function methodsOf(run: (statement: Statement) => Promise<Row[]>): Omit<Db, "batch"> {
  const callback = async (text: string, params: unknown[], method: string) => {
    const rows = await run({ text, params: params.map(expressions.param) })
    return { rows: method === "get" ? (rows[0] as Row) : rows }
  }
  // Both builders have these methods with these shapes; the schema is typed as SQLite's.
  const db = dialectName === "postgres" ? (drizzlePg(callback) as unknown as Remote) : drizzleSqlite(callback)
  return {
    select: ((fields?: Record<string, never>) =>
      fields ? db.select(fields) : db.select()) as unknown as Remote["select"] &
      SQLiteSelectBuilder<undefined, "async", unknown>,
    selectDistinct: db.selectDistinct.bind(db) as Remote["selectDistinct"],
    insert: db.insert.bind(db),
    update: db.update.bind(db),
    delete: db.delete.bind(db),
    // Drizzle's own $count reads the result by column name, and these rows are arrays.
    $count: async (source, filter) => {
      const rows = await db.select({ n: count() }).from(source).where(filter)
      return Number(rows[0]?.n ?? 0)
    },
  }
}

/** Collects the statements of the queries, sends them as one batch, and lets Drizzle map the rows. */
async function batch<Q extends readonly Query[]>(
  client: () => Client,
  build: (tx: Db) => Q,
): Promise<{ -readonly [K in keyof Q]: Awaited<Q[K]> }> {
  const waiting: { statement: Statement; resolve(rows: Row[]): void; reject(error: unknown): void }[] = []
  let expected = 0
  const collect = (statement: Statement): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      waiting.push({ statement, resolve, reject })
      if (waiting.length < expected) return
      client()
        .batch(waiting.map((w) => w.statement))
        .then((results) => {
          for (const [i, w] of waiting.entries()) w.resolve(results[i] ?? [])
        })
        .catch((error: unknown) => {
          for (const w of waiting) w.reject(error)
        })
    })
  const queries = build({
    ...methodsOf(collect),
    batch: () => Promise.reject(new Error("A batch cannot hold another")),
  })
  expected = queries.length
  return (await Promise.all(queries)) as { -readonly [K in keyof Q]: Awaited<Q[K]> }
}
