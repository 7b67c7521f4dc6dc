import { LRUCache } from "lru-cache"
import type postgres from "postgres"
import type { Value } from "../dialect/statement.ts"
import type { Query } from "./postgres-connection.ts"
import { LatencyTracker } from "./postgres-latency.ts"

/** The use from which on a statement is prepared, and most prepared statements. */
const preparedFromUse = 3
const maxPrepared = 300

/** A prepared statement: how long it takes, and what postgres.js knows it by. */
export interface PreparedStatement {
  latency: LatencyTracker
  signature: string
}

/**
 * Decides which statements are prepared. A connection keeps a prepared statement for its whole life, and clients
 * choose the shapes of statements: only repeated ones are prepared, up to a limit.
 */
export class Prepared {
  private readonly useCounts = new LRUCache<string, number>({ max: 1000 })
  private readonly statements = new Map<string, PreparedStatement>()
  private readonly quickMs: number | undefined

  constructor(quickMs?: number) {
    this.quickMs = quickMs
  }

  /** The prepared statement of that text; undefined where it is not prepared. Counts a use. */
  statementOf(text: string): PreparedStatement | undefined {
    const existing = this.statements.get(text)
    if (existing) return existing
    const uses = (this.useCounts.get(text) ?? 0) + 1
    this.useCounts.set(text, uses)
    if (uses < preparedFromUse || this.statements.size >= maxPrepared) return undefined
    const latency = new LatencyTracker(this.quickMs)
    const statement = { latency, signature: `#${this.statements.size}` }
    this.statements.set(text, statement)
    return statement
  }
}

/** Whether postgres.js leaves the type of a value to the server. Those that it tells are part of a signature. */
const isUntyped = (value: unknown): boolean =>
  value === null || typeof value === "string" || typeof value === "number"

/** How postgres.js sends a statement. By default, one without values is sent unprepared: parsed and planned each time. */
export const optionsOf = (prepared: PreparedStatement | undefined, params: Value[]): object => {
  if (!prepared) return {}
  const { signature } = prepared
  const own = { prepare: true, simple: false }
  return params.every(isUntyped) ? { ...own, signature } : own
}

/** What a query's setter keeps the signature in. */
const signature = Symbol("signature")

/**
 * Has postgres.js know prepared statements by the signatures of their options. It would look each one up by the types of
 * its values with the text behind them, which it makes for each use: to hash a long text takes as long as the rest of sending it.
 */
export function signShort(sql: postgres.Sql): void {
  const prototype = Object.getPrototypeOf(sql.unsafe("")) as object
  if ("signature" in prototype) return
  type Signed = Query & { options: { signature?: string }; [signature]: unknown }
  Object.defineProperty(prototype, "signature", {
    get(this: Signed) {
      return this[signature]
    },
    set(this: Signed, value: unknown) {
      this[signature] = value && (this.options.signature ?? value)
    },
  })
}
