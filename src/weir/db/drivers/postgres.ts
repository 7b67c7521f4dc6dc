import type postgres from "postgres"
import { type Deadline, DeadlineExpired } from "../deadline.ts"
import type { Client, Database, Row, Statement } from "../driver.ts"
import type { Query } from "./postgres-connection.ts"
import { opener } from "./postgres-open.ts"
import { WriteOrder } from "./postgres-order.ts"
import { PostgresPool } from "./postgres-pool.ts"
import { Pooler } from "./postgres-pooler.ts"
import { optionsOf, Prepared, type PreparedStatement } from "./postgres-prepared.ts"
import { rehearsing } from "./postgres-rehearsal.ts"
import { isUndone, noteOutwaited } from "./postgres-resend.ts"
import type { ReadFile } from "./postgres-tls.ts"
import { addressOf, hyperdriveTarget, type PostgresTarget, parsePostgresUrl } from "./postgres-url.ts"

export interface PostgresOptions {
  /** Most connections at a time. */
  max: number
  /** The server cancels a statement after this time, in milliseconds; 0 for never. */
  statementTimeout: number
  /** How long a statement may take that shares a connection, in milliseconds. Default: 2. */
  quickMs?: number
  /** Whether something in front of the server is known to keep sessions and their prepared statements, as Hyperdrive. */
  isDirect?: boolean
  /** Reads the certificates that a URL names. Absent where there are no files. */
  readFile?: ReadFile
}

/**
 * Postgres over one pool per process (Node). A request's client shares the pool, so it has no `close`. The URL's
 * parameter `pooler` says what is in front of the server; without it, the first connection finds that out.
 */
export function openPostgresPool(url: string, options: PostgresOptions): Database {
  const target = parsePostgresUrl(url, options.isDirect)
  const pooler = poolerOf(target, options, true)
  const pool = poolsOf(target, options, pooler, true)()
  const prepared = new Prepared(options.quickMs)
  const order = new WriteOrder(true)
  return {
    dialect: "postgres",
    label: labelOf(target),
    connect: (deadline) => clientOf({ pool, pooler, prepared, order, options, plansAnew: true }, deadline),
    migrate: (statements) => migrateOn(pool, statements),
    load: () => pool.load,
    close: () => pool.end(5),
  }
}

/** Postgres over one pool per request (Workers, where a socket must not outlive its request). */
export function openPostgresPerRequest(url: string, options: PostgresOptions): Database {
  // The bundler leaves the reading of parameters out of a Worker for Hyperdrive alone.
  const isHyperdrive = process.env.WEIR_DATABASE === "hyperdrive"
  const target = isHyperdrive ? hyperdriveTarget(url) : parsePostgresUrl(url, options.isDirect)
  const pooler = poolerOf(target, options, false)
  const openPool = poolsOf(target, options, pooler, false)
  // Hyperdrive keeps connections and their prepared statements between requests.
  const prepared = new Prepared()
  const order = new WriteOrder(false)
  return {
    dialect: "postgres",
    label: labelOf(target),
    connect: (deadline) => {
      const pool = openPool()
      return { ...clientOf({ pool, pooler, prepared, order, options }, deadline), close: () => pool.end(1) }
    },
    migrate: async (statements) => {
      const pool = openPool()
      await migrateOn(pool, statements).finally(() => pool.end(1))
    },
    close: async () => {},
  }
}

function poolerOf(target: PostgresTarget, { isDirect }: PostgresOptions, checksAll: boolean): Pooler {
  return new Pooler(isDirect ? "direct" : target.pooler, { checksAll, label: labelOf(target) })
}

/** A function that makes pools. Throws one line where a file of the URL cannot be read. */
function poolsOf(
  target: PostgresTarget,
  options: PostgresOptions,
  pooler: Pooler,
  isFair: boolean,
): () => PostgresPool {
  const { statementTimeout, isDirect = false, readFile } = options
  const max = Math.min(target.maxConnections ?? options.max, isFair ? Number.POSITIVE_INFINITY : options.max)
  // 0 is no limit for statements.
  const connectTimeoutMs = (target.connectTimeout ?? Math.min(5, (statementTimeout || 5_000) / 1_000)) * 1_000
  const poolTimeoutMs = target.poolTimeout === undefined ? undefined : target.poolTimeout * 1_000
  const open = opener(target, { statementTimeout, connectTimeoutMs, pooler, isDirect, readFile })
  return () =>
    new PostgresPool({ open, max, statementTimeout, connectTimeoutMs, poolTimeoutMs, pooler, isFair })
}

/** The rows of a statement, with its columns. */
type Rows = Row[] & { columns?: { name: string }[] }

const withHeader = (rows: Rows): Row[] => [(rows.columns ?? []).map(({ name }) => name), ...rows]

interface ClientParts {
  pool: PostgresPool
  pooler: Pooler
  prepared: Prepared
  order: WriteOrder
  options: PostgresOptions
  /** Whether long transactions are planned anew. Hyperdrive takes no command for that. */
  plansAnew?: boolean
}

