import postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import type { Query } from "./postgres-connection.ts"
import { PostgresPool } from "./postgres-pool.ts"
import { Pooler, splitPooler } from "./postgres-pooler.ts"
import { Prepared } from "./postgres-prepared.ts"
import { neverResend } from "./postgres-resend.ts"
import { valueTypes } from "./postgres-values.ts"

export interface PostgresOptions {
  /** Most connections at a time. */
  max: number
  /** The server cancels a statement after this time, in milliseconds; 0 for never. */
  statementTimeout: number
  /** How long a statement may take that shares a connection, in milliseconds. Default: 2. */
  quickMs?: number
  /** Whether something in front of the server is known to keep sessions and their prepared statements, as Hyperdrive. */
  isDirect?: boolean
}

/**
 * Postgres over one pool per process (Node). A request's client shares the pool, so it has no `close`. The URL's
 * parameter `pooler` says what is in front of the server; without it, the first connection finds that out.
 */
export function openPostgresPool(url: string, options: PostgresOptions): Database {
  const pooler = poolerOf(url, options, true)
  const pool = poolOf(url, options, pooler, true)
  const prepared = new Prepared(options.quickMs)
  return {
    dialect: "postgres",
    label: labelOf(url),
    connect: (deadline) => clientOf({ pool, pooler, prepared, options }, deadline),
    migrate: (statements) => migrateOn(pool, statements),
    load: () => pool.load,
    close: () => pool.end(5),
  }
}

/** Postgres over one pool per request (Workers, where a socket must not outlive its request). */
export function openPostgresPerRequest(url: string, options: PostgresOptions): Database {
  const pooler = poolerOf(url, options, false)
  // Hyperdrive keeps connections and their prepared statements between requests.
  const prepared = new Prepared()
  return {
    dialect: "postgres",
    label: labelOf(url),
    connect: (deadline) => {
      const pool = poolOf(url, options, pooler, false)
      return { ...clientOf({ pool, pooler, prepared, options }, deadline), close: () => pool.end(1) }
    },
    migrate: async (statements) => {
      const pool = poolOf(url, options, pooler, false)
      await migrateOn(pool, statements).finally(() => pool.end(1))
    },
    close: async () => {},
  }
}

function poolerOf(url: string, { isDirect }: PostgresOptions, checksAll: boolean): Pooler {
  return new Pooler(isDirect ? "direct" : splitPooler(url).mode, { checksAll, label: labelOf(url) })
}

function poolOf(url: string, options: PostgresOptions, pooler: Pooler, isFair: boolean): PostgresPool {
  const { max, statementTimeout } = options
  // 0 is no limit for statements.
  const connectTimeoutMs = Math.min(5_000, statementTimeout || 5_000)
  const target = splitPooler(url).url
  const open = () => {
    const sql = postgres(target, {
      max: 1,
      // postgres.js would query the types on every new connection; the statements need none of them.
      fetch_types: false,
      types: valueTypes,
      connect_timeout: connectTimeoutMs / 1000,
      // Seconds. Short, so that a database that is back is used at once.
      backoff: () => 0.1,
      connection: {
        application_name: "weir",
        ...(pooler.takesTimeout ? { statement_timeout: statementTimeout } : {}),
      },
      onnotice: () => {},
    })
    // postgres.js reads this for each statement, and names its own `commit` as well.
    Object.defineProperty(sql.options, "prepare", { get: () => pooler.keepsSession })
    neverResend(sql)
    return sql
  }
  return new PostgresPool({ open, max, statementTimeout, connectTimeoutMs, pooler, isFair })
}

interface ClientParts {
  pool: PostgresPool
  pooler: Pooler
  prepared: Prepared
  options: PostgresOptions
}

function clientOf({ pool, pooler, prepared, options }: ClientParts, deadline?: Deadline): Client {
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
    // A statement that begins with its own tables may write, unless it is one of the engine's reads.
    const isRead = statement.single === true || /^\s*select\b/i.test(statement.text)
    const isWrite = statement.change !== undefined || !isRead
    return pool.query(
      sendOn,
      { isWrite, isBounded: statement.bounded === true, latency },
      deadline,
    ) as Promise<Row[]>
  }
  const throwIfExpired = () => {
    if (deadline?.expired) throw new DeadlineExpired()
  }
  return {
    query,
    batch: async (statements) => {
      const [first] = statements
      // Without values, a statement leaves at once and as a whole: a pooler could run it after its deadline.
      const isAlone = first && statements.length === 1 && (pooler.keepsSession || first.params.length > 0)
      if (isAlone) return [await query(first)]
      const results = await pool.transaction(async (tx) => {
        // The deadline may have expired while the transaction waited for a connection.
        throwIfExpired()
        // The deadline cancels no statement, since the cancel request could hit the rollback; it rolls the transaction
        // back instead.
        const sendNth = (statement: Statement, i: number) =>
          send(tx, statement, prepared.latencyOf(statement.text) !== undefined).catch((error: unknown) => {
            throw Object.assign(error as object, { statementIndex: i })
          })
        if (!pooler.takesTimeout) await tx.unsafe(`set local statement_timeout = ${options.statementTimeout}`)
        const rows = pooler.keepsSession
          ? await Promise.all(statements.map(sendNth))
          : await oneByOne(statements, sendNth)
        throwIfExpired()
        return rows
      }, deadline)
      return results as Row[][]
    },
  }
}

async function oneByOne<T, R>(items: T[], run: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const [i, item] of items.entries()) results.push(await run(item, i))
  return results
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

function labelOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `Postgres at ${host}${pathname}`
}
