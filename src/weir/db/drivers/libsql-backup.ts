import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs"
import { dirname } from "node:path"
import Sqlite from "libsql"
import { ledgers } from "../migrations/ledger.ts"
import { isBusy } from "./libsql-open.ts"

/** The files that SQLite keeps beside a database. */
const companions = ["-wal", "-shm", "-journal"]

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

/** Whether there is a database at a path: an empty file is none. */
export const isDatabase = (path: string): boolean => (statOf(path)?.size ?? 0) > 0

/** The real path of a file that may be missing: a link names its target. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Makes a file or a folder durable. */
function sync(path: string): void {
  const file = openSync(path, "r")
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

const rows = (db: Sqlite.Database, query: string): unknown[][] => db.prepare(query).raw().all() as unknown[][]

/** A row of the ledger of migrations, as the file holds it. */
type LedgerRow = { hash: string; stamp: number }

/** Checks a database's pages and its ledger of migrations, which it returns. Throws one line for anything else. */
function verify(db: Sqlite.Database, path: string): LedgerRow[] {
  const table = ledgers.sqlite.table("main")
  const [[state] = []] = rows(db, "pragma quick_check(1)")
  if (state !== "ok") throw new Error(`${path} is damaged: ${String(state).replace(/\s+/g, " ")}`)
  const exists = rows(db, `select 1 from sqlite_master where name = '${table}'`).length > 0
  const ledger = exists ? rows(db, `select hash, created_at from ${table} order by created_at`) : []
  if (ledger.length === 0) throw new Error(`${path} is no database of Weir: it has no ledger of migrations`)
  return ledger.map(([hash, stamp]) => ({ hash: String(hash), stamp: Number(stamp) }))
}

/** Copies a snapshot of a database into a new file, which is durable afterwards. Leaves nothing where it fails. */
function copyInto(db: Sqlite.Database, path: string): void {
  try {
    db.exec(`vacuum into '${path.replaceAll("'", "''")}'`)
    sync(path)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

/** Opens an existing database to copy it, and runs `work`. Throws one line that names the path where it is none. */
function reading<T>(path: string, work: (db: Sqlite.Database) => T): T {
  let db: Sqlite.Database | undefined
  try {
    db = new Sqlite(path, { timeout: 5 } as Sqlite.Options)
    return work(db)
  } catch (error) {
    const { message } = error as Error
    if (/not a database/.test(message)) throw new Error(`${path} is no SQLite database`)
    throw /malformed/.test(message) ? new Error(`${path} is damaged`) : error
  } finally {
    db?.close()
  }
}

/**
 * Copies the database at `path` to `target`, as it is between two commits, while servers use it. The target has its
 * name only when it is complete. `overwrite`: whether it may replace a file. Throws one line where it cannot.
 */
export function backUp(path: string, target: string, overwrite: boolean): void {
  const part = `${target}.part-${process.pid}`
  reading(path, (db) => {
    verify(db, path)
    copyInto(db, part)
  })
  try {
    chmodSync(part, statSync(path).mode & 0o777)
    if (overwrite) renameSync(part, target)
    else linkSync(part, target)
    sync(dirname(target))
  } finally {
    rmSync(part, { force: true })
  }
}

/** A database file that no other process can open. */
export interface LockedFile {
  /** The file itself, where the given path is a link. */
  path: string
  /** Replaces the database by the one at `source`. Returns its ledger of migrations. */
  replaceBy(source: string): LedgerRow[]
  /** Leaves the file as it was. */
  release(): void
}

/**
 * Locks the database at a path, or the place of one that is missing. Moves its WAL into it. Throws one line where
 * another process has it open.
 */
export function lockFile(given: string): LockedFile {
  const path = realPathOf(given)
  const before = statOf(path)
  // The lock is held until the process ends: closing the file would delete companions of the new one by their names.
  const held = lock(path)
  return {
    path,
    release: () => {
      if (!before && !isDatabase(path)) rmSync(path, { force: true })
    },
    replaceBy: (source) => {
      if (!held.inTransaction) throw new Error(`${path} is not locked any more`)
      return replace(path, source, before)
    },
  }
}

/** Replaces a locked database by a copy of another one, with the mode and the owner of `before`. */
function replace(path: string, source: string, before: Stats | undefined): LedgerRow[] {
  const part = `${path}.restoring`
  const discard = () => {
    for (const end of ["", ...companions]) rmSync(part + end, { force: true })
  }
  discard()
  try {
    const ledger = reading(source, (db) => {
      const found = verify(db, source)
      copyInto(db, part)
      return found
    })
    if (before) {
      chmodSync(part, before.mode & 0o777)
      const own = statSync(part)
      if (own.uid !== before.uid || own.gid !== before.gid) chownSync(part, before.uid, before.gid)
    }
    // The old database is whole without its companions, which must not be read as the new one's.
    for (const end of companions) rmSync(path + end, { force: true })
    renameSync(part, path)
    sync(dirname(path))
    return ledger
  } catch (error) {
    discard()
    throw error
  }
}

/**
 * Takes the exclusive lock of a database file. A server holds a shared lock of its file as long as it runs, and one
 * that starts now finds the file busy.
 */
function lock(path: string): Sqlite.Database {
  try {
    const db = new Sqlite(path, { timeout: 0.005 } as Sqlite.Options)
    db.exec("pragma locking_mode = exclusive")
    // Only the sole connection can leave WAL. A journal in memory leaves no file beside the database.
    const [[mode] = []] = rows(db, "pragma journal_mode = memory")
    if (mode !== "memory") throw new Error(`its journal mode stays ${mode}`)
    db.exec("begin exclusive")
    return db
  } catch (error) {
    if (isBusy(error))
      throw new Error(`${path} is open in another process: stop the servers that use it, then try again`)
    throw new Error(
      `${path} cannot be locked: ${(error as Error).message}. If it is damaged, move it away with what lies beside it, such as ${path}-wal`,
    )
  }
}

/** The files that SQLite left beside a database that is missing. */
export const orphansOf = (path: string): string[] =>
  isDatabase(path) ? [] : companions.map((end) => path + end).filter((each) => statOf(each))
