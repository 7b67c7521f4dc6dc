import { closeSync, openSync, readSync, realpathSync } from "node:fs"

/** Bytes of the two copies of the WAL index header, which every commit changes. https://www.sqlite.org/walformat.html */
const headerSize = 96

/** How many commits such a header has counted. */
const countIn = (header: Buffer): number => header.readUInt32LE(8)

/**
 * SQLite's `data_version`, which changes with the commits of other connections only. The pragma runs only when the
 * WAL index has changed: reading its header costs a fraction of a statement.
 */
export class ForeignWrites {
  private readonly path: string
  private readonly queryVersion: () => number
  private file: number | undefined
  /** The header when `lastVersion` was queried, and a buffer for the one read now. */
  private lastHeader = Buffer.alloc(headerSize)
  private header = Buffer.alloc(headerSize)
  private lastVersion: number | undefined
  private committed = false
  /** By how much commits of processes of our own have moved it. */
  private own = 0

  /** `queryVersion` runs the pragma on the connection to the database at `path`. */
  constructor(path: string, queryVersion: () => number) {
    this.path = path
    this.queryVersion = queryVersion
  }

  version(): number {
    return this.ask() - this.own
  }

  private ask(): number {
    if (!this.readHeader()) return this.queryVersion()
    const same = this.header.equals(this.lastHeader)
    // Our own commit must change the header. If it did not, the open file is a replaced or deleted one.
    if (same && this.committed) return this.queryVersion()
    if (same && this.lastVersion !== undefined) return this.lastVersion
    this.committed = false
    // Kept as it was read before the query: a commit during the query then shows in the next call.
    this.keepHeader()
    this.lastVersion = this.queryVersion()
    return this.lastVersion
  }

  private keepHeader(): void {
    const spare = this.lastHeader
    this.lastHeader = this.header
    this.header = spare
  }

  /**
   * Takes the commit of a process of our own for one of this process, where no other has come since `version` was asked at
   * so many commits.
   */
  takeOver(counted: number | undefined): void {
    this.note()
    const { lastVersion } = this
    if (counted === undefined || lastVersion === undefined || countIn(this.lastHeader) !== counted) return
    const now = this.queryVersion()
    if (this.commits() !== counted + 1) return
    this.own += now - lastVersion
    this.keepHeader()
    this.lastVersion = now
    this.committed = false
  }

  /** Notes a commit of this process: the header must have changed by the next call of `version`. */
  note(): void {
    this.committed = true
  }

  /** How many commits the index of the WAL has counted, of all connections; undefined where that cannot be read. */
  commits(): number | undefined {
    return this.readHeader() ? countIn(this.header) : undefined
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
  }

  /** Reads the header; false where there is none, as for a database in memory. */
  private readHeader(): boolean {
    try {
      this.file ??= openSync(`${realpathSync(this.path)}-shm`, "r")
      return readSync(this.file, this.header, 0, headerSize, 0) === headerSize
    } catch {
      return false
    }
  }
}
