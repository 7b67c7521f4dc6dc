import { LRUCache } from "lru-cache"
import postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import type { Query } from "./postgres-connection.ts"
import { LatencyTracker } from "./postgres-latency.ts"
import { PostgresPool } from "./postgres-pool.ts"

export interface PostgresOptions {
  /** Most connections at a time. */
  max: number
  /** The server cancels a statement after this time, in milliseconds; 0 for never. */
  statementTimeout: number
  /** How long a statement may take that shares a connection, in milliseconds. Default: 2. */
  quickMs?: number
}

/** Postgres over one pool per process (Node). A request's client shares the pool, so it has no `close`. */
export function openPostgresPool(url: string, options: PostgresOptions): Database {
  const pool = poolOf(url, options)
  const prepared = new Prepared(options.quickMs)
  return {
    dialect: "postgres",
    label: labelOf(url),
    connect: (deadline) => clientOf(pool, prepared, deadline),
    migrate: (statements) => migrateOn(pool, statements),
    load: () => pool.load,
    close: () => pool.end(5),
  }
}

/** Postgres over one pool per request (Workers, where a socket must not outlive its request). */
export function openPostgresPerRequest(url: string, options: PostgresOptions): Database {
  // Hyperdrive keeps connections and their prepared statements between requests.
  const prepared = new Prepared()
  return {
    dialect: "postgres",
    label: labelOf(url),
    connect: (deadline) => {
      const pool = poolOf(url, options)
      return { ...clientOf(pool, prepared, deadline), close: () => pool.end(1) }
    },
    migrate: async (statements) => {
      const pool = poolOf(url, options)
      await migrateOn(pool, statements).finally(() => pool.end(1))
    },
    close: async () => {},
  }
}

function poolOf(url: string, { max, statementTimeout }: PostgresOptions): PostgresPool {
  const open = () =>
    postgres(url, {
      max: 1,
      // postgres.js would query the types on every new connection; the statements need none of them.
      fetch_types: false,
      connect_timeout: Math.min(5, statementTimeout / 1000),
      // Seconds. Short, so that a database that is back is used at once.
      backoff: () => 0.1,
      connection: { application_name: "weir", statement_timeout: statementTimeout },
      onnotice: () => {},
    })
  return new PostgresPool(open, max, statementTimeout)
}

function clientOf(pool: PostgresPool, prepared: Prepared, deadline?: Deadline): Client {
  const send = (
    on: postgres.Sql | postgres.TransactionSql,
    { text, params }: Statement,
    isPrepared: boolean,
  ) => {
    // By default, postgres.js sends a statement without values unprepared: parsed and planned each time.
    const options = isPrepared ? { prepare: true, simple: false } : {}
    return on.unsafe(text, params as postgres.ParameterOrJSON<never>[], options).values()
  }
  const query = (statement: Statement) => {
    const latency = prepared.latencyOf(statement.text)
    const sendOn = (on: postgres.Sql) => send(on, statement, latency !== undefined) as unknown as Query
    const isWrite = statement.change !== undefined || !/^\s*select\b/i.test(statement.text)
    return pool.query(sendOn, { isWrite, latency }, deadline) as Promise<Row[]>
  }
  const throwIfExpired = () => {
    if (deadline?.expired) throw new DeadlineExpired()
  }
  return {
    query,
    batch: async (statements) => {
      const [first] = statements
      if (first && statements.length === 1) return [await query(first)]
      const results = await pool.transaction(async (tx) => {
        // The deadline may have expired while the transaction waited for a connection.
        throwIfExpired()
        // The statements are pipelined. The deadline cancels none of them, since the cancel request could hit the
        // rollback; it rolls the transaction back instead.
        const pending = statements.map((statement, i) =>
          send(tx, statement, prepared.latencyOf(statement.text) !== undefined).catch((error: unknown) => {
            throw Object.assign(error as object, { statementIndex: i })
          }),
        )
        const rows = await Promise.all(pending)
        throwIfExpired()
        return rows
      }, deadline)
      return results as Row[][]
    },
  }
}

/** Runs one statement after the other, so that the error can say which one failed. */
async function migrateOn(pool: PostgresPool, statements: string[]): Promise<void> {
  let done = 0
  try {
    await pool.transaction(async (tx) => {
      for (const statement of statements) {
        await tx.unsafe(statement)
        done += 1
      }
    })
  } catch (error) {
    throw Object.assign(error as object, { statementIndex: done })
  }
}

/** The use from which on a statement is prepared, and most prepared statements. */
const preparedFromUse = 3
const maxPrepared = 300

/**
 * Decides which statements are prepared. A connection keeps a prepared statement for its whole life, and clients
 * choose the shapes of statements: only repeated ones are prepared, up to a limit.
 */
class Prepared {
  private readonly useCounts = new LRUCache<string, number>({ max: 1000 })
  private readonly latencies = new Map<string, LatencyTracker>()
  private readonly quickMs: number | undefined

  constructor(quickMs?: number) {
    this.quickMs = quickMs
  }

  /** The latency tracker of a prepared statement; undefined for a statement that is not prepared. Counts a use. */
  latencyOf(text: string): LatencyTracker | undefined {
    const existing = this.latencies.get(text)
    if (existing) return existing
    const uses = (this.useCounts.get(text) ?? 0) + 1
    this.useCounts.set(text, uses)
    if (uses < preparedFromUse || this.latencies.size >= maxPrepared) return undefined
    const latency = new LatencyTracker(this.quickMs)
    this.latencies.set(text, latency)
    return latency
  }
}

function labelOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `Postgres at ${host}${pathname}`
}
