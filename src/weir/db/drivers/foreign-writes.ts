import { closeSync, openSync, readSync, realpathSync } from "node:fs"

/** The header of the WAL index, twice over: each commit changes it. https://www.sqlite.org/walformat.html */
const headerSize = 96

/**
 * SQLite's `data_version`, which changes with the commits of other connections only, asked for no more often than
 * the file has changed: a look at the WAL index costs a fraction of the statement.
 */
export class ForeignWrites {
  private readonly path: string
  private readonly ask: () => number
  private file: number | undefined
  private seen = Buffer.alloc(headerSize)
  private now = Buffer.alloc(headerSize)
  private known: number | undefined
  private committed = false

  /** `ask` runs the pragma on the connection to the database at `path`. */
  constructor(path: string, ask: () => number) {
    this.path = path
    this.ask = ask
  }

  version(): number {
    if (!this.look()) return this.ask()
    const same = this.now.equals(this.seen)
    // A header that one's own commit has not changed is another file's, or a deleted one's: it tells nothing.
    if (same && this.committed) return this.ask()
    if (same && this.known !== undefined) return this.known
    this.committed = false
    // What is committed from here on shows in the header the next time.
    const before = this.seen
    this.seen = this.now
    this.now = before
    this.known = this.ask()
    return this.known
  }

  /** Says that this process has committed: the header must have changed. */
  note(): void {
    this.committed = true
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
  }

  /** Reads the header; false where there is none, as with a database in memory. */
  private look(): boolean {
    try {
      this.file ??= openSync(`${realpathSync(this.path)}-shm`, "r")
      return readSync(this.file, this.now, 0, headerSize, 0) === headerSize
    } catch {
      return false
    }
  }
}