/** So many statements are planned anew: plans of few rows would go through a table that has grown for each of them. */
const manyStatements = 100

function clientOf(parts: ClientParts, deadline?: Deadline): Client {
  const { pool, pooler, order } = parts
  const sendAlone = (statement: Statement) => queryOn(parts, statement, deadline)
  const transaction = (statements: Statement[], isAgain: boolean) =>
    pool.transaction((tx) => runIn(tx, parts, statements, { deadline, isAgain, mayHaste: true }), deadline)
  const query = (statement: Statement) =>
    sendAlone(statement).catch((error: unknown) => {
      if (!isUndone(error)) throw error
      return order.run([statement], deadline, () => sendAlone(statement), error)
    })
  return {
    query,
    batch: (statements) => {
      const [first] = statements
      // Without values, a statement leaves at once and as a whole: a pooler could run it after its deadline.
      const alone =
        statements.length === 1 && (pooler.keepsSession || first?.params.length) ? first : undefined
      return order.run(statements, deadline, async (isAgain) =>
        alone && !isAgain ? [await sendAlone(alone)] : await transaction(statements, isAgain),
      )
    },
    rehearse: () =>
      rehearsing({
        query,
        transaction: (work) => pool.transaction(work, deadline),
        async run(tx, statements, isAgain) {
          const rows = await runIn(tx, parts, statements, { deadline, isAgain, mayHaste: false })
          // What a commit would check.
          await tx.unsafe("set constraints all immediate")
          return rows
        },
        deadline,
      }),
  }
}

const send = (
  on: postgres.Sql | postgres.TransactionSql,
  { text, params }: Statement,
  as: PreparedStatement | undefined,
) => on.unsafe(text, params as postgres.ParameterOrJSON<never>[], optionsOf(as, params)).values()

/**
 * A statement as it is prepared. One of many rows never is: its plan may have been made while its tables were tiny, and go
 * through them for each row. To plan it anew takes less time than its rows.
 */
const preparedAs = (prepared: Prepared, { text, many }: Statement): PreparedStatement | undefined =>
  many ? undefined : prepared.statementOf(text)

/** Runs a statement on any connection. */
function queryOn(
  { pool, prepared }: ClientParts,
  statement: Statement,
  deadline: Deadline | undefined,
): Promise<Row[]> {
  const as = preparedAs(prepared, statement)
  const sendOn = (on: postgres.Sql) => send(on, statement, as) as unknown as Query
  // A statement that begins with its own tables may write, unless it is one of the engine's reads.
  const isRead =
    statement.single === true || statement.isRead === true || /^\s*select\b/i.test(statement.text)
  const isWrite = statement.change !== undefined || !isRead
  const rows = pool.query(
    sendOn,
    { isWrite, isBounded: statement.bounded === true, latency: as?.latency },
    deadline,
  ) as Promise<Rows>
  return statement.header ? rows.then(withHeader) : rows
}

interface Run {
  deadline: Deadline | undefined
  isAgain: boolean
  mayHaste: boolean
}

/** Runs statements within a transaction, behind the locks that they need. */
async function runIn(
  tx: postgres.TransactionSql,
  { pooler, prepared, order, options, plansAnew }: ClientParts,
  statements: Statement[],
  { deadline, isAgain, mayHaste }: Run,
): Promise<Row[][]> {
  const throwIfExpired = () => {
    if (deadline?.expired) throw new DeadlineExpired()
  }
  // The deadline may have expired while the transaction waited for a connection.
  throwIfExpired()
  const { lock, isHasty } = order.lockOf(statements, isAgain, mayHaste)
  // The deadline cancels no statement, since the cancel request could hit the rollback; it rolls the transaction
  // back instead.
  const sendNth = (statement: Statement, i: number) =>
    send(tx, statement, preparedAs(prepared, statement)).catch((error: unknown) => {
      if (isHasty) noteOutwaited(error)
      throw Object.assign(error as object, { statementIndex: i })
    })
  if (!pooler.takesSettings) await tx.unsafe(`set local statement_timeout = ${options.statementTimeout}`)
  // Sent at once, before the others.
  const locked = lock && send(tx, lock, prepared.statementOf(lock.text)).execute()
  if (!pooler.keepsSession) await locked
  const isAnew = plansAnew && pooler.keepsSession && statements.length >= manyStatements
  const forgotten = isAnew && tx.unsafe("discard plans").execute()
  const results = pooler.keepsSession
    ? (await Promise.all([...statements.map(sendNth), locked, forgotten])).slice(0, statements.length)
    : await oneByOne(statements, sendNth)
  throwIfExpired()
  return (results as Rows[]).map((rows, i) => (statements[i]?.header ? withHeader(rows) : rows))
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

const labelOf = (target: PostgresTarget): string => `Postgres at ${addressOf(target)}`
