import type postgres from "postgres"
import type { Query } from "./postgres-connection.ts"

export const queryCanceled = "57014"
const invalidStatementName = "26000"
const duplicateStatementName = "42P05"

/**
 * The server cancelled this statement in place of a neighbour on its connection, or refused it before it ran, or there
 * was no connection to send it on. It had no effect, so it may be sent again.
 */
export class Resendable extends Error {
  readonly code = queryCanceled
  constructor(options?: ErrorOptions) {
    super("the statement was cancelled in place of another on its connection", options)
  }
}

/** Where Postgres refuses to run a prepared statement: it is missing, or its types have changed. */
const refusals = new Set(["FetchPreparedStatement", "RevalidateCachedQuery", "transformAssignedExpr"])

const refused = new WeakSet<object>()

/** Whether a prepared statement was refused before it ran, so that it may be sent again. */
export const isRefusedPlan = (error: unknown): boolean =>
  (typeof error === "object" && error !== null && refused.has(error)) || isForeignSession(error)

/** Whether a prepared statement was missing, or there already: the connection is not one session. */
export function isForeignSession(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code
  return code === invalidStatementName || code === duplicateStatementName
}

const lockNotAvailable = "55P03"
const outwaited = new WeakSet<object>()

/** Notes that it is our own limit that ended the wait for a lock, if one did. */
export function noteOutwaited(error: unknown): void {
  if ((error as { code?: unknown }).code === lockNotAvailable) outwaited.add(error as object)
}

/**
 * Whether a transaction was undone for the sake of others: the server found a deadlock (40P01), or could not put it in one
 * order with them (40001), or it gave up the wait for a lock. Nothing is left of it, so it may be sent again.
 */
export function isUndone(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false
  const { code } = error as { code?: unknown }
  return code === "40P01" || code === "40001" || outwaited.has(error)
}

const nobody = { resolve: () => {}, reject: () => {} }

/**
 * Keeps postgres.js from sending a refused statement again by itself. It would do so behind the statements that are
 * in flight on the connection, and then give the answer of the next one to it.
 */
export function neverResend(sql: postgres.Sql): void {
  const prototype = Object.getPrototypeOf(sql.unsafe("")) as object
  if ("retried" in prototype) return
  // postgres.js notes a refused query's error here before it sends the query again, but never a cancelled query.
  Object.defineProperty(prototype, "retried", {
    get: () => undefined,
    set(this: Query & { cancelled: unknown }, error: object) {
      if (refusals.has(String((error as { routine?: unknown }).routine))) refused.add(error)
      this.cancelled = nobody
      this.reject(error)
    },
  })
}
