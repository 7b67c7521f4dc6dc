import { LRUCache } from "lru-cache"
import type { Statement } from "../driver.ts"
import type { FileConnection } from "./libsql-connection.ts"

/** Most rows that a statement may visit on the event loop's thread: some milliseconds. */
const maxVisits = 20_000
/** Largest file of which all rows may be looked at there, in bytes: rows may be long. */
const maxFileBytes = 16 * 1024 * 1024
/** How long a size is taken for what it was, in milliseconds. */
const sizeLifetimeMs = 1_000

/** Judges which statements are cheap enough for the event loop's thread: by bounds, never by hope. */
export class CostJudge {
  private readonly connection: FileConnection
  /** The rows of tables, and under the empty name the bytes of the file. */
  private readonly sizes = new LRUCache<string, number>({ max: 1000, ttl: sizeLifetimeMs })
  /** Whether SQLite finds all rows of a statement by their primary keys: of those that are not of the engine's making. */
  private readonly keyed = new LRUCache<string, boolean>({ max: 1000 })

  constructor(connection: FileConnection) {
    this.connection = connection
  }

  /** Whether the rows that a read visits are few, whatever its values. */
  isCheap({ bounded, scans, text }: Statement): boolean {
    if (bounded) return true
    if (!scans) return this.keyed.get(text) === true
    if (this.fileBytes() > maxFileBytes) return false
    let visits = 0
    for (const table of scans) visits += this.rowsOf(table)
    return visits <= maxVisits
  }

  /** Learns the plan of a statement. */
  learn(text: string, isKeyed: boolean): void {
    this.keyed.set(text, isKeyed)
  }

  /** Forgets what a migration may have changed. */
  forget(): void {
    this.sizes.clear()
    this.keyed.clear()
  }

  private fileBytes(): number {
    return this.sized("", () => {
      const pages = (name: string) =>
        Number(this.connection.run({ text: `pragma ${name}`, params: [] })[0]?.[0])
      return pages("page_count") * pages("page_size")
    })
  }

  /** Most rows that a table can have: its row ids are that far apart. Finding them costs two steps in its tree. */
  private rowsOf(table: string): number {
    return this.sized(table, () => {
      const name = `"${table.replaceAll('"', '""')}"`
      try {
        const text = `select (select max(rowid) from ${name}) - (select min(rowid) from ${name}) + 1`
        return Number(this.connection.run({ text, params: [], single: true })[0]?.[0] ?? 0)
      } catch {
        // A view, or a table without row ids: nothing bounds it.
        return Number.POSITIVE_INFINITY
      }
    })
  }

  private sized(name: string, find: () => number): number {
    const known = this.sizes.get(name)
    if (known !== undefined) return known
    const size = find()
    this.sizes.set(name, size)
    return size
  }
}
