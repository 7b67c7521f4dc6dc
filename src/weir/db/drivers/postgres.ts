import { LRUCache } from "lru-cache"
import postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import type { Query } from "./postgres-line.ts"
import { Pace } from "./postgres-pace.ts"
import { PostgresPool } from "./postgres-pool.ts"

export interface PostgresOptions {
  /** Most connections. */
  max: number
  /** A statement is cancelled after this time, in milliseconds. */
  statementTimeout: number
}

/** Postgres by a pool for the process (Node). A request's client is a lease: there is nothing to give back. */
export function openPostgresPool(url: string, options: PostgresOptions): Database {
  const pool = poolOf(url, options)
  const prepared = new Prepared()
  return {
    dialect: "postgres",
    label: labelOf(url),
    connect: (deadline) => clientOf(pool, prepared, deadline),
    migrate: (statements) => migrateOn(pool, statements),
    close: () => pool.end(5),
  }
}

/** Postgres by a client for each request (Workers, where a socket must not outlive its request). */
export function openPostgresPerRequest(url: string, options: PostgresOptions): Database {
  // Hyperdrive keeps the connections, and what is prepared on them, between requests.
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
      // Types would be fetched on every new connection; the statements need none of them.
      fetch_types: false,
      connect_timeout: Math.min(5, statementTimeout / 1000),
      // Reconnect soon: a database that comes back should be found at once.
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
    // Without values, postgres.js would have the text parsed and planned each time.
    const options = isPrepared ? { prepare: true, simple: false } : {}
    return on.unsafe(text, params as postgres.ParameterOrJSON<never>[], options).values()
  }
  const query = (statement: Statement) => {
    const pace = prepared.paceOf(statement.text)
    const sendOn = (on: postgres.Sql) => send(on, statement, pace !== undefined) as unknown as Query
    const isWrite = statement.change !== undefined || !/^\s*select\b/i.test(statement.text)
    return pool.query(sendOn, { isWrite, pace }, deadline) as Promise<Row[]>
  }
  const inTime = () => {
    if (deadline?.expired) throw new DeadlineExpired()
  }
  return {
    query,
    batch: async (statements) => {
      const [first] = statements
      if (first && statements.length === 1) return [await query(first)]
      const results = await pool.transaction(async (tx) => {
        // The connection may have been long in coming.
        inTime()
        // Sent in one go: the answers are waited for together. None is cancelled at the deadline, which could
        // hit the rollback instead; without a commit, nothing of them stays.
        const sent = statements.map((statement, i) =>
          send(tx, statement, prepared.paceOf(statement.text) !== undefined).catch((error: unknown) => {
            throw Object.assign(error as object, { statementIndex: i })
          }),
        )
        const rows = await Promise.all(sent)
        inTime()
        return rows
      }, deadline)
      return results as Row[][]
    },
  }
}

/** One statement after the other: a migration is short, and what fails is to be named. */
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

/** Uses after which a statement is prepared, and most statements that are. */
const preparedFrom = 3
const maxPrepared = 300

/**
 * Which statements are kept prepared. A connection never forgets one, and shapes come from clients: only
 * what is asked for again is prepared, and never more than the limit.
 */
class Prepared {
  private readonly seen = new LRUCache<string, number>({ max: 1000 })
  private readonly paces = new Map<string, Pace>()

  /** The pace of a statement that is kept prepared; undefined for others. */
  paceOf(text: string): Pace | undefined {
    const known = this.paces.get(text)
    if (known) return known
    const uses = (this.seen.get(text) ?? 0) + 1
    this.seen.set(text, uses)
    if (uses < preparedFrom || this.paces.size >= maxPrepared) return undefined
    const pace = new Pace()
    this.paces.set(text, pace)
    return pace
  }
}

function labelOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `Postgres at ${host}${pathname}`
}
