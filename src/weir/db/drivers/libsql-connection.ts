import { setTimeout as sleep } from "node:timers/promises"
import type Sqlite from "libsql"
import { LRUCache } from "lru-cache"
import type { Row, Statement } from "../driver.ts"
import { busyTimeoutMs, isBusy, openFile } from "./libsql-open.ts"
import { asBytes, decoded } from "./libsql-sent.ts"

/** A prepared statement. `reader`, whether it returns rows, is cached: each query of it calls into the engine. */
interface Prepared {
  statement: Sqlite.Statement
  reader: boolean
  /** Whether its text comes as bytes. */
  isEncoded: boolean
  /** Whether `all` has used it. */
  isSpent?: boolean
}

/** The process's one connection to a database file, with its prepared statements. */
export class FileConnection {
  readonly db: Sqlite.Database
  private readonly prepared = new LRUCache<string, Prepared>({ max: 500 })

  constructor(path: string, options?: Parameters<typeof openFile>[1]) {
    this.db = openFile(path, options)
  }

  /** Runs one statement synchronously, on the calling thread. */
  run(statement: Statement): Row[] {
    try {
      return this.step(statement)
    } catch (error) {
      // libSQL leaves a statement that failed where it was: the next use of it would begin behind its rows.
      this.prepared.delete(statement.text)
      throw error
    }
  }

  private step({ text, params, single, header }: Statement): Row[] {
    if (single && this.prepared.get(text)?.isSpent) this.prepared.delete(text)
    const entry = this.prepare(text)
    const rows = this.rows(entry, params, single, header)
    return entry.isEncoded ? decoded(rows) : rows
  }

  private rows(entry: Prepared, params: Statement["params"], single = false, header = false): Row[] {
    const { statement, reader } = entry
    if (!reader) {
      statement.run(params)
      return []
    }
    if (header)
      return [statement.columns().map(({ name }) => name), ...(statement.all(params) as unknown as Row[])]
    // `get` steps once and makes no iterator, which halves the time of a small read.
    if (!single) {
      // libSQL leaves it behind its rows, where a `get` after it would answer by the values of before.
      entry.isSpent = true
      return statement.all(params) as Row[]
    }
    const row = statement.get(params) as Row | undefined
    return row ? [row] : []
  }

  /**
   * Begins a write transaction. Waits for other processes' writes up to `timeoutMs`, and for as long as somebody awaits it,
   * without blocking the event loop.
   */
  async begin(timeoutMs: number = busyTimeoutMs, isAwaited: () => boolean = () => false): Promise<void> {
    const until = performance.now() + timeoutMs
    for (;;) {
      try {
        this.db.exec("begin immediate")
        return
      } catch (error) {
        if (!isBusy(error) || (performance.now() > until && !isAwaited())) throw error
        await sleep(2 + Math.random() * 20)
      }
    }
  }

  /** Discards the prepared statements, since a migration may have changed their tables. */
  forgetPrepared(): void {
    this.prepared.clear()
  }

  private prepare(text: string): Prepared {
    const existing = this.prepared.get(text)
    if (existing) return existing
    const bytes = asBytes(text)
    const statement = this.db.prepare(bytes)
    const { reader } = statement
    const entry = { statement: reader ? statement.raw() : statement, reader, isEncoded: bytes !== text }
    this.prepared.set(text, entry)
    return entry
  }
}
