import { count, type SQL } from "drizzle-orm"
import { drizzle as drizzlePg } from "drizzle-orm/pg-proxy"
import type { SQLiteSelectBuilder, SQLiteTable } from "drizzle-orm/sqlite-core"
import { drizzle as drizzleSqlite, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy"
import { dialectName } from "./dialect/choose.ts"
import type { Client, Row, Statement, Value } from "./driver.ts"

type Remote = SqliteRemoteDatabase
/** A query of the handle, not yet run. */
type Query = PromiseLike<unknown>

/**
 * Drizzle over the request's own client, for hand-written routes: what is common to both dialects. Each
 * query is one statement; what must happen together goes through `batch`.
 */
export interface Db extends Pick<Remote, "select" | "selectDistinct" | "insert" | "update" | "delete"> {
  /** How many rows a table holds, or how many of them the filter leaves. */
  $count(source: SQLiteTable, filter?: SQL): Promise<number>
  /** Runs the queries as one transaction, all or nothing: `db.batch((tx) => [tx.insert(…), tx.update(…)])`. */
  batch<const Q extends readonly Query[]>(
    build: (tx: Db) => Q,
  ): Promise<{ -readonly [K in keyof Q]: Awaited<Q[K]> }>
}

const reads = /^\s*\(?\s*select\b/i

/** Drizzle over a client. `client` is asked for at the first query. */
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
    const rows = await run({ text, params: params as Value[] })
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
    // Drizzle's own reads the answer by name, which rows as arrays do not have.
    $count: async (source, filter) => {
      const rows = await db.select({ n: count() }).from(source).where(filter)
      return Number(rows[0]?.n ?? 0)
    },
  }
}

/** Collects what the queries would send, sends it as one batch, and lets Drizzle map the answers. */
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
