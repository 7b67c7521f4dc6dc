import { existsSync, statSync } from "node:fs"
import Sqlite from "libsql"

/** How long a write waits for other processes' writes before it fails as busy, in milliseconds. */
export const busyTimeoutMs = 5_000

/**
 * Opens or creates a database file; one that is only read must exist, and is left as it is. Throws one line that names
 * DATABASE_URL, the path and the reason.
 */
export function openFile(path: string, { isReadOnly = false, mustExist = false } = {}): Sqlite.Database {
  try {
    if (mustExist && !existsSync(path)) throw new Error("there is no such file")
    for (;;) {
      const before = fileIdOf(path)
      // Seconds. The engine's busy wait blocks the event loop, so it is short; the driver retries without blocking.
      const db = new Sqlite(path, { timeout: 0.005 } as Sqlite.Options)
      if (isReadOnly) db.exec("pragma query_only = on")
      else useWal(db)
      db.exec("pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -65536")
      // While this waited for the lock, db:restore may have put another file into its place.
      if (before === undefined || before === fileIdOf(path)) return db
      db.close()
    }
  } catch (error) {
    throw new Error(`DATABASE_URL: cannot open ${path}: ${(error as Error).message}`)
  }
}

/** The number of the file at a path; undefined where there is none. */
const fileIdOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino

/** Switches the file to WAL. Only one process can do so; the engine fails the others at once, so they retry. */
function useWal(db: Sqlite.Database): void {
  const until = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      db.exec("pragma journal_mode = wal")
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      // Blocks the event loop, which is harmless: the process is still starting.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + Math.random() * 10)
    }
  }
}

/** Whether the error means that another process has the lock: a retry may succeed. */
export const isBusy = (error: unknown): boolean =>
  String((error as { code?: unknown }).code ?? "").startsWith("SQLITE_BUSY")
